#include "bad_files.hpp"

#include <hotswap/detail/abi/descriptor.hpp>

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <sys/stat.h>

namespace chaos {

namespace fs = std::filesystem;

namespace {

std::string content_of(fs::path const& file) {
    std::ifstream from(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
}

void write(fs::path const& file, std::string const& content) {
    std::ofstream(file, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

}  // namespace

void write_unsealed(fs::path const& good, fs::path const& to) {
    auto content = content_of(good);
    hotswap::abi::descriptor const sample{};
    auto const* const base = reinterpret_cast<char const*>(&sample);
    auto const seal = static_cast<std::size_t>(reinterpret_cast<char const*>(&sample.sealed) - base);
    std::string_view const magic(reinterpret_cast<char const*>(&hotswap::abi::descriptor_magic),
                                 sizeof hotswap::abi::descriptor_magic);
    auto const at = content.find(magic);
    if (at == content.npos) throw std::runtime_error("there is no descriptor in " + good.string());
    auto const none = hotswap::abi::seal::none();
    std::memcpy(content.data() + at + seal, &none, sizeof none);
    write(to, content);
}

bad_file make_bad_file(dice& choices, fs::path const& good, fs::path const& scratch) {
    static constexpr std::array kinds{"truncated", "flipped bit", "FIFO",          "directory",
                                      "link",      "text",        "nothing there", "empty"};
    auto const file = scratch / ("bad-" + std::to_string(choices.number() % 1'000'000'000) + "-9.0.0.so");
    std::string const kind = choices.any_of(kinds);
    auto content = content_of(good);
    if (kind == "truncated") {
        content.resize(1 + choices.below(content.size() - 1));
        write(file, content);
        return {kind, file, {"truncated_file", "not_elf", "damaged_module", "no_descriptor"}};
    }
    if (kind == "flipped bit") {
        content[choices.below(content.size())] ^= static_cast<char>(1U << choices.below(8));
        write(file, content);
        return {kind, file, {}};
    }
    if (kind == "FIFO") {
        if (::mkfifo(file.c_str(), 0600) != 0) throw std::runtime_error("a FIFO cannot be made");
        return {kind, file, {"not_regular_file"}};
    }
    if (kind == "directory") {
        fs::create_directory(file);
        return {kind, file, {"not_regular_file"}};
    }
    if (kind == "link") {
        fs::create_symlink(good, file);
        return {kind, file, {"not_regular_file", "untrusted_path"}};
    }
    if (kind == "text") {
        write(file, "Roses are red,\nviolets are blue,\nI am no module,\nwhatever you do.\n" +
                        std::string(4096, ' '));
        return {kind, file, {"not_elf"}};
    }
    if (kind == "empty") {
        write(file, "");
        return {kind, file, {"not_elf", "truncated_file"}};
    }
    return {kind, file, {"no_such_file"}};
}

}  // namespace chaos
