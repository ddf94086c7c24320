// The operations of a storm, one at a time, and their expected results.
#include "storm.hpp"

#include "bad_files.hpp"

#if defined(HOTSWAP_FAILPOINTS)
#include "base/failpoint.hpp"
#endif

#include <algorithm>
#include <array>
#include <future>

namespace chaos {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using hotswap::swap_report;

namespace {

fs::path fixture(std::string const& file) { return fs::path(CHAOS_FIXTURES) / file; }

/// "2.0.0" of "…/tally-2.0.0.so".
std::string release_in(fs::path const& file) {
    auto const stem = file.stem().string();
    return stem.substr(stem.rfind('-') + 1);
}

}  // namespace

hotswap::swap_options storm::options_for(before const& was) {
    static constexpr std::array tallies{"1.0.0", "2.0.0", "3.0.0"};
    static constexpr std::array tables{"1.0.0", "2.0.0"};
    std::string const release = was.component == "tally" ? random_.any_of(tallies) : random_.any_of(tables);
    hotswap::swap_options options;
    options.module = fixture(was.component + "-" + release + ".so");
    options.even_if_unchanged = true;  // the random choice may be the running release
    if (release == was.release && random_.one_in(2))
        options.transfer = hotswap::transfer::handoff;
    else if (random_.one_in(2))
        options.transfer = hotswap::transfer::snapshot;
    if (random_.one_in(100)) options.rehearse = hotswap::rehearse::always;
    return options;
}

void storm::step() {
    before was;
    was.component = random_.one_in(3) ? "rows" : "tally";
    auto const now = status(was.component);
    was.release = now.running.release;
    was.generation = now.running.generation;
    auto const dice = random_.below(100);
    if (dice < 35) return swap_well(was);
    if (dice < 45) return revert(was);
    if (dice < 70) return with_a_fault(was);
    if (dice < 76) return to_a_bad_file(was);
    if (dice < 82) return to_a_bad_module(was);
    if (dice < 87) return with_a_lease_out(was);
    if (dice < 93) return within_a_budget(was);
    if (dice < 97) return on_probation(was);
    checkpoint();
}

bool storm::judge(before const& was, std::string const& move, hotswap::result<swap_report> const& done,
                  fs::path const& asked, std::vector<std::string> const& codes) {
    auto const now = status(was.component);
    if (done) {
        ++counts_[move + ": done" + (done->not_durable ? ", not durable" : "")];
        found_.expect(now.running.generation > was.generation, "{}: after a swap another generation runs",
                      move);
        found_.expect(asked.empty() || now.running.release == release_in(asked),
                      "{}: {} runs, asked for was {}", move, now.running.release, asked.string());
        found_.expect(done->unload.verdict != hotswap::unload_verdict::retained,
                      "{}: the old code is gone: {}", move, to_string(done->unload));
        return true;
    }
    auto const& why = done.error();
    std::string const code(to_string(why.code));
    ++counts_[move + ": " + code];
    found_.expect(!why.message.empty(), "{}: a refusal has a reason", move);
    found_.expect(why.old_serving, "{}: after a refusal the old generation serves: {}", move, to_string(why));
    found_.expect(now.running.generation == was.generation && now.running.release == was.release,
                  "{}: after a refusal {} runs, before it was {}: {}", move, now.running.release, was.release,
                  to_string(why));
    found_.expect(codes.empty() || std::ranges::find(codes, code) != codes.end(), "{}: refused as {}: {}",
                  move, code, why.message);
    return false;
}

void storm::must_refuse(before const& was, std::string const& move, hotswap::result<swap_report> const& done,
                        fs::path const& asked, std::vector<std::string> const& codes) {
    if (judge(was, move, done, {}, codes)) found_.add(fmt::format("{}: {} was let in", move, asked.string()));
}

void storm::swap_well(before const& was) {
    auto const options = options_for(was);
    auto const done = runtime_->swap(was.component, options);
    if (!judge(was, "swap", done, options.module.text()))
        found_.add("a good swap was refused: " + to_string(done.error()));
}

void storm::revert(before const& was) {
    auto const to = status(was.component).previous_release;
    auto const done = runtime_->revert(was.component);
    bool const was_sent_back = status(was.component).rolled_back.has_value();
    judge(was, "revert", done, {}, {to.empty() ? "not_reversible" : "rolled_back"});
    found_.expect(!done || !was_sent_back, "a revert does not go to what was sent back");
    if (done)
        found_.expect(status(was.component).running.release == to, "a revert goes back to {}, not to {}", to,
                      status(was.component).running.release);
}

void storm::checkpoint() {
    auto const armed = random_.one_in(2) ? fault() : std::string();
    auto const done = runtime_->checkpoint();
    disarm();
    ++counts_[done ? "checkpoint: done" : "checkpoint: " + std::string(to_string(done.error().code))];
    found_.expect(done.has_value() || !armed.empty(), "a checkpoint is written: {}",
                  done ? "" : to_string(done.error()));
}

std::string storm::fault() {
#if defined(HOTSWAP_FAILPOINTS)
    namespace failpoints = hotswap::detail::failpoints;
    auto const armed = any_fault(random_, points_, 3);
    if (!armed.empty()) failpoints::arm(armed);
    return armed;
#else
    return {};
#endif
}

void storm::disarm() {
#if defined(HOTSWAP_FAILPOINTS)
    namespace failpoints = hotswap::detail::failpoints;
    for (auto const& point : failpoints::visited()) points_.insert(point);
    failpoints::clear();
#endif
}

void storm::with_a_fault(before const& was) {
    auto const armed = fault();
    if (random_.one_in(4)) {
        auto const done = runtime_->revert(was.component);
        disarm();
        judge(was, "revert with a fault", done, {});
        return;
    }
    auto options = options_for(was);
    if (options.transfer != hotswap::transfer::handoff && random_.one_in(5)) options.pause_budget = 1h;
    auto const done = runtime_->swap(was.component, options);
    disarm();
    judge(was, "swap with a fault", done, options.module.text());
}

void storm::to_a_bad_file(before const& was) {
    auto const bad = make_bad_file(random_, fixture(was.component + "-2.0.0.so"), scratch_);
    auto const done = runtime_->swap(was.component, {.module = bad.file});
    must_refuse(was, bad.what, done, bad.file, bad.codes);
    std::error_code ignored;
    fs::remove_all(bad.file, ignored);
}

void storm::to_a_bad_module(before const& was) {
    struct bad {
        char const* file;
        char const* code;
    };
    static constexpr std::array tallies{
        bad{"tally_edited-1.5.0.so", "layout_changed"}, bad{"tally_other_schema-1.0.0.so", "schema_mismatch"},
        bad{"tally_unresolved-1.0.0.so", "unresolved_symbols"}, bad{"stranger-1.0.0.so", "contract_mismatch"},
        bad{"rows-1.0.0.so", "contract_mismatch"}};
    static constexpr std::array tables{bad{"rows_throwing-2.0.0.so", "migration_failed"},
                                       bad{"rows_colliding-2.0.0.so", "migration_failed"},
                                       bad{"tally-1.0.0.so", "contract_mismatch"}};
    auto const& one = was.component == "tally" ? random_.any_of(tallies) : random_.any_of(tables);
    bool const upgrades = std::string_view(one.code) == "migration_failed";
    if (upgrades && was.release != "1.0.0") return checkpoint();  // only the migration 1 → 2 throws
    auto const done = runtime_->swap(was.component, {.module = fixture(one.file)});
    must_refuse(was, one.file, done, one.file, {one.code});
}

void storm::with_a_lease_out(before const& was) {
    std::promise<void> taken;
    std::promise<void> back;
    std::thread holder([&] {
        auto const hold = [&](auto const& on) {
            auto const lease = on.lease();
            taken.set_value();
            back.get_future().wait();
        };
        was.component == "tally" ? hold(targets_->sums) : hold(targets_->rows);
    });
    taken.get_future().wait();
    auto options = options_for(was);
    options.drain_deadline = 2ms;
    auto const done = runtime_->swap(was.component, options);
    back.set_value();
    holder.join();
    must_refuse(was, "a lease that is not given back", done, options.module.text(), {"drain_timeout"});
}

void storm::within_a_budget(before const& was) {
    auto options = options_for(was);
    options.transfer = hotswap::transfer::snapshot;
    options.pause_budget = std::chrono::microseconds(1 + random_.below(400));
    auto const done = runtime_->swap(was.component, options);
    judge(was, "pause budget", done, options.module.text(), {"pause_budget_exceeded", "drain_timeout"});
}

void storm::on_probation(before const& was) {
    auto options = options_for(was);
    if (options.transfer == hotswap::transfer::handoff) options.transfer = hotswap::transfer::direct;
    bool const passes = random_.one_in(2);
    options.probation.duration = 8ms;
    options.probation.interval = 2ms;
    if (!passes) options.probation.check = [] { return std::string("this one is not wanted"); };
    auto const done = runtime_->swap(was.component, options);
    if (!done) {
        found_.add("a good swap on probation was refused: " + to_string(done.error()));
        return;
    }
    auto const meanwhile = runtime_->swap(was.component, options_for(was));
    found_.expect(meanwhile.has_error() || !status(was.component).on_probation, "no swap during a probation");
    auto const deadline = std::chrono::steady_clock::now() + 10s;
    while (status(was.component).on_probation && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(1ms);
    static_cast<void>(runtime_->snapshot(was.component));  // waits until the watch has done its last
    auto const now = status(was.component);
    ++counts_[passes ? "probation: passed" : "probation: sent back"];
    found_.expect(!now.on_probation, "a probation of 8 ms ends");
    if (meanwhile) return;
    auto const wanted = passes ? release_in(options.module.text()) : was.release;
    found_.expect(now.running.release == wanted, "after a probation that {} {} runs, not {}",
                  passes ? "passes" : "fails", wanted, now.running.release);
    found_.expect(passes || now.rolled_back.has_value(), "a probation that fails says so in the status");
}

}  // namespace chaos
