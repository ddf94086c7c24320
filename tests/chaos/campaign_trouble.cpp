// Faults of the machine: no memory, no descriptors, no disk, clocks that step back, sudden ends.
#include "campaign.hpp"

#include <boost/json/serialize.hpp>

#include <array>
#include <fstream>

#include <sys/resource.h>

namespace chaos {

namespace fs = std::filesystem;
namespace json = boost::json;

void campaign::fault(before const& was) {
    site_.fault({{"disarm", true}});
    // One round without a fault finds the points that are passed.
    for (auto const& point : site_.last_fault().body.at("passed").as_array())
        points_.insert(std::string(point.as_string()));
    auto const armed = any_fault(random_, points_, 2);
    if (!armed.empty()) site_.fault({{"arm", armed}});
    doing_ = "fault";
    auto const asked = clock::now();
    if (random_.one_in(5)) {
        auto const got = site_.ask("POST", "/checkpoint");
        ++counts_["fault: checkpoint " + (got.status == 200 ? "done" : got.text("code"))];
        site_.fault({{"disarm", true}});
        if (got.status == 200)
            for (auto const& [component, ignored] : std::map(may_come_back_))
                note_durable(component, asked, true);
    } else if (random_.one_in(5)) {
        auto got = site_.ask("POST", "/revert/" + was.component, {{"allow_loss", true}});
        site_.fault({{"disarm", true}});
        finish(was, asked, std::move(got), "");
    } else {
        auto const release = any_release();
        swap(was, {{"module", was.component + "-" + release + ".so"},
                   {"allow_loss", true},
                   {"rehearse", random_.one_in(4) ? "always" : "when_new"}});
        site_.fault({{"disarm", true}});
    }
    found_.expect(look(was.component).generation != 0, "it serves after {}", armed);
}

void campaign::stuck_caller(before const& was) {
    site_.fault({{"hold", was.component}});
    auto const got = swap(was, {{"module", was.component + "-1.0.0.so"},
                                {"allow_loss", true},
                                {"rehearse", "never"},
                                {"drain_deadline_ns", 50'000'000}});
    site_.fault({{"release", true}});
    expect_refused(got, "a swap while a lease is out", {"drain_timeout"});
    found_.expect(got.text("message").find("thread") != std::string::npos, "who holds it is named: {}",
                  got.text("message"));
}

void campaign::no_descriptors(before const& was) {
    rlimit usual{};
    ::prlimit(site_.pid(), RLIMIT_NOFILE, nullptr, &usual);
    auto const open = footprint_of(site_.pid(), site_.staging()).descriptors;
    rlimit const few{open + random_.below(6), usual.rlim_max};
    ::prlimit(site_.pid(), RLIMIT_NOFILE, &few, nullptr);
    // Connected callers are served; a request that needs another file is refused, or done.
    auto const got =
        swap(was, {{"module", was.component + "-2.0.0.so"}, {"allow_loss", true}, {"rehearse", "always"}});
    auto const written = site_.ask("POST", "/checkpoint");
    ++counts_["no descriptors: checkpoint " + (written.status == 200 ? "done" : written.text("code"))];
    ::prlimit(site_.pid(), RLIMIT_NOFILE, &usual, nullptr);
    for (auto const& [component, ignored] : std::map(may_come_back_))
        note_durable(component, clock::now(), false);
    if (got.status != 200) found_.expect(!got.text("code").empty(), "it says what is missing");
}

/// With its own small file system the disk is really full; otherwise a failpoint reports it.
void campaign::disk_full(before const& was) {
    auto const filler = site_.store().parent_path() / "filler";
    if (site_.has_small_disk()) {
        std::ofstream file(filler, std::ios::binary);
        std::string const block(64 * 1024, 'x');
        while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    } else {
        site_.fault({{"arm", "store.write=fail:28"}});
    }
    auto const written = site_.ask("POST", "/checkpoint");
    ++counts_["disk full: checkpoint " + (written.status == 200 ? "done" : written.text("code"))];
    found_.expect(written.status == 409 && written.text("code") == "store_full",
                  "a full disk is said to be: {}", json::serialize(written.body));
    auto const got = swap(was, {{"module", was.component + "-2.0.0.so"}, {"allow_loss", true}});
    if (got.status != 200) expect_refused(got, "a swap with a full disk", {"store_full"});
    if (site_.has_small_disk())
        fs::remove(filler);
    else
        site_.fault({{"disarm", true}});
    checkpoint(look(was.component));
}

/// Steps the clock back by up to a minute, and forward again.
void campaign::clock_step(before const& was) {
    site_.clock_is_off(true);
    site_.fault({{"clock_ns", -static_cast<std::int64_t>(1 + random_.below(60)) * 1'000'000'000}});
    swap_well(was);
    checkpoint(look(was.component));
    site_.fault({{"clock_ns", 0}});
    site_.clock_is_off(false);
}

/// Kills the gateway during a swap or a checkpoint, or at rest; it comes back with the set before or the set
/// after.
void campaign::kill(before const& was) {
    std::string const release = any_release();
    bool const swaps = !random_.one_in(4);
    answer got;
    auto const asked = clock::now();
    std::thread owner([&, socket = site_.socket()] {
        try {
            got = swaps ? gateway_site::ask(socket, "POST", "/swap/" + was.component,
                                            {{"module", was.component + "-" + release + ".so"},
                                             {"allow_loss", true},
                                             {"even_if_unchanged", true}})
                        : gateway_site::ask(socket, "POST", "/checkpoint");
        } catch (gateway::connection_lost const&) {
            // The gateway was killed before it answered.
        }
    });
    auto const most = std::chrono::microseconds(200) * (1U << random_.below(9));
    std::this_thread::sleep_for(most * random_.below(100) / 100);
    site_.kill();
    owner.join();
    ++kills_;
    bool const answered = got.status == 200;
    ++counts_[std::string("kill: ") + (swaps ? "a swap" : "a checkpoint") +
              (answered ? " was over" : " was under way")];
    auto& releases = may_come_back_[was.component];
    if (swaps && answered) {
        auto const* const undurable = got.body.if_contains("not_durable");
        if (undurable == nullptr || undurable->is_null()) {
            releases.clear();
            site_.durable_since(was.component, asked);
        }
    }
    if (swaps) releases.insert(release);
    // A set is written whole: it includes the running releases of the other components.
    start();
}

}  // namespace chaos
