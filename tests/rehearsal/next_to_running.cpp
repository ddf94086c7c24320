// A rehearsal repeats the host's steps: it loads the new module next to the running one.
#include "rehearsal/fixtures/enrolled.hpp"
#include "rehearsal/zoo_site.hpp"

#include <hotswap/json.hpp>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::rehearse;

namespace {

struct enrolled_site : site {
    explicit enrolled_site(std::string const& family, std::string const& release = "1.0.0",
                           hotswap::settings settings = {}, hotswap::rehearsal_options limits = {})
        : site({.modules = HOTSWAP_TEST_FIXTURES, .rehearse = std::nullopt, .rehearsal = std::move(limits)}),
          handle(runtime
                     .load<enrolled>("enrolled",
                                     {.module = zoo_file(family, release), .settings = std::move(settings)})
                     .value()) {
        handle->add(7);
    }

    hotswap::handle<enrolled> handle;
};

/// The host itself cannot refuse these faults: a fault that the rehearsal does not find ends this process.
void check_refused(enrolled_site& at, fs::path const& next, errc code,
                   std::vector<std::string_view> const& words) {
    auto const why = at.refusal("enrolled", next);
    INFO("refused: " << to_string(why));
    CHECK(to_string(why.code) == to_string(code));
    CHECK(to_string(why.phase) == "rehearse");
    CHECK(names(why.message, words));
    auto const plan = at.runtime.plan("enrolled", {.module = next, .rehearse = rehearse::always}).value();
    REQUIRE(plan.blockers.size() == 1);
    CHECK(to_string(plan.blockers[0].code) == to_string(code));
    CHECK(names(plan.blockers[0].message, words));
    CHECK(at.handle->add(0) == 7);
}

std::string tried_next_to(std::string const& deed, hotswap::rehearsal_options limits = {}) {
    enrolled_site at("stranger_here", "1.0.0", {{"deed", deed}}, std::move(limits));
    auto const report =
        at.swap("enrolled", zoo_file("stranger_here", "2.0.0"), {.rehearse = rehearse::always});
    CHECK(report.rehearsal.ran);
    CHECK(report.rehearsal.outcome == "passed");
    CHECK(at.handle->add(0) == 7);
    return report.rehearsal.next_to;
}

}  // namespace

TEST_CASE(
    "rehearsal next to the running module: a library that ends the process over a name that is there twice "
    "refuses the swap and the plan, and the host lives") {
    // The second release finds the library in another directory: in the helper, as in the host, it gets the
    // loaded library.
    enrolled_site at("enrolled_static");
    check_refused(at, zoo_file("enrolled_static", "2.0.0"), errc::rehearsal_failed,
                  {"enrolled_static-2.0.0.so was ended by signal 6 (Aborted) while loading (in a static "
                   "constructor), while 1.0.0 was loaded next to it"});
}

TEST_CASE(
    "rehearsal next to the running module: a constructor that finds its name taken is refused with its "
    "words") {
    enrolled_site at("enrolled_constructor");
    check_refused(at, zoo_file("enrolled_constructor", "2.0.0"), errc::construct_failed,
                  {"logger with name 'cache' already exists", "while 1.0.0 was loaded next to it"});
}

TEST_CASE(
    "rehearsal next to the running module: a destructor that fails only because there is another instance "
    "refuses the swap") {
    enrolled_site at("enrolled_destructor");
    check_refused(at, zoo_file("enrolled_destructor", "2.0.0"), errc::rehearsal_failed,
                  {"signal 6", "while the running module was destroyed and unloaded",
                   "which succeeds if 1.0.0 runs alone"});
}

TEST_CASE(
    "rehearsal next to the running module: what passed next to one release is tried again next to another") {
    enrolled_site at("enrolled_nowhere", "0.9.0");
    auto const second = zoo_file("enrolled_static", "2.0.0");
    CHECK(at.runtime.plan("enrolled", {.module = second}).value().blockers.empty());
    CHECK(at.swap("enrolled", zoo_file("enrolled_static", "1.0.0")).rehearsal.ran);
    check_refused(at, second, errc::rehearsal_failed, {"while 1.0.0 was loaded next to it"});
}

