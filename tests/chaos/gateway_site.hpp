// The gateway under test: started, asked, killed and started again on the same store.
#pragma once

#include "demo/gateway_process.hpp"
#include "growth.hpp"
#include "http/client.hpp"
#include "http/owner_client.hpp"

#include <boost/json/object.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace chaos {

using clock = std::chrono::steady_clock;

/// One process of the gateway, as its callers know it.
struct incarnation {
    unsigned number = 0;
    unsigned short port = 0;
    std::atomic<bool> killed{false};
    std::map<std::string, clock::time_point>
        durable{};  ///< a moment: at its start each component's state was at least as new
};

/// A caller's own connection to one incarnation.
struct connection {
    std::shared_ptr<incarnation> to;
    gateway::http_client client;
};

struct answer {
    unsigned status = 0;
    boost::json::object body{};

    std::string text(std::string_view member) const;
};

class gateway_site {
public:
    gateway_site();
    ~gateway_site();
    gateway_site(gateway_site const&) = delete;
    gateway_site& operator=(gateway_site const&) = delete;

    void start();
    /// Kills the gateway at once.
    void kill();
    /// Its exit status after SIGTERM.
    int end();

    /// Asks on the calling thread's own connection.
    static answer ask(std::filesystem::path const& socket, std::string_view method, std::string const& target,
                      boost::json::object const& body = {});
    /// Asks on the driver's persistent connection.
    answer ask(std::string_view method, std::string const& target, boost::json::object const& body = {});
    void fault(boost::json::object const& what) { last_fault_ = ask("POST", "/faults", what); }
    answer const& last_fault() const { return last_fault_; }
    boost::json::object status_of(std::string const& component);

    /// Threads:  [any]
    std::shared_ptr<incarnation> now() const;
    /// Connects to an incarnation after `number`, as soon as there is one; nothing if the run is over before.
    /// If it is killed before the connection exists, it was never asked anything: waits for the next.
    std::optional<connection> connect_after(unsigned number) const;
    void run_is_over();
    /// From now on answers from before `when` are durable.
    void durable_since(std::string const& component, clock::time_point when) { durable_[component] = when; }
    /// While its clock is off, and for a moment after, callers may be refused.
    void clock_is_off(bool off);
    bool clock_was_off_lately() const;
    unsigned steps_of_clock() const { return steps_of_clock_; }

    pid_t pid() const { return process_->pid(); }
    std::string output() { return process_->output(); }
    std::optional<int> ended() { return process_->ended(); }
    std::filesystem::path const& scratch() const { return scratch_.path(); }
    std::filesystem::path socket() const { return scratch() / "control.sock"; }
    std::filesystem::path staging() const { return scratch() / "run" / "hotswap"; }
    std::filesystem::path store() const { return scratch() / "disk" / "store"; }
    bool has_small_disk() const { return mounted_; }

    allowance allowed{};  ///< the resources that this incarnation may keep, by design

private:
    /// Waits for the next incarnation; null if the run is over before.
    std::shared_ptr<incarnation> next_after(unsigned number) const;

    gateway::scratch_directory scratch_;
    bool mounted_ = false;
    std::optional<gateway::gateway_process> process_;
    std::optional<gateway::owner_client> owner_;
    answer last_fault_;
    std::map<std::string, clock::time_point> durable_;
    std::atomic<bool> clock_is_off_{false};
    std::atomic<clock::rep> clock_stepped_{0};
    std::atomic<unsigned> steps_of_clock_{0};
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::shared_ptr<incarnation> now_;  // guarded by mutex_
    bool over_ = false;                 // guarded by mutex_
};

}  // namespace chaos
