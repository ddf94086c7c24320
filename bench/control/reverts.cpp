// A revert, from the command to its effect: the first call that the release before answers.
#include "control/parts.hpp"
#include "harness/command.hpp"
#include "harness/figures.hpp"
#include "harness/http_connection.hpp"

#include <fmt/format.h>

#include <sys/prctl.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr char component[] = "bench_counter";

double microseconds(clock::duration t) { return std::chrono::duration<double, std::micro>(t).count(); }

/// A caller that asks every 50 µs which release answers, and notes when release 1 does.
class onlooker {
public:
    explicit onlooker(hotswap::handle<counter> const& of)
        : thread_([this, of] {
              prctl(PR_SET_TIMERSLACK, 1);  // else the kernel adds as much again to each sleep
              while (!is_over_) {
                  if (of->release() == 1) {
                      seen_ = clock::now();
                      is_seen_ = true;
                      return;
                  }
                  std::this_thread::sleep_for(std::chrono::microseconds{50});
              }
          }) {}
    ~onlooker() {
        is_over_ = true;
        thread_.join();
    }
    onlooker(onlooker const&) = delete;
    onlooker& operator=(onlooker const&) = delete;

    /// Errors:   std::runtime_error if the command has ended and its effect is not there.
    clock::time_point seen() const {
        if (!is_seen_)
            for (int i = 0; i != 100 && !is_seen_; ++i)
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
        if (!is_seen_) throw std::runtime_error("a revert has ended and release 2 still answers");
        return seen_;
    }

private:
    std::atomic<bool> is_over_{false};
    std::atomic<bool> is_seen_{false};
    clock::time_point seen_{};
    std::thread thread_;
};

struct reverts {
    std::vector<double> effects;  // µs
    std::vector<double> ends;

    void print(std::string_view name) const {
        fmt::print("  {:<34} {:>9} {:>9} {:>9} {:>12} {:>9}\n", name, in_words(percentile(effects, 0.5)),
                   in_words(percentile(effects, 0.99)), in_words(percentile(effects, 1)),
                   in_words(percentile(ends, 0.5)), in_words(percentile(ends, 0.99)));
    }
};

void revert_by_command(operated_host& on, reverts& into) {
    on.upgrade_counter();
    onlooker const looks(on.counting());
    command revert({BENCH_COMMAND, "--socket", on.socket(), "revert", component});
    into.ends.push_back(revert.finish());
    into.effects.push_back(microseconds(looks.seen() - revert.began()));
}

void revert_by_post(operated_host& on, http_connection& through, reverts& into) {
    on.upgrade_counter();
    onlooker const looks(on.counting());
    auto const request = http_request("POST", "/v1/revert",
                                      fmt::format(R"({{"component":"{}","wait_ns":5000000000}})", component));
    auto const began = clock::now();
    auto const answer = through.ask(request);
    into.ends.push_back(microseconds(clock::now() - began));
    if (!answer || answer->status != 200)
        throw std::runtime_error("a revert was refused: " + (answer ? answer->body : "no answer"));
    into.effects.push_back(microseconds(looks.seen() - began));
}

}  // namespace

bool measure_reverts(operated_host& on, bool quick) {
    int const runs = quick ? 30 : 200;
    reverts commands;
    reverts posts;
    http_connection through{on.socket()};
    {
        reverts warm_up;  // the first swap to a module tries it in another process
        revert_by_command(on, warm_up);
        revert_by_post(on, through, warm_up);
    }
    for (int i = 0; i != runs; ++i) {
        revert_by_command(on, commands);
        revert_by_post(on, through, posts);
    }
    fmt::print(
        "\na revert, from the command to the first call that the old release answers ({} each, in turn)\n",
        runs);
    fmt::print("  {:<34} {:>29} {:>22}\n", "", "effect", "end of the command");
    fmt::print("  {:<34} {:>9} {:>9} {:>9} {:>12} {:>9}\n", "", "p50", "p99", "max", "p50", "p99");
    commands.print("hotswap revert, a new process");
    posts.print("POST on an open connection");
    return judge_at_most("hotswap revert, from its start to its effect, p99",
                         percentile(commands.effects, 0.99) / 1e3, 5, "ms");
}

}  // namespace bench
