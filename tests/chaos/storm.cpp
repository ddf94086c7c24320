#include "storm.hpp"

#include "demo/gateway_process.hpp"
#include "modes.hpp"

#include <unistd.h>

namespace chaos {

namespace fs = std::filesystem;

namespace {

hotswap::runtime_options options_in(fs::path const& scratch) {
    return {.modules = CHAOS_FIXTURES,
            .staging = scratch / "staging",
            .log_to_stderr = false,
            .rehearse = hotswap::rehearse::never,
            .store = scratch / "store"};
}

}  // namespace

storm::storm(wanted const& how, fs::path scratch)
    : how_(how),
      scratch_(std::move(scratch)),
      random_(how.seed),
      runtime_(std::make_unique<hotswap::runtime>(options_in(scratch_))),
      began_(std::chrono::steady_clock::now()) {
    fs::path const modules = CHAOS_FIXTURES;
    targets_.emplace(storm_targets{
        runtime_->load<hotswap_test::tally>("tally", {.module = modules / "tally-1.0.0.so"}).value(),
        runtime_->load<hotswap_test::rows>("rows", {.module = modules / "rows-1.0.0.so"}).value()});
    // The rows at which two of the bad modules fail.
    for (char const* const name : {"k9901", "k9902"}) targets_->rows->put(name, 13);
    for (unsigned i = 0; i != 2; ++i)
        callers_.push_back(std::make_unique<storm_caller>(*targets_, i + 1, random_.number(), found_));
}

hotswap::component_status storm::status(std::string const& component) const {
    for (auto& each : runtime_->status())
        if (each.name == component) return each;
    return {};
}

bool storm::run() {
    for (; done_ != how_.steps; ++done_) {
        step();
        if (done_ == how_.steps / 10) early_ = footprint_of(::getpid(), scratch_ / "staging");
        if ((done_ + 1) % (how_.steps / 10) == 0) progress();
        if (found_.count() > 100) break;
    }
    disarm();
    for (auto& each : callers_) each->stop();
    forget_retained();
    expect_no_growth(early_, footprint_of(::getpid(), scratch_ / "staging"), {.threads = 1}, "the process",
                     found_);
    std::uint64_t shared = 0;
    for (auto& each : callers_) {
        each->check(*targets_);
        shared += each->shared();
    }
    auto const is = targets_->sums->total("shared");
    found_.expect(is == shared, "in the end the shared sum is {}, not {}", shared, is);
    come_back();
    report();
    return found_.tell();
}

/// Code that overran its budget is unmapped when it has ended.
void storm::forget_retained() {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (std::string const name : {"tally", "rows"}) {
        while (!status(name).retained.empty() && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        found_.expect(status(name).retained.empty(), "no code of {} stays: {}", name, status(name).retained);
    }
}

/// The store's state is the state before the restart.
void storm::come_back() {
    auto const written = runtime_->checkpoint();
    found_.expect(written.has_value(), "a last checkpoint is written: {}",
                  written ? "" : to_string(written.error()));
    runtime_ = nullptr;
    hotswap::runtime next(options_in(scratch_));
    auto const back = next.recover();
    found_.expect(back.has_value() && back->size() == 2, "both components come back: {}",
                  back ? "" : to_string(back.error()));
    if (!back || back->size() != 2) return;
    storm_targets const again{next.find<hotswap_test::tally>("tally").value(),
                              next.find<hotswap_test::rows>("rows").value()};
    for (auto& each : callers_) each->check(again);
}

void storm::progress() {
    fmt::print("{} of {} operations, {} findings\n", done_ + 1, how_.steps, found_.count());
    std::fflush(stdout);
}

void storm::report() {
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - began_;
    std::uint64_t calls = 0;
    for (auto const& each : callers_) calls += each->calls();
    for (auto const& [what, count] : counts_) fmt::print("  {:>6}  {}\n", count, what);
    fmt::print("{} operations in {:.1f} s, {:.0f} a second; {} calls, each answer checked; {} failpoints\n",
               done_, took.count(), done_ / took.count(), calls, points_.size());
}

bool run_storm(wanted const& how) {
    gateway::scratch_directory const scratch;
    return storm(how, scratch.path()).run();
}

}  // namespace chaos