TEST_CASE(
    "rehearsal next to the running module: a release is not refused for what the running one does in the "
    "helper, and the report says next to what it was tried") {
    CHECK(tried_next_to("") == "1.0.0, loaded and constructed");
    CHECK(tried_next_to("print") == "1.0.0, loaded and constructed");
    CHECK(tried_next_to("thread") == "1.0.0, loaded and constructed");
    CHECK(tried_next_to("throw") == "1.0.0, loaded and not constructed: the port is taken");
    CHECK(tried_next_to("memory", {.address_space = std::uint64_t{200} << 20})
              .starts_with("1.0.0, loaded and not constructed: "));
    std::string const could_not =
        "1.0.0, loaded and not constructed: it could not be constructed in the helper: ";
    CHECK(tried_next_to("abort") == could_not + "signal 6 (Aborted)");
    CHECK(tried_next_to("exit") == could_not + "it called exit(3)");
    CHECK(tried_next_to("spin", {.deadline = 4s}) == could_not + "it took too long");
    CHECK(tried_next_to("fork") == could_not + "it left a child process");
    CHECK(tried_next_to("close").starts_with(could_not));
    CHECK(tried_next_to("abort_at_the_end") ==
          "1.0.0, loaded and not constructed: it could not be destroyed and unloaded in the helper, alone as "
          "well: signal 6 (Aborted)");
}

TEST_CASE(
    "rehearsal next to the running module: one whose code cannot be loaded in the helper is left out of it") {
    enrolled_site at("stranger_here_static");
    auto const report = at.swap("enrolled", zoo_file("stranger_here", "2.0.0"));
    CHECK(report.rehearsal.ran);
    CHECK(report.rehearsal.next_to ==
          "nothing: 1.0.0 was not loaded: it could not be loaded in the helper: signal 6 (Aborted)");
    CHECK(names(to_string(report), {"passed in rehearsal", "; next to nothing: 1.0.0 was not loaded"}));
    CHECK(names(to_json(report), {"\"next_to\":\"nothing: 1.0.0 was not loaded"}));
}

TEST_CASE(
    "rehearsal next to the running module: what that one takes is not taken from the new one's limits") {
    hotswap::rehearsal_options limits;
#if !defined(HOTSWAP_TEST_SANITIZED)
    limits.address_space = std::uint64_t{500} << 20;
#endif
    limits.open_files = 50;
    enrolled_site at("stranger_here", "1.0.0", {{"room", "much"}, {"files", "many"}}, limits);
    auto const report = at.swap("enrolled", zoo_file("stranger_here", "2.0.0"));
    CHECK(report.rehearsal.ran);
    CHECK(report.rehearsal.next_to == "1.0.0, loaded and constructed");
}

TEST_CASE(
    "rehearsal next to the running module: after an upgrade, in a downgrade, on a state begun anew and on a "
    "frame it has a state of its own") {
    std::vector<std::byte> frame;
    zoo_site at({.frame = [&frame](std::string_view) { return frame; }});
    CHECK(at.swap("zoo", obedient).rehearsal.next_to == "1.0.0, loaded and constructed");
    frame = at.snapshot("zoo");
    CHECK(at.swap("zoo", obedient, {.even_if_unchanged = true}).rehearsal.next_to ==
          "2.0.0, loaded and constructed");
    frame.clear();
    CHECK(at.swap("zoo", zoo_file("zoo", "1.0.0")).rehearsal.next_to == "2.0.0, loaded and constructed");
    frame = [&] {
        site other({.modules = HOTSWAP_TEST_FIXTURES, .rehearse = rehearse::never});
        other.load<zoo>("zoo", obedient);
        return other.snapshot("zoo");
    }();
    auto const on_a_newer_frame = at.swap("zoo", obedient).rehearsal;
    CHECK(on_a_newer_frame.next_to ==
          "1.0.0, loaded and not constructed: it cannot read the frame of rehearsal_options::frame");
    frame.clear();
    CHECK(at.swap("zoo", zoo_file("zoo", "1.0.0"), {.fresh_state = true}).rehearsal.next_to ==
          "2.0.0, loaded and constructed");
    at.animals->add(41);
}

TEST_CASE(
    "rehearsal next to the running module: its private copy is made again where something has removed it, "
    "and only for the rehearsal") {
    zoo_site at;
    auto const staging = at.directory.path() / "staging";
    std::vector<fs::path> copies;
    for (auto const& entry : fs::recursive_directory_iterator(staging))
        if (entry.path().extension() == ".so") copies.push_back(entry.path());
    REQUIRE(copies.size() == 1);
    fs::remove(copies.front());
    CHECK(at.runtime.plan("zoo", {.module = obedient}).value().rehearsal.next_to ==
          "1.0.0, loaded and constructed");
    CHECK(modules_below(staging) == 0);
    CHECK(at.swap("zoo", obedient).rehearsal.next_to == "1.0.0, loaded and constructed");
}
