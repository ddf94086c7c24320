#include "programs/hotswap/layout_probe.hpp"

#include "base/refuse.hpp"
#include "programs/hotswap/file_changes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <sys/wait.h>

namespace hotswap::cli {

namespace fs = std::filesystem;

namespace {

class scratch_directory {
public:
    scratch_directory() {
        auto name = (fs::temp_directory_path() / "hotswap-XXXXXX").native();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory can be made");
        path_ = name;
    }
    ~scratch_directory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    scratch_directory(scratch_directory const&) = delete;
    scratch_directory& operator=(scratch_directory const&) = delete;

    fs::path const& path() const noexcept { return path_; }

private:
    fs::path path_;
};

std::string quoted(fs::path const& path) {
    std::string made = "'";
    for (char const c : path.native()) made += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return made + "'";
}

struct said {
    int status = -1;
    std::string out{};
};

said run(std::string const& command) {
    said made;
    std::FILE* const pipe = ::popen(command.c_str(), "re");
    if (pipe == nullptr) return made;
    std::array<char, 4096> block{};
    while (auto const size = std::fread(block.data(), 1, block.size(), pipe))
        made.out.append(block.data(), size);
    int const status = ::pclose(pipe);
    made.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return made;
}

// The options of the project's own build, without the files.
std::string options_of_build(fs::path const& root, fs::path const& like) {
    std::error_code error;
    for (auto const* const directory : {"build", "build/dev", "."}) {
        boost::system::error_code wrong;
        auto const all = boost::json::parse(content_of(root / directory / "compile_commands.json"), wrong);
        if (wrong || !all.is_array()) continue;
        for (auto const& each : all.get_array()) {
            auto const* const entry = each.if_object();
            if (entry == nullptr || !entry->contains("command") || !entry->contains("file")) continue;
            if (!fs::equivalent(std::string(entry->at("file").as_string()), like, error)) continue;
            auto const command = std::string(entry->at("command").as_string());
            return std::regex_replace(command, std::regex(" -(o|c) +[^ ]+"), "");
        }
    }
    return {};
}

std::string options_of_package(fs::path const& root) {
    auto const* const wanted = std::getenv("CXX");
    std::string options = wanted == nullptr || *wanted == '\0' ? "c++" : wanted;
    options += " -std=c++20 -I" + quoted(root);
    std::error_code error;
    auto const installed = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path() / "include";
    if (fs::exists(installed / "hotswap" / "component.hpp")) options += " -I" + quoted(installed);
    return options + R"( '-DHOTSWAP_COMPONENT_NAME="probe"' '-DHOTSWAP_COMPONENT_RELEASE="0.0.0"')";
}

std::string program(fs::path const& source, std::string const& type, std::string const& value) {
    std::string includes = fmt::format("#include \"{}\"\n", source.native());
    for (char const* const header : {"hotswap/component.hpp", "hotswap/detail/state/layout_text.hpp",
                                     "hotswap/detail/state/memory_sink.hpp", "cstdio", "vector"})
        includes += fmt::format("#include <{}>\n", header);
    return fmt::format(R"({}int main() {{
    using state = {};
    using text = hotswap::detail::layout_text<state>;
    std::printf("%016llx\n%s\n", static_cast<unsigned long long>(hotswap::layout_of<state>().fingerprint), text::text.data());
    state const value = {};
    std::vector<unsigned char> memory;
    hotswap::detail::memory_sink to(memory);
    hotswap::output_archive(to.out) << value;
    to.finish();
    for (unsigned char const each : memory) std::printf("%02x", each);
    std::puts("");
}}
)",
                       includes, type, value);
}

template <class Number>
bool read_hexadecimal(std::string_view text, Number& into) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, 16);
    return error == std::errc{} && end == text.data() + text.size();
}

result<probed_state> read_output(std::string const& out) {
    std::istringstream lines(out);
    std::string fingerprint;
    std::string payload;
    probed_state made;
    std::getline(lines, fingerprint);
    std::getline(lines, made.layout);
    std::getline(lines, payload);
    bool is_good = read_hexadecimal(fingerprint, made.fingerprint) && payload.size() % 2 == 0;
    for (std::size_t i = 0; is_good && i != payload.size(); i += 2) {
        unsigned value = 0;
        is_good = read_hexadecimal(std::string_view(payload).substr(i, 2), value);
        made.payload.push_back(static_cast<std::byte>(value));
    }
    if (is_good) return made;
    return detail::refuse(errc::control_failed, phase::none,
                          "the program that shows the state's layout printed something else: {}",
                          out.substr(0, 400));
}

}  // namespace

result<probed_state> probe_state(fs::path const& root, fs::path const& source, fs::path const& like,
                                 std::string const& type, std::string const& value) {
    scratch_directory const scratch;
    auto const file = scratch.path() / "probe.cpp";
    auto const executable = scratch.path() / "probe";
    std::ofstream(file) << program(fs::absolute(source), type, value);
    auto options = options_of_build(root, like);
    if (options.empty()) options = options_of_package(root);
    auto const compiled = run(
        fmt::format("cd {} && {} -o {} {} 2>&1", quoted(root), options, quoted(executable), quoted(file)));
    if (compiled.status != 0)
        return detail::refuse(errc::control_failed, phase::none,
                              "{} does not compile, so the layout of its state is not known; make it "
                              "compile, and build it once so "
                              "that build/compile_commands.json has its options:\n{}",
                              source.native(), compiled.out.substr(0, 4000));
    return read_output(run(quoted(executable)).out);
}

}  // namespace hotswap::cli
