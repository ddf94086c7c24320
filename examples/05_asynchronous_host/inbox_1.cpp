// Release 1.0.0: a queue. Its long poll returns early when a swap waits for it.
#include "inbox.hpp"

#include <hotswap/component.hpp>
#include <hotswap/draining.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <utility>

namespace demo {

struct inbox_state {
    static constexpr hotswap::schema schema{"demo.inbox", 1};
    std::deque<std::string> messages;
};

class inbox_impl final : public inbox {
public:
    using state = inbox_state;

    inbox_impl(hotswap::host& host, state& state) : state_(state), leave_early_(host) {}

    void put(std::string_view text) override {
        {
            std::lock_guard const lock(mutex_);
            state_.messages.emplace_back(text);
        }
        changed_.notify_one();
    }
    std::optional<std::string> take() override {
        std::lock_guard const lock(mutex_);
        return take_first();
    }
    std::optional<std::string> wait_and_take() override {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, leave_early_.token(), std::chrono::seconds(30),
                          [this] { return !state_.messages.empty(); });
        return take_first();
    }

private:
    std::optional<std::string> take_first() {
        if (state_.messages.empty()) return {};
        auto text = std::move(state_.messages.front());
        state_.messages.pop_front();
        return text;
    }

    state& state_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    hotswap::drain_signal leave_early_;
};

}  // namespace demo

HOTSWAP_COMPONENT(demo::inbox_impl, "inbox", "1.0.0")
