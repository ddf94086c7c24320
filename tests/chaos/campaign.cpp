#include "campaign.hpp"

#include "modes.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include <algorithm>

#include <array>
#include <csignal>
#include <numeric>

namespace chaos {

namespace json = boost::json;

namespace {

constexpr std::array components{"rate_limiter", "session", "cache"};

std::string text_in(json::object const& from, std::string_view member) {
    auto const* const value = from.if_contains(member);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

std::vector<campaign::move> campaign::moves() {
    return {{"swap", 30, &campaign::swap_well},
            {"handoff", 6, &campaign::hand_off},
            {"revert", 8, &campaign::revert},
            {"plan", 3, &campaign::plan},
            {"checkpoint", 6, &campaign::checkpoint},
            {"probation that passes", 3, &campaign::pass_probation},
            {"probation that fails", 4, &campaign::fail_probation},
            {"bad file", 12, &campaign::bad_file},
            {"file replaced meanwhile", 4, &campaign::replaced_while_loading},
            {"unsealed", 2, &campaign::unsealed},
            {"bad module", 8, &campaign::bad_module},
            {"static deed", 10, &campaign::static_deed},
            {"slow deed", 2, &campaign::slow_deed, true},
            {"thread-local destructor", 2, &campaign::thread_local_destructor},
            {"migration without end", 2, &campaign::constructor_without_end},
            {"fault", 25, &campaign::fault},
            {"stuck caller", 4, &campaign::stuck_caller},
            {"no descriptors", 5, &campaign::no_descriptors},
            {"disk full", 5, &campaign::disk_full},
            {"clock step", 3, &campaign::clock_step},
            {"kill", 12, &campaign::kill}};
}

campaign::campaign(wanted const& how) : how_(how), random_(how.seed), began_(clock::now()) {}

std::string campaign::zoo(std::string const& name) const { return fmt::format("{}/{}.so", CHAOS_ZOO, name); }

before campaign::look(std::string const& component) {
    auto const status = site_.status_of(component);
    auto const& running = status.at("running").as_object();
    return {component, text_in(running, "release"), running.at("generation").to_number<std::uint64_t>()};
}

/// Brings the component to that release from any other.
before campaign::need(std::string const& component, std::string const& release) {
    auto const was = look(component);
    if (was.release == release) return was;
    swap(was, {{"module", component + "-" + release + ".so"}, {"allow_loss", true}});
    return look(component);
}

std::string campaign::any_release() {
    static constexpr std::array releases{"0.1.0", "1.0.0", "2.0.0", "3.0.0"};
    return releases[random_.below(releases.size())];
}

void campaign::note_durable(std::string const& component, clock::time_point asked, bool is_durable) {
    auto const now = look(component).release;
    auto& releases = may_come_back_[component];
    if (is_durable) {
        releases.clear();
        site_.durable_since(component, asked);
    }
    releases.insert(now);
}

answer campaign::swap(before const& was, json::object body) {
    auto const file = std::filesystem::path(text_in(body, "module")).stem().string();
    auto const asked = clock::now();
    body["even_if_unchanged"] = true;  // the random choice may be the running release
    auto got = site_.ask("POST", "/swap/" + was.component, body);
    return finish(was, asked, std::move(got), file.substr(file.rfind('-') + 1));
}

answer campaign::finish(before const& was, clock::time_point asked, answer got, std::string const& wanted) {
    auto const now = look(was.component);
    auto const code = got.status == 200 ? "done" : got.text("code");
    ++counts_[doing_ + ": " + code];
    if (got.status == 200) {
        found_.expect(now.generation > was.generation && (wanted.empty() || now.release == wanted),
                      "{}: {} runs {} after a swap to {}", doing_, was.component, now.release, wanted);
        auto const* const undurable = got.body.if_contains("not_durable");
        note_durable(was.component, asked, undurable == nullptr || undurable->is_null());
        return got;
    }
    found_.expect(got.status >= 400 && got.status != 500, "{}: a refusal is one: {} {}", doing_, got.status,
                  json::serialize(got.body));
    found_.expect(!got.text("message").empty(), "{}: a refusal has a reason", doing_);
    found_.expect(now.generation == was.generation && now.release == was.release,
                  "{}: after a refusal {} runs as before: {}, {} before: {}", doing_, now.release,
                  was.component, was.release, json::serialize(got.body));
    return got;
}

void campaign::expect_refused(answer const& got, std::string const& what,
                              std::vector<std::string> const& codes) {
    found_.expect(got.status != 200, "{} is refused", what);
    if (got.status == 200 || codes.empty()) return;
    found_.expect(std::ranges::find(codes, got.text("code")) != codes.end(),
                  "{} is refused as {}, but it was: {}", what, fmt::join(codes, " or "),
                  json::serialize(got.body));
}

void campaign::start() {
    site_.start();
    for (std::string const name : components) {
        auto const was = look(name);
        if (kills_ != 0)
            found_.expect(may_come_back_[name].contains(was.release), "{} comes back as {}, not as {}", name,
                          fmt::join(may_come_back_[name], " or "), was.release);
        may_come_back_[name] = {was.release};
    }
    since_start_ = 0;
}

/// The checks after every operation.
void campaign::after_each() {
    if (auto const status = site_.ended())
        throw std::runtime_error(fmt::format("the gateway ended with status {} after {}; it said:\n{}",
                                             *status, doing_, site_.output()));
    auto const now = footprint_of(site_.pid(), site_.staging());
    if (++since_start_ == 5) early_ = now;
    found_.expect(now.modules <= 3 + site_.allowed.modules, "after {} {} modules are mapped, not 3 and {}",
                  doing_, now.modules, site_.allowed.modules);
    if (since_start_ > 5)
        expect_no_growth(early_, now, site_.allowed, "after " + doing_ + " the gateway", found_);
}

bool campaign::run() {
    start();
    for (unsigned i = 0; i != 3; ++i)
        callers_.push_back(std::make_unique<caller>(site_, i + 1, random_.number(), found_));
    greedy_ = std::make_unique<greedy_caller>(site_, found_);
    auto const all = moves();
    auto const total = std::accumulate(all.begin(), all.end(), 0U,
                                       [](unsigned sum, move const& m) { return sum + m.weight; });
    for (; done_ != how_.steps && found_.count() < 60; ++done_) {
        auto which = random_.below(total);
        auto const* next = all.data();
        while (which >= next->weight) which -= (next++)->weight;
        if (next->slow && how_.quick) next = all.data();
        doing_ = next->name;
        (this->*next->take)(look(random_.any_of(components)));
        after_each();
        progress();
    }
    at_the_end();
    report();
    return found_.tell();
}

/// All earlier answers still hold, before and after one more restart.
void campaign::at_the_end() {
    doing_ = "the end";
    greedy_->stop();
    for (auto& each : callers_) each->stop();
    for (auto& each : callers_) each->check_all();
    checkpoint(look("cache"));
    found_.expect(site_.end() == 0, "the gateway ends cleanly: {}", site_.output());
    ++kills_;
    start();
    for (auto& each : callers_) each->check_all();
    found_.expect(site_.end() == 0, "the gateway ends cleanly: {}", site_.output());
}

void campaign::progress() {
    bool const is_tenth = how_.steps >= 10 && (done_ + 1) % (how_.steps / 10) == 0;
    if (!is_tenth) return;
    std::chrono::duration<double> const took = clock::now() - began_;
    fmt::print("[{:4.0f} s] {} of {} done, {} kills, {} findings\n", took.count(), done_ + 1, how_.steps,
               kills_, found_.count());
    std::fflush(stdout);
}

void campaign::report() {
    std::chrono::duration<double> const took = clock::now() - began_;
    std::uint64_t answers = 0;
    std::uint64_t lost = 0;
    for (auto const& each : callers_) {
        answers += each->answers();
        lost += each->in_flight_at_a_kill();
    }
    for (auto const& [what, count] : counts_) fmt::print("  {:>5}  {}\n", count, what);
    fmt::print(
        "{} steps in {:.0f} s, {} restarts; {} answers checked, {} in flight at a kill; {} failpoints; {} "
        "disk\n",
        done_, took.count(), kills_, answers, lost, points_.size(),
        site_.has_small_disk() ? "a small" : "no");
}

bool run_gateway(wanted const& how) { return campaign(how).run(); }

}  // namespace chaos
