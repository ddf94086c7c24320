#include "slot/job_runner.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace hotswap::detail {

namespace {

// A time this far ahead still fits in the nanoseconds of a clock.
constexpr std::chrono::nanoseconds as_good_as_never = std::chrono::hours(24 * 365 * 100);

}  // namespace

std::size_t job_list::clear() noexcept {
    std::size_t const dropped = posts_.size();
    for (timer const& t : timers_) t.work.destroy(t.work.context);
    for (abi::job const& job : posts_) job.destroy(job.context);
    for (listener const& l : listeners_) l.work.destroy(l.work.context);
    timers_.clear();
    posts_.clear();
    listeners_.clear();
    return dropped;
}

job_list::clock::time_point job_list::next_due() const noexcept {
    if (!posts_.empty() || std::ranges::any_of(listeners_, &listener::is_due))
        return clock::time_point::min();
    auto earliest = clock::time_point::max();
    for (timer const& t : timers_) earliest = std::min(earliest, t.due);
    return earliest;
}

job_runner::job_runner(std::shared_ptr<gate> way_in, report failed)
    : name_(way_in->name()), failed_(std::move(failed)), gate_(std::move(way_in)) {}

void job_runner::expect_open(job_list const& list) const {
    if (list.closed_)
        throw std::runtime_error("this generation is retired: it takes no more timers, posts or listeners");
}

void job_runner::start() {
    if (!thread_.is_begun()) thread_ = library_thread(thread_name(name_), [this]() noexcept { work(); });
}

void job_runner::add_timer(job_list& list, abi::job work, std::chrono::nanoseconds period,
                           std::chrono::nanoseconds first_after) {
    period = std::min(period, as_good_as_never);
    first_after = std::clamp(first_after, std::chrono::nanoseconds{0}, as_good_as_never);
    mutex_lock const lock(mutex_);
    expect_open(list);
    start();
    list.timers_.push_back({work, period, clock::now() + first_after});
    changed_.notify_all();
}

void job_runner::add_post(job_list& list, abi::job work) {
    mutex_lock const lock(mutex_);
    expect_open(list);
    start();
    list.posts_.push_back(work);
    changed_.notify_all();
}

void job_runner::add_listener(job_list& list, std::string to, abi::job work) {
    mutex_lock const lock(mutex_);
    expect_open(list);
    start();
    list.listeners_.push_back({std::move(to), work});
}

void job_runner::component_changed(std::string_view name) noexcept {
    mutex_lock const lock(mutex_);
    if (active_ == nullptr) return;
    for (auto& each : active_->listeners_) each.is_due = each.is_due || each.to == name;
    changed_.notify_all();
}

void job_runner::go_through(std::shared_ptr<gate> way_in) noexcept {
    mutex_lock const lock(mutex_);
    gate_.swap(way_in);
}

void job_runner::activate(job_list* list) noexcept {
    mutex_lock const lock(mutex_);
    active_ = list;
    changed_.notify_all();
}

std::size_t job_runner::close(job_list& list) noexcept {
    job_list doomed;
    {
        mutex_lock const lock(mutex_);
        list.closed_ = true;
        doomed.timers_.swap(list.timers_);
        doomed.posts_.swap(list.posts_);
        doomed.listeners_.swap(list.listeners_);
    }
    return doomed.clear();  // runs the module's destructors, so not under the lock
}

void job_runner::stop() noexcept {
    {
        mutex_lock const lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    thread_.join();
}

// Waits until a job of the active list is due; false when the thread must end.
bool job_runner::wait_for_work(mutex_lock<std::mutex>& lock) {
    for (;;) {
        if (stopping_) return false;
        auto const due = active_ == nullptr ? clock::time_point::max() : active_->next_due();
        auto const now = clock::now();
        if (due <= now) return true;
        if (due == clock::time_point::max()) {
            changed_.wait(lock);
        } else {
            // Uses the system's clock, because thread sanitizer does not know the wait on the other one; it
            // looks again once a second, which bounds the effect of a clock step.
            auto const nap = std::min<clock::duration>(due - now, std::chrono::seconds(1));
            changed_.wait_until(lock, std::chrono::system_clock::now() + nap);
        }
    }
}

void job_runner::work() noexcept {
    for (;;) {
        std::shared_ptr<gate> way_in;
        {
            mutex_lock lock(mutex_);
            if (!wait_for_work(lock)) return;
            way_in = gate_;
        }
        auto& cell = way_in->cell();
        auto const admitted = way_in->try_enter(cell, false);
        if (admitted.contract == nullptr) {
            mutex_lock const lock(mutex_);
            if (gate_ == way_in) return;
            continue;
        }
        run_due_job();
        gate::leave(this_thread_cells.number, cell, admitted.how, way_in->index());
    }
}

// Runs under a lease: the active list cannot be exchanged or closed before the job has returned and is
// destroyed.
void job_runner::run_due_job() noexcept {
    mutex_lock lock(mutex_);
    if (active_ == nullptr || stopping_) return;
    // Listeners come first: others may work with what a listener brings up to date.
    if (auto const listening = take_due_listener()) {
        lock.unlock();
        run_post(*listening);
        return;
    }
    auto const now = clock::now();
    auto& timers = active_->timers_;
    auto const due =
        std::find_if(timers.begin(), timers.end(), [now](auto const& t) { return t.due <= now; });
    auto& posts = active_->posts_;
    // In turn, so that neither a busy timer nor work that posts itself again starves the other.
    timers_turn_ = due != timers.end() && (timers_turn_ || posts.empty());
    if (timers_turn_) {
        timers_turn_ = false;
        due->due = std::max(due->due + due->period, now + due->period / 2);
        auto& timer = *due;
        timers.splice(timers.end(), timers, due);
        lock.unlock();
        run_timer(timer);
    } else if (!posts.empty()) {
        timers_turn_ = true;
        abi::job const job = posts.front();
        posts.pop_front();
        lock.unlock();
        run_post(job);
        job.destroy(job.context);
    }
}

std::optional<abi::job> job_runner::take_due_listener() noexcept {
    auto& all = active_->listeners_;
    auto const due = std::ranges::find_if(all, &job_list::listener::is_due);
    if (due == all.end()) return std::nullopt;
    due->is_due = false;
    return due->work;
}

// Only the runner's thread uses the count of failures.
void job_runner::run_timer(job_list::timer& timer) noexcept {
    abi::error why;
    if (timer.work.run(timer.work.context, &why) == abi::status::ok) {
        timer.times = 0;
        return;
    }
    std::string_view const what(why.message, why.size);
    auto const failure = std::hash<std::string_view>()(what);
    timer.times = timer.times != 0 && timer.failure == failure ? timer.times + 1 : 1;
    timer.failure = failure;
    auto left = timer.times;
    while (left % 10 == 0) left /= 10;
    if (left == 1) failed_(what, timer.times);
}

void job_runner::run_post(abi::job const& job) noexcept {
    abi::error why;
    if (job.run(job.context, &why) != abi::status::ok) failed_({why.message, why.size}, 1);
}

}  // namespace hotswap::detail
