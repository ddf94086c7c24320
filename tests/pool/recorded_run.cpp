#include "pool/recorded_run.hpp"

#include <fmt/format.h>

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace hotswap_test {

recorded_run record_command(std::filesystem::path const& root, std::filesystem::path const& scratch,
                            std::vector<std::string> const& words) {
    auto const text_of = [](std::filesystem::path const& file) {
        std::ifstream in(file, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    auto const record = scratch / "calls";
    auto const output = scratch / "output";
    std::ofstream(record, std::ios::trunc).flush();
    auto line = fmt::format("HOTSWAP_TEST_CALLS='{}' HOTSWAP_TEST_CALLS_BELOW='{}' LD_PRELOAD='{}' '{}'",
                            record.native(), std::filesystem::canonical(root).native(), HOTSWAP_TEST_RECORDER,
                            HOTSWAP_TEST_COMMAND);
    for (auto const& word : words) line += fmt::format(" '{}'", word);
    line += fmt::format(" </dev/null >'{}' 2>&1", output.native());
    recorded_run made;
    made.before = tree_at(root);
    int const status = std::system(line.c_str());
    made.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    made.after = tree_at(root);
    made.said = text_of(output);
    made.calls = calls_in(text_of(record));
    return made;
}

}  // namespace hotswap_test
