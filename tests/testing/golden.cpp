#include "testing/refusals.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

using namespace hotswap_test;
using hotswap::testing::component;
using hotswap::testing::keep_golden;
using hotswap::testing::read_golden;
namespace fs = std::filesystem;

namespace {

fs::path const kept = fs::path(HOTSWAP_TEST_DIR) / "testing" / "golden" / "v1" / "stock-v1.snapshot";

component<stock_1> golden_stock() {
    return component<stock_1>{stock_v1::state{.items{{"tea", 3}, {"salt", UINT32_MAX}}}};
}

/// A directory of this test, empty.
class scratch {
public:
    scratch() {
        auto name = (fs::temp_directory_path() / "hotswap-test-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~scratch() { fs::remove_all(path_); }
    scratch(scratch const&) = delete;
    scratch& operator=(scratch const&) = delete;
    fs::path operator/(std::string_view name) const { return path_ / name; }

private:
    fs::path path_;
};

/// Sets or removes the variable that lets `keep_golden` write, for one scope.
class variable {
public:
    explicit variable(char const* value) {
        if (char const* const was = std::getenv(name)) before_ = std::make_unique<std::string>(was);
        value == nullptr ? unsetenv(name) : setenv(name, value, 1);
    }
    ~variable() { before_ == nullptr ? unsetenv(name) : setenv(name, before_->c_str(), 1); }
    variable(variable const&) = delete;
    variable& operator=(variable const&) = delete;

private:
    static constexpr char const* name = hotswap::testing::keep_golden_variable;
    std::unique_ptr<std::string> before_;
};

}  // namespace

TEST_CASE("golden: a snapshot is kept once, when the variable says so, and never overwritten") {
    scratch const directory;
    auto const file = directory / "v1.snapshot";
    auto const stock = golden_stock();
    {
        variable const unset(nullptr);
        CHECK_THROWS_WITH_AS(keep_golden(file, stock), doctest::Contains("HOTSWAP_KEEP_GOLDEN=1"),
                             std::runtime_error);
        CHECK(!fs::exists(file));
        CHECK_THROWS_AS(read_golden(file), std::runtime_error);
    }
    variable const set("1");
    CHECK(keep_golden(file, stock));
    CHECK(read_golden(file) == stock.snapshot());
    CHECK(!keep_golden(file, component<stock_1>{}));
    CHECK(read_golden(file) == stock.snapshot());
    CHECK_THROWS_AS(keep_golden(directory / "nowhere/v1.snapshot", stock), std::system_error);
}

TEST_CASE("golden: the values of a kept snapshot are those that were kept, in every later version") {
    CHECK(!keep_golden(kept, golden_stock()));
    auto const bytes = read_golden(kept);
    CHECK(component<stock_1>::load(bytes)->add("tea", 0) == 3);
    CHECK(component<stock_2>::load(bytes)->add("salt", 0) == UINT32_MAX);
    CHECK(component<stock_3>::load(bytes)->add("tea", 1) == 4);
}

#ifdef HOTSWAP_GOLDEN_PROGRAM

namespace {

struct ending {
    int status;
    std::string words;
};

/// Runs hotswap-golden with these words, each quoted.
ending golden(std::vector<std::string> const& words) {
    std::string command = HOTSWAP_GOLDEN_PROGRAM;
    for (auto const& each : words) command += " '" + each + "'";
    std::FILE* const out = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(out != nullptr);
    std::string text;
    for (int c = std::getc(out); c != EOF; c = std::getc(out)) text += static_cast<char>(c);
    return {WEXITSTATUS(pclose(out)), text};
}
std::string module_of(std::string const& release) {
    return HOTSWAP_TEST_MODULES "/testing/shelves-" + release + ".so";
}
void expect(ending const& found, int status, std::string_view part) {
    CHECK(found.status == status);
    CHECK_MESSAGE(found.words.find(part) != std::string::npos, found.words);
}

}  // namespace

TEST_CASE("golden: the program says which versions the state of each snapshot went through") {
    expect(golden({module_of("3.0.0"), kept.string()}), 0, "schema test.stock 1 → 2 → 3");
    expect(golden({"--help"}), 0, "usage: hotswap-golden");
    for (auto const& wrong : {std::vector<std::string>{},
                              {module_of("1.0.0")},
                              {"--wrong", "x", "y"},
                              {"--argument", "none", module_of("1.0.0"), kept.string()}})
        expect(golden(wrong), 2, "usage: hotswap-golden");
}

TEST_CASE("golden: the program refuses in words what a runtime would refuse") {
    scratch const directory;
    auto const damaged = directory / "damaged.snapshot";
    auto const unnamed = directory / "unnamed.snapshot";
    auto bytes = read_golden(kept);
    variable const set("1");
    keep_golden(unnamed, component<stock_1>{stock_v1::state{.items{{"", 1}}}});
    bytes.back() ^= std::byte{1};
    keep_golden(damaged, bytes);
    auto const newer = directory / "newer.snapshot";
    keep_golden(newer, component<stock_3>{});
    expect(golden({module_of("1.0.0"), damaged.string(), kept.string()}), 1, "checksum");
    expect(golden({module_of("2.0.0"), unnamed.string()}), 1, "an item has no name");
    expect(golden({module_of("2.0.0"), newer.string()}), 1, "no_migration_path");
    expect(golden({module_of("9.0.0"), kept.string()}), 1, "no_such_file");
    expect(golden({kept.string(), kept.string()}), 1, "not_elf");
    expect(golden({"--helper", "/nowhere", module_of("1.0.0"), kept.string()}), 2, "no hotswap-rehearse");
}

TEST_CASE(
    "golden: a constructor that ends the process fails the test and not the program, and its log is shown") {
    auto const ended = golden({"--setting", "shelves=7", module_of("2.0.1"), kept.string()});
    expect(ended, 1, "was ended by signal 6");
    expect(ended, 1, "shelves: 7");
}

#endif
