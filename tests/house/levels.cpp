// Which room may include which, of the files as they are.
#include "house/includes.hpp"
#include "house/rooms.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace house;

namespace {

namespace fs = std::filesystem;

/// Sentences about the upward includes of one file; `path` as for `room_of`.
std::vector<std::string> upward_includes(std::string const& path, std::string const& text) {
    auto const from = room_of(path);
    if (!from) return {path + " is in no room of the house: give it one, or tell this test of a new room"};
    std::vector<std::string> sentences;
    for (auto const& [included, ours] : includes_in(text)) {
        if (!ours) continue;
        if (auto const to = room_of(included); !to)
            sentences.push_back(path + " includes " + included +
                                ", which names no room: write \"<room>/<file>\"");
        else if (!may_include(*from, *to))
            sentences.push_back(path + " includes " + included +
                                ": an include points to a lower room, or stays in its own");
    }
    return sentences;
}

/// Which files of ours each file includes, by paths as for `room_of`.
using include_graph = std::map<std::string, std::vector<std::string>>;

/// The files on a way that leads back to where it began, in words; empty if there is none.
std::string cycle_in(include_graph const& graph) {
    std::set<std::string> done;
    std::vector<std::string> way;
    auto const follow = [&](auto const& self, std::string const& file) -> std::string {
        if (auto const at = std::ranges::find(way, file); at != way.end()) {
            std::string text;
            for (auto each = at; each != way.end(); ++each) text += *each + " includes ";
            return text + file;
        }
        auto const known = graph.find(file);
        if (known == graph.end() || done.contains(file)) return {};
        way.push_back(file);
        for (auto const& next : known->second)
            if (auto found = self(self, next); !found.empty()) return found;
        way.pop_back();
        done.insert(file);
        return {};
    };
    for (auto const& [file, included] : graph)
        if (auto found = follow(follow, file); !found.empty()) return found;
    return {};
}

/// Every header of ours that `start` pulls in, itself included, and what these include from elsewhere.
struct closure {
    std::set<std::string> ours;
    std::set<std::string> foreign;

    explicit closure(std::string const& start) { follow(start); }

    void follow(std::string const& path) {
        if (!ours.insert(path).second) return;
        for (auto const& each : includes_in(read(public_headers() / path)))
            each.ours ? follow(each.path) : void(foreign.insert(each.path));
    }
};

}  // namespace

TEST_CASE("levels: an include that points up is found and named, one that points down is not") {
    CHECK(upward_includes("detail/state/frame.hpp",
                          "#include <hotswap/detail/base/error.hpp>\n#include <vector>\n")
              .empty());
    CHECK(upward_includes("swap/plan.cpp", "#include \"swap/plan.hpp\"\n").empty());
    CHECK(upward_includes("detail/sdk/host.hpp", "#include <hotswap/detail/state/schema.hpp>\n").empty());
    CHECK(upward_includes("runtime.hpp", "#include <hotswap/plan.hpp>\n").empty());

    CHECK(upward_includes("base/error.hpp",
                          "#include <vector>\n  #  include <hotswap/detail/state/frame.hpp>\n") ==
          std::vector<std::string>{"base/error.hpp includes detail/state/frame.hpp: an include points to a "
                                   "lower room, or stays in its own"});
    CHECK(upward_includes("slot/gate.cpp", "#include \"swap/plan.hpp\"").size() == 1);
    CHECK(upward_includes("durable/recovery.cpp", "#include \"rehearsal/request.hpp\"").size() == 1);
    CHECK(upward_includes("detail/sdk/host.hpp", "#include <hotswap/detail/module/loader.hpp>").size() == 1);
    CHECK(upward_includes("swap/plan.cpp", "#include <hotswap/component.hpp>").size() == 1);
    CHECK(upward_includes("contract.hpp", "#include <hotswap/failure.hpp>").size() == 1);
    CHECK(upward_includes("slot/gate.cpp", "#include \"gate.hpp\"").size() == 1);
    CHECK(upward_includes("attic/box.hpp", "").size() == 1);
    CHECK(upward_includes("attic.hpp", "").size() == 1);
}

TEST_CASE("levels: a way of includes that leads back to where it began is found and named") {
    CHECK(cycle_in({{"a.hpp", {"b.hpp", "c.hpp"}}, {"b.hpp", {"c.hpp"}}, {"c.hpp", {}}}).empty());
    CHECK(cycle_in({{"a.hpp", {"b.hpp"}}, {"b.hpp", {"c.hpp"}}, {"c.hpp", {"b.hpp"}}}) ==
          "b.hpp includes c.hpp includes b.hpp");
    CHECK(cycle_in({{"a.hpp", {"a.hpp"}}}) == "a.hpp includes a.hpp");
}

TEST_CASE("levels: each file of the library includes lower rooms and its own only, and no way leads back") {
    include_graph graph;
    auto const files = library_sources();
    for (bool const of_users : {true, false})
        CHECK(std::ranges::count(files, of_users, &source::is_header_of_users) != 0);
    for (auto const& file : files) {
        for (auto const& sentence : upward_includes(file.path, file.text)) FAIL_CHECK(sentence);
        for (auto const& each : includes_in(file.text))
            if (each.ours) graph[file.path].push_back(each.path);
    }
    CHECK(cycle_in(graph) == "");
}

TEST_CASE("levels: component.hpp reaches neither fmt nor results nor anything above state") {
    closure const reached{"component.hpp"};
    for (auto const& header : reached.ours) {
        auto const within = room_of(header);
        CHECK_MESSAGE((within && may_include(room{"sdk", sdk_level}, *within)), header);
    }
    for (auto const& header : reached.foreign)
        for (std::string_view heavy :
             {"fmt/", "boost/system/", "boost/json", "boost/archive/", "iostream", "regex"})
            CHECK_MESSAGE(!header.starts_with(heavy), header);
}

TEST_CASE("levels: contract.hpp includes the standard library only") {
    CHECK(closure{"contract.hpp"}.ours.size() == 1);
}

TEST_CASE("levels: a shipped contract needs nothing of hotswap above abi") {
    for (auto const& plugin : fs::directory_iterator{source_directory() / "plugins"}) {
        auto const contracts = plugin.path() / "include" / "hotswap" / "contracts";
        if (!fs::exists(contracts)) continue;
        for (auto const& file : sources_below(contracts))
            for (auto const& each : includes_in(read(contracts / file)))
                if (each.ours && each.path != "contracts/values.hpp") {  // what they share; checked itself
                    auto const of = room_of(each.path);
                    CHECK_MESSAGE((of && of->level == 0), file << " includes " << each.path);
                }
    }
}
