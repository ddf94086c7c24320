// A runtime that follows a directory of modules.
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/patient.hpp"

#include <hotswap/detail/base/mutex.hpp>

using namespace hotswap_test;

namespace {

struct watching {
    explicit watching(hotswap::swap_options how = {})
        : at({.modules = arrivals.path(),
              .rehearse = hotswap::rehearse::never,
              .watch = hotswap::watch_options{.settle = 1ms, .swap = std::move(how)}}) {
        at.runtime
            .subscribe([this](hotswap::event const& what) {
                if (what.operation != hotswap::operation::watch) return;
                hotswap::detail::mutex_lock const lock(mutex);
                said.push_back(what.message);
            })
            .detach();
    }

    /// Copies the file to another directory and renames it into it.
    void deliver(fs::path const& file) const {
        auto const copy = elsewhere.path() / file.filename();
        fs::copy_file(file, copy, fs::copy_options::overwrite_existing);
        fs::rename(copy, arrivals.path() / file.filename());
    }
    bool runs(std::string const& name, std::string const& release) {
        return test::eventually([&] { return at.status(name).running.release == release; });
    }
    bool hears(std::vector<std::string_view> const& words) {
        return test::eventually([&] {
            hotswap::detail::mutex_lock const lock(mutex);
            for (auto const& each : said)
                if (names(each, words)) return true;
            return false;
        });
    }

    temporary_directory arrivals;
    temporary_directory elsewhere;
    hotswap::detail::mutex mutex;
    std::vector<std::string> said;
    site at;
};

}  // namespace

TEST_CASE(
    "watch: a module that arrives is swapped to, also one that is written in place, and the state is kept") {
    watching here;
    here.deliver(tally_file("1.0.0"));
    auto const sums = here.at.load("tally", here.arrivals.path() / "tally-1.0.0.so");
    sums->add("a", 2);
    here.deliver(tally_file("2.0.0"));
    REQUIRE(here.runs("tally", "2.0.0"));
    CHECK(here.hears({"tally-2.0.0.so has arrived, and 2.0.0 serves"}));
    std::ofstream(here.arrivals.path() / "tally-3.0.0.so", std::ios::binary)
        << std::ifstream(tally_file("3.0.0"), std::ios::binary).rdbuf();
    REQUIRE(here.runs("tally", "3.0.0"));
    CHECK(sums->add("a", 1) == 3);
}

TEST_CASE("watch: what is no whole module of a running family is ignored, and an event says why") {
    watching here;
    here.deliver(tally_file("1.0.0"));
    auto const sums = here.at.load("tally", here.arrivals.path() / "tally-1.0.0.so");
    auto const cut = here.elsewhere.path() / "tally-9.0.0.so";
    fs::copy_file(tally_file("2.0.0"), cut);
    fs::resize_file(cut, fs::file_size(cut) - 100);
    fs::rename(cut, here.arrivals.path() / cut.filename());
    CHECK(here.hears({"tally-9.0.0.so is ignored: "}));
    here.deliver(built("patient", "1.0.0"));
    CHECK(here.hears({"patient-1.0.0.so is ignored: no component that runs is of the family patient"}));
    std::ofstream(here.arrivals.path() / "notes.txt") << "no module";
    here.deliver(tally_file("2.0.0"));
    REQUIRE(here.runs("tally", "2.0.0"));
    hotswap::detail::mutex_lock const lock(here.mutex);
    for (auto const& each : here.said) CHECK(each.find("notes.txt") == each.npos);
}

TEST_CASE("watch: a release that its probation has sent back is not taken again") {
    watching here({.probation = {.duration = 1h, .interval = 1ms}});
    here.deliver(built("patient", "1.0.0"));
    auto const ill = here.at.load<patient>("patient", here.arrivals.path() / "patient-1.0.0.so");
    ill->visit("a");
    here.deliver(built("patient", "2.0.0"));
    REQUIRE(here.runs("patient", "2.0.0"));
    ill->fall_ill(false);
    REQUIRE(here.runs("patient", "1.0.0"));
    here.deliver(built("patient", "2.0.0"));
    CHECK(here.hears(
        {"patient-2.0.0.so has arrived and is not used", "failed its probation and was sent back"}));
    CHECK(here.at.status("patient").running.release == "1.0.0");
}

TEST_CASE("watch: a component that is busy gets the module afterwards") {
    watching here;
    here.deliver(tally_file("1.0.0"));
    auto const sums = here.at.load("tally", here.arrivals.path() / "tally-1.0.0.so");
    std::stop_source stop;
    auto busy = [&] {
        lease_elsewhere const held(sums);
        auto swap = std::async(std::launch::async, [&] {
            return here.at.runtime.swap(
                "tally", {.module = tally_file("3.0.0"), .drain_deadline = 1h, .stop = stop.get_token()});
        });
        REQUIRE(test::eventually([&] { return here.at.status("tally").swapping; }));
        here.deliver(tally_file("2.0.0"));
        stop.request_stop();
        return swap.get().has_error();
    };
    CHECK(busy());
    CHECK(here.runs("tally", "2.0.0"));
}

TEST_CASE("watch: a directory that is not there is an error event, and the runtime works without the watch") {
    temporary_directory place;
    site at({.modules = place.path() / "nowhere", .watch = hotswap::watch_options{}});
    auto const sums = at.load("tally", tally_file("1.0.0"));
    CHECK(sums->total("a") == 0);
}
