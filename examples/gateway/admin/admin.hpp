// The requests of the gateway's owner, over a Unix socket: status, swap, plan, revert, checkpoint.
#pragma once

#include "http/message.hpp"

#include <hotswap/runtime.hpp>

#include <boost/asio/thread_pool.hpp>
#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <string>

namespace gateway {

/// GET /status, POST /swap/{name}, POST /plan/{name}, POST /revert/{name}, POST /checkpoint; with faults also POST /faults. The body
/// of a swap or a plan is `swap_options` as <hotswap/json.hpp> has them, that of a revert is `revert_options`; it may be empty.
/// POST /swap, /plan and /revert without a name operate on several components as one: the body is a `component_set`.
/// Threads:  [any]; operations run on separate threads, so that callers are served meanwhile.
class admin {
public:
    /// Functions that return a component's counts, by the component's name.
    using counts = std::map<std::string, std::function<boost::json::object()>, std::less<>>;

    /// Injects the faults that a test requests; only in builds with failpoints.
    using inject = std::function<answer(std::string const& body)>;

    admin(hotswap::runtime& components, counts of_components, inject faults);

    void serve(request what, respond done);

    /// Waits for the operations that have begun.
    void join() { threads_.join(); }

private:
    answer answer_to(request const& what);
    answer status();
    answer checkpoint();
    answer operate(std::string const& verb, std::string const& name, std::string const& body);
    answer operate_on_set(std::string const& verb, std::string const& body);

    hotswap::runtime& runtime_;
    counts counts_;
    inject faults_;
    boost::asio::thread_pool threads_{4};
};

}  // namespace gateway
