// The operations that were requested over a control interface: each has an id, a state, and one outcome.
#pragma once

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/failure.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap {
class runtime;
}

namespace hotswap::detail {

/// How far an operation has come.
enum class operation_state : std::uint8_t {
    running,
    on_probation,  ///< committed; a probation may still send it back
    ended,
};

/// How an operation ended.
enum class operation_outcome : std::uint8_t {
    done,
    undone,        ///< refused, aborted or sent back: what served before serves
    inconsistent,  ///< the running set is not the stored one, or what failed still serves
};

std::string_view to_string(operation_state state) noexcept;
std::string_view to_string(operation_outcome outcome) noexcept;

/// What is known about an operation when it begins.
struct operation_request {
    std::string verb{};
    std::vector<std::string> components{};
    std::string by{};  ///< the user's name
    std::string reason{};
    std::chrono::nanoseconds may_take{0};  ///< with its probation; 0: it is not known
};

/// What is known about an operation when it ends.
struct operation_end {
    operation_outcome outcome = operation_outcome::done;
    std::optional<failure> why{};  ///< of an operation that is not done
    boost::json::value report{};   ///< of the library; null if there is none
    bool sent_back = false;        ///< by its probation
    /// The components whose generation it changed, each with the one that it brought.
    std::vector<std::pair<std::string, std::uint64_t>> generations{};
    bool on_probation = false;       ///< it has committed, and those generations may still be sent back
    std::uint64_t operation_id = 0;  ///< of the runtime
    /// Undoes what it has done, or refuses that; empty: it has changed nothing.
    std::function<operation_end(runtime&)> undo{};
};

/// What an abort of an operation that has ended does.
struct operation_undoing {
    std::vector<std::string> components{};
    std::function<operation_end(runtime&)> undo{};  ///< empty: there is nothing to undo
    std::optional<failure> stale{};                 ///< why it can no longer be undone
};

/// Threads:  [any]
class operation_book {
public:
    /// `changed` is called after each change, without the book's lock.
    operation_book(std::size_t most_running, std::function<void()> changed);

    /// The new operation's id. Unique for all hosts, because it begins with a random number of this one.
    /// Errors:   busy: as many operations run as may.
    result<std::string> begin(operation_request request);
    /// Notes that the operation has committed and is on probation.
    void note_probation(std::string_view id, operation_end const& so_far);
    /// Notes what an operation has done, from when on it can no longer be stopped; false if it was asked to stop before.
    /// Effects:  operations before it that changed the same components can no longer be undone; what they kept for that is freed.
    bool settle(std::string_view id, operation_end const& so_far);
    void end(std::string_view id, operation_end how);

    /// Is requested to stop by `abort`.
    std::stop_token stop_of(std::string_view id) const;
    /// Asks an operation to stop; its state, where one that has settled counts as ended.
    /// Errors:   unknown_operation.
    result<operation_state> ask_to_stop(std::string_view id);

    /// The operation as the answer to a request; empty if it is unknown.
    std::optional<boost::json::object> find(std::string_view id) const;
    /// The operation's state; empty if it is unknown.
    std::optional<operation_state> state_of(std::string_view id) const;
    operation_undoing undoing_of(std::string_view id) const;
    /// The operations that run: "swap of cache by root"; empty: none.
    std::string in_words() const;
    /// The newest operations, the oldest of them first.
    std::vector<boost::json::object> newest(std::size_t most) const;

private:
    struct entry {
        std::string id;
        operation_request request;
        operation_state state = operation_state::running;
        operation_end end;
        std::chrono::system_clock::time_point started;
        std::chrono::system_clock::time_point ended{};
        std::stop_source stop{};
        bool is_settled = false;
        std::string followed_by{};  ///< the operation that has changed the same components since
    };

    static boost::json::object shown(entry const& from);
    entry const* look_up(std::string_view id) const HOTSWAP_REQUIRES(mutex_);
    entry* look_up(std::string_view id) HOTSWAP_REQUIRES(mutex_);
    void forget_old() HOTSWAP_REQUIRES(mutex_);

    std::size_t const most_running_;
    std::function<void()> const changed_;
    std::string const host_;  // begins each id

    mutable mutex mutex_;
    std::deque<entry> entries_ HOTSWAP_GUARDED_BY(mutex_);
    std::uint64_t last_ HOTSWAP_GUARDED_BY(mutex_) = 0;
};

}  // namespace hotswap::detail
