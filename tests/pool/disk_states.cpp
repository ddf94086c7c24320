#include "pool/disk_model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

using namespace hotswap_test;

namespace {

constexpr chosen_states all_states{std::numeric_limits<std::size_t>::max() / 2};

/// "d/ d/f=text l>target"; a zero is shown as 0.
std::string words_of(disk_tree const& tree) {
    std::string all;
    for (auto const& [path, entry] : tree) {
        all += (all.empty() ? "" : " ") + path;
        all += entry.kind == on_disk::directory ? "/" : entry.kind == on_disk::link ? ">" : "=";
        all += entry.content;
    }
    std::ranges::replace(all, '\0', '0');
    return all;
}

disk_tree tree_in(std::vector<std::string> const& words) {
    disk_tree made;
    for (auto const& each : words) {
        auto const end = each.find_first_of("=>/", each.ends_with('/') ? each.size() - 1 : 0);
        auto const file = each.find('=');
        if (each.ends_with('/'))
            made[each.substr(0, each.size() - 1)] = {on_disk::directory, ""};
        else if (file != each.npos)
            made[each.substr(0, file)] = {on_disk::file, each.substr(file + 1)};
        else
            made[each.substr(0, end)] = {on_disk::link, each.substr(end + 1)};
    }
    return made;
}

/// Calls parted by ";", their words by spaces.
disk_model after(disk_tree const& before, std::string calls, obeyed_syncs obeyed = {}) {
    std::ranges::replace(calls, ';', '\n');
    std::ranges::replace(calls, ' ', '\t');
    disk_model made(before, obeyed);
    for (auto const& each : calls_in(calls)) made.add(each);
    return made;
}

std::set<std::string> states_of(disk_model const& of, chosen_states const& chosen = all_states) {
    std::set<std::string> made;
    for (auto const& each : of.after_power_failure(chosen)) made.insert(words_of(each));
    return made;
}

struct disk_case {
    char const* what;
    std::vector<std::string> before;
    char const* calls;
    std::set<std::string> states;
};

std::vector<disk_case> const cases_of_contents{
    {"nothing was done", {"f=old"}, "", {"f=old"}},
    {"a new file without any sync",
     {},
     "create f;write f 0 6e657721",
     {"", "f=", "f=ne", "f=0000", "f=new!"}},
    {"a new file whose content is durable", {}, "create f;write f 0 6e657721;sync f", {"", "f=new!"}},
    {"a new file whose name is durable",
     {},
     "create f;write f 0 6e657721;sync .",
     {"f=", "f=ne", "f=0000", "f=new!"}},
    {"a new file, all durable", {}, "create f;write f 0 6e657721;sync f;sync .", {"f=new!"}},
    {"all of the file system is durable",
     {},
     "mkdir d;create d/f;write d/f 0 6e657721;sync_all .",
     {"d/ d/f=new!"}},
    {"two writes", {"f="}, "write f 0 6161;write f 2 6262", {"f=", "f=aa", "f=0000", "f=aabb"}},
    {"an old file is cut", {"f=long"}, "truncate f 2", {"f=long", "f=l", "f=00", "f=lo"}},
    {"a write after the sync", {"f="}, "write f 0 6161;sync f;write f 2 6262", {"f=aa", "f=0000", "f=aabb"}},
};

std::vector<disk_case> const cases_of_names{
    {"a rename replaces whole or not at all", {"f=old", "t=new"}, "rename t f", {"f=old t=new", "f=new"}},
    {"two renames last independently",
     {"a=1", "b=2"},
     "rename a c;rename b d",
     {"a=1 b=2", "b=2 c=1", "a=1 d=2", "c=1 d=2"}},
    {"changes of one name last in their order",
     {"a=1", "b=2", "f=0"},
     "rename a f;rename b f",
     {"a=1 b=2 f=0", "b=2 f=1", "f=2"}},
    {"a file that was renamed was made before", {}, "create t;rename t f", {"", "t=", "f="}},
    {"a sync of the directory keeps what came before it",
     {"a=1", "b=2"},
     "rename a c;sync .;unlink b",
     {"b=2 c=1", "c=1"}},
    {"a directory that is lost loses its content", {}, "mkdir d;create d/f;sync d", {"", "d/ d/f="}},
    {"a directory's names are its own", {}, "mkdir d;create d/f;sync .", {"d/", "d/ d/f="}},
    {"a rename to another directory may leave both names, or none",
     {"a/", "a/f=1", "b/"},
     "rename a/f b/f",
     {"a/ a/f=1 b/", "a/ a/f=1 b/ b/f=1", "a/ b/", "a/ b/ b/f=1"}},
    {"a directory that was renamed and emptied may have its old name and be empty",
     {"n/", "n/f=1"},
     "rename n g;unlink g/f",
     {"n/ n/f=1", "n/", "g/ g/f=1", "g/"}},
    {"a removed directory", {"d/", "d/f=1"}, "unlink d/f;rmdir d", {"d/ d/f=1", "d/", ""}},
    {"links", {"f=1"}, "symlink l f;link g f", {"f=1", "f=1 l>f", "f=1 g=1", "f=1 g=1 l>f"}},
};

}  // namespace

TEST_CASE("disk model: after a power failure there is each legal state, and no other") {
    for (auto const* const table : {&cases_of_contents, &cases_of_names})
        for (auto const& each : *table) {
            CAPTURE(each.what);
            CHECK(states_of(after(tree_in(each.before), each.calls)) == each.states);
        }
}

TEST_CASE("disk model: programs see all calls, durable or not") {
    auto const model =
        after(tree_in({"f=old"}), "create t;write t 0 6e6577;rename t f;mkdir d;symlink d/l f;unlink f");
    CHECK(words_of(model.seen()) == "d/ d/l>f");
}

TEST_CASE("disk model: a sync that is not obeyed makes nothing durable") {
    auto const* const calls = "create f;write f 0 6e657721;sync f;sync .";
    CHECK(states_of(after({}, calls, {.of_files = false})) ==
          std::set<std::string>{"f=", "f=ne", "f=0000", "f=new!"});
    CHECK(states_of(after({}, calls, {.of_directories = false})) == std::set<std::string>{"", "f=new!"});
}

TEST_CASE("disk model: where there are too many states, some legal ones are taken, with the extremes") {
    std::string calls;
    for (char const name : {'a', 'b', 'c', 'd', 'e'})
        calls += std::string("create ") + name + ";write " + name + " 0 6e657721;";
    auto const model = after({}, calls);
    auto const all = states_of(model);
    CHECK(all.size() == 3125);
    auto const some = states_of(model, {});
    CHECK(some.size() > 50);
    CHECK(some.size() < 150);
    CHECK(std::ranges::includes(all, some));
    CHECK(some.contains(""));
    CHECK(some.contains("a=new! b=new! c=new! d=new! e=new!"));
    CHECK(some.contains("c="));
    CHECK(some.contains("a=new! b=new! d=new! e=new!"));
    CHECK(some.contains("b=new! c=new! d=new!"));
}

TEST_CASE("disk model: a call that is not known, or cannot have happened, is refused") {
    CHECK_THROWS_AS(after({}, "unknown O_TMPFILE"), std::runtime_error);
    CHECK_THROWS_AS(after({}, "rename a b"), std::runtime_error);
}
