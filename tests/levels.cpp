#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct room {
    std::string_view name;
    int level;
};

constexpr int sdk_level = 100;   // outside of the levels: includes abi, base and state; no level includes it
constexpr int top_level = 1000;  // programs on top of the library: include anything

constexpr std::array rooms{room{"abi", 0},         room{"base", 1},
                           room{"state", 2},       room{"module", 3},
                           room{"store", 4},       room{"slot", 5},
                           room{"report", 6},      room{"transfer", 7},
                           room{"rehearsal", 8},   room{"durable", 8},
                           room{"swap", 9},        room{"runtime", 10},
                           room{"sdk", sdk_level}, room{"programs", top_level}};

struct face {
    std::string_view file;
    std::string_view room;
};

/// The public headers, each of which belongs to a room.
constexpr std::array faces{
    face{"contract.hpp", "abi"},      face{"version.hpp", "abi"},     face{"failure.hpp", "base"},
    face{"inspect.hpp", "module"},    face{"event.hpp", "report"},    face{"json.hpp", "report"},
    face{"options.hpp", "report"},    face{"describe.hpp", "report"}, face{"format.hpp", "base"},
    face{"module_ref.hpp", "module"}, face{"plan.hpp", "report"},     face{"report.hpp", "report"},
    face{"runtime.hpp", "runtime"},   face{"component.hpp", "sdk"},   face{"table.hpp", "sdk"},
    face{"asio.hpp", "slot"},         face{"draining.hpp", "sdk"}};

/// The room of "state/frame.hpp" or "detail/state/frame.hpp" (by its folder), or of "runtime.hpp" (a face).
std::optional<room> room_of(std::string_view path) {
    if (path.starts_with("detail/")) path.remove_prefix(std::string_view{"detail/"}.size());
    auto const slash = path.find('/');
    auto name = path.substr(0, std::min(slash, path.size()));
    if (slash == path.npos) {
        auto const known = std::ranges::find(faces, path, &face::file);
        if (known == faces.end()) return {};
        name = known->room;
    }
    auto const found = std::ranges::find(rooms, name, &room::name);
    return found == rooms.end() ? std::nullopt : std::optional{*found};
}

bool may_include(room const& from, room const& to) {
    if (from.level == top_level || from.name == to.name) return true;
    if (from.level == sdk_level) return to.level <= 2;
    return to.level < from.level;
}

struct include {
    std::string path;  ///< as written, without the brackets or quotes
    bool ours;         ///< hotswap's own: `path` is relative to a room or a face
};

std::vector<include> includes_in(std::string const& text) {
    auto const skip_blanks = [](std::string_view& line) {
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    };
    std::vector<include> found;
    std::istringstream lines{text};
    for (std::string whole; std::getline(lines, whole);) {
        std::string_view line = whole;
        for (std::string_view word : {"", "#", "include"}) {
            skip_blanks(line);
            if (!line.starts_with(word)) line = {};
            line.remove_prefix(std::min(word.size(), line.size()));
        }
        skip_blanks(line);
        if (line.empty() || (line[0] != '<' && line[0] != '"')) continue;
        bool const quoted = line[0] == '"';
        line = line.substr(1, line.find_first_of("\">", 1) - 1);
        bool const prefixed = line.starts_with("hotswap/");
        if (prefixed) line.remove_prefix(std::string_view{"hotswap/"}.size());
        found.push_back({std::string{line}, prefixed || quoted});
    }
    return found;
}

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

/// The files of a circular chain of includes, in words; empty if there is none.
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

std::string read(fs::path const& file) {
    std::ifstream in{file, std::ios::binary};
    REQUIRE_MESSAGE(in.is_open(), file.string());
    return (std::ostringstream{} << in.rdbuf()).str();
}

/// All C++ files below `root`, relative to it.
std::vector<std::string> sources_below(fs::path const& root) {
    std::vector<std::string> files;
    for (auto const& entry : fs::recursive_directory_iterator{root})
        if (auto const extension = entry.path().extension(); extension == ".hpp" || extension == ".cpp")
            files.push_back(fs::relative(entry.path(), root).generic_string());
    std::ranges::sort(files);
    return files;
}

