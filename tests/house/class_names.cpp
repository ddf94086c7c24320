// Names of classes, which the linker does not tell apart by their files.
#include "house/includes.hpp"

#include <doctest/doctest.h>

#include <map>
#include <regex>
#include <string>
#include <vector>

using namespace house;

namespace {

/// The classes that a header defines in the namespace hotswap::detail, outside of other classes.
std::vector<std::string> classes_of_detail(std::string const& text) {
    if (text.find("\nnamespace hotswap::detail {") == text.npos) return {};
    static std::regex const definition(R"(\n(?:struct|class) ([a-z_]+)(?: final)?(?: :[^;{]*)? \{)");
    std::vector<std::string> found;
    for (std::sregex_iterator each(text.begin(), text.end(), definition), end; each != end; ++each)
        found.push_back(each->str(1));
    return found;
}

}  // namespace

TEST_CASE("class names: definitions are found, and declarations, members and specialisations are not") {
    CHECK(classes_of_detail(
              "\nnamespace hotswap::detail {\nstruct one {\n};\nclass two final : public x {\n};\n") ==
          std::vector<std::string>{"one", "two"});
    CHECK(classes_of_detail(
              "\nnamespace hotswap::detail {\nclass later;\n    struct inner {\nstruct one<int> {\n")
              .empty());
    CHECK(classes_of_detail("\nnamespace hotswap {\nstruct one {\n").empty());
}

// Two of one name link without a word: each program gets the functions of one of them for both.
TEST_CASE("class names: no two headers of the library define a class of one name in hotswap::detail") {
    std::map<std::string, std::string> known;
    for (auto const& file : library_sources()) {
        if (!file.path.ends_with(".hpp") || file.path.starts_with("programs/")) continue;
        for (auto const& name : classes_of_detail(file.text)) {
            auto const [other, is_new] = known.emplace(name, file.path);
            bool const is_of_its_own = is_new || other->second == file.path;
            CHECK_MESSAGE(is_of_its_own, name << " is in " << other->second << " and in " << file.path);
        }
    }
    CHECK(known.size() > 100);
}
