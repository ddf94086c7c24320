// The demo's load: callers with persistent connections that check every answer.
#pragma once

#include "http/client.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace demo {

using clock = std::chrono::steady_clock;

/// One request as its caller saw it.
struct sample {
    clock::time_point begin{};
    std::chrono::nanoseconds latency{0};
};

/// The number of faults, and a description of the first few.
/// Threads:  [any]
class findings {
public:
    void add(std::string what);
    std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
    std::vector<std::string> first() const;

private:
    std::atomic<std::uint64_t> count_{0};
    mutable std::mutex mutex_;
    std::vector<std::string> first_;  // guarded by mutex_
};

/// The highest revision of each item that any caller has got.
/// An answer to a later request must not be older, and must come from the cache, which evicts nothing here.
class item_book {
public:
    explicit item_book(std::size_t items) : seen_(items) {}

    static std::string key_of(std::size_t index);
    std::size_t size() const noexcept { return seen_.size(); }
    std::uint64_t seen(std::size_t index) const noexcept { return seen_[index].load(); }
    void saw(std::size_t index, std::uint64_t revision) noexcept;

private:
    std::vector<std::atomic<std::uint64_t>> seen_;
};

struct load_options {
    unsigned short port = 0;
    unsigned callers = 8;
    unsigned rate = 500;   ///< requests per second of each caller
    unsigned limit = 200;  ///< the gateway's limit per client: requests per second, and requests at once
};

/// All callers together. Only one of them, the greedy one, asks for more than its limit allows.
class load {
public:
    explicit load(load_options wanted);
    ~load();

    /// Opens every session and fetches every item once, then begins.
    void start();
    /// Ends when each caller has the answer to its last request.
    void stop();

    std::uint64_t requests() const noexcept { return requests_.load(std::memory_order_relaxed); }
    std::uint64_t refusals() const noexcept { return refusals_.load(std::memory_order_relaxed); }
    std::size_t sessions() const;
    findings& found() noexcept { return found_; }
    load_options const& wanted() const noexcept { return wanted_; }
    /// All samples; after `stop`.
    std::vector<sample> samples() const;

private:
    class caller;
    class regular_caller;
    class greedy_caller;

    load_options wanted_;
    findings found_;
    item_book items_;
    std::atomic<std::uint64_t> requests_{0};
    std::atomic<std::uint64_t> refusals_{0};  // 429, where they were expected
    std::vector<std::unique_ptr<caller>> callers_;
    std::vector<std::jthread> threads_;
};

}  // namespace demo