/// The text without its comments and string literals.
std::string code_of(std::string const& text) {
    static std::regex const other(R"re(//[^\n]*|/\*[^]*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')re");
    return std::regex_replace(text, other, "");
}

/// The expressions in a file that begin a thread.
std::vector<std::string> threads_begun_in(std::string const& text) {
    static std::regex const beginning(
        R"(\b(std::j?thread\b(?!\s*::)|std::async\b|(boost|std::experimental)::j?thread\b|pthread_create\b|thrd_create\b|SIGEV_THREAD\b))");
    auto const code = code_of(text);
    std::vector<std::string> found;
    for (std::sregex_iterator each(code.begin(), code.end(), beginning), end; each != end; ++each)
        found.push_back(each->str());
    return found;
}

fs::path const house{HOTSWAP_SOURCE_DIR};
fs::path const public_headers = house / "include" / "hotswap";

/// Every hotswap header that `start` includes, itself too, and the other headers that these include.
struct closure {
    std::set<std::string> ours;
    std::set<std::string> foreign;

    explicit closure(std::string const& start) { follow(start); }

    void follow(std::string const& path) {
        if (!ours.insert(path).second) return;
        for (auto const& each : includes_in(read(public_headers / path)))
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
    for (auto const& root : {public_headers, house / "lib"}) {
        auto const files = sources_below(root);
        CHECK_FALSE(files.empty());
        for (auto const& file : files) {
            auto const text = read(root / file);
            for (auto const& sentence : upward_includes(file, text)) FAIL_CHECK(sentence);
            for (auto const& each : includes_in(text))
                if (each.ours) graph[file].push_back(each.path);
        }
    }
    CHECK(cycle_in(graph) == "");
}

TEST_CASE("threads: what begins one is found, but not in comments, in words, or in a thread's id") {
    for (auto const* const beginning :
         {"std::thread worker([] {});", "std::vector<std::thread> all;", "std::jthread w;",
          "auto f = std::async(std::launch::async, g);", "pthread_create(&id, nullptr, f, nullptr);",
          "::thrd_create(&id, f, nullptr);", "boost::thread t(f);", "event.sigev_notify = SIGEV_THREAD;"})
        CHECK_MESSAGE(threads_begun_in(beginning).size() == 1, beginning);
    for (auto const* const other :
         {"// a std::thread would do", "/* std::thread\n std::async */ int i;",
          "symbol == \"pthread_create\"", "std::thread::id owner;", "std::thread::hardware_concurrency()",
          "std::this_thread::yield();", "library_thread t(name, f);",
          "char c = '\"'; // std::thread\nchar d = '\"';"})
        CHECK_MESSAGE(threads_begun_in(other).empty(), other);
}

TEST_CASE("threads: the library begins none but a library_thread") {
    for (auto const& root : {public_headers, house / "lib"})
        for (auto const& file : sources_below(root)) {
            bool const is_that_class = file == "detail/base/library_thread.hpp" && root == public_headers;
            auto const begun = threads_begun_in(read(root / file));
            CHECK(begun.empty() != is_that_class);
            if (!is_that_class)
                for (auto const& words : begun)
                    FAIL_CHECK(file << " has " << words
                                    << ": begin a library_thread, whose signals, name and end are seen to");
        }
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
    for (auto const& plugin : fs::directory_iterator{house / "plugins"}) {
        auto const contracts = plugin.path() / "include" / "hotswap" / "contracts";
        if (!fs::exists(contracts)) continue;
        for (auto const& file : sources_below(contracts))
            for (auto const& each : includes_in(read(contracts / file)))
                if (each.ours) {
                    auto const of = room_of(each.path);
                    CHECK_MESSAGE((of && of->level == 0), file << " includes " << each.path);
                }
    }
}
