// The operator's page has a row for every code, with its kind.
#include <hotswap/failure.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

TEST_CASE("docs: operating.md lists every code once, with its kind") {
    std::ifstream page(HOTSWAP_SOURCE_DIR "/docs/operating.md");
    REQUIRE(page.is_open());
    std::map<std::string, std::string> listed;
    bool in_table = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("| code | kind |")) in_table = true;
        if (line.empty()) in_table = false;
        if (!in_table || !line.starts_with("| `")) continue;
        std::istringstream cells(line);
        std::string none, codes, kind;
        std::getline(cells, none, '|');
        std::getline(cells, codes, '|');
        std::getline(cells, kind, '|');
        kind = std::regex_replace(kind, std::regex("[^a-z_]"), "");
        std::regex const code("`([a-z_]+)`");
        for (std::sregex_iterator each(codes.begin(), codes.end(), code), end; each != end; ++each)
            CHECK_MESSAGE(listed.emplace((*each)[1], kind).second, (*each)[1].str());
    }
    for (int number = 1; number != 256; ++number) {
        auto const code = static_cast<hotswap::errc>(number);
        std::string const name(to_string(code));
        if (name == "unknown") continue;
        CAPTURE(name);
        REQUIRE(listed.contains(name));
        CHECK(listed[name] == to_string(kind_of(code)));
        listed.erase(name);
    }
    for (auto const& [name, kind] : listed) FAIL_CHECK(name << " is no code");
}
