// The bodies of requests for changes.
#pragma once

#include "base/refuse.hpp"
#include "report/json_reader.hpp"

#include <hotswap/describe.hpp>
#include <hotswap/options.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace hotswap::detail {

/// Of `swap`, and of `plan`, which has neither a plan nor a reason. One component with its options, or several as one.
struct swap_body {
    std::string component{};
    swap_options options{};
    component_set components{};
    set_options set{};
    std::string plan{};  ///< the token of a plan, in place of everything above
    std::string reason{};
    std::chrono::nanoseconds wait{0};  ///< for the end, before the answer is sent
};
BOOST_DESCRIBE_STRUCT(swap_body, (), (component, options, components, set, plan, reason, wait))

struct revert_body {
    std::string component{};
    std::vector<std::string> components{};
    revert_options options{};
    std::string reason{};
    std::chrono::nanoseconds wait{0};
};
BOOST_DESCRIBE_STRUCT(revert_body, (), (component, components, options, reason, wait))

struct unload_body {
    std::string component{};
    unload_options options{};
    std::string reason{};
    std::chrono::nanoseconds wait{0};
};
BOOST_DESCRIBE_STRUCT(unload_body, (), (component, options, reason, wait))

struct load_body {
    std::string component{};
    load_options options{};
    std::string reason{};
    std::chrono::nanoseconds wait{0};
};
BOOST_DESCRIBE_STRUCT(load_body, (), (component, options, reason, wait))

struct configure_body {
    std::string component{};
    settings changes{};
    configure_options options{};
    std::string reason{};
    std::chrono::nanoseconds wait{0};
};
BOOST_DESCRIBE_STRUCT(configure_body, (), (component, changes, options, reason, wait))

/// Of `checkpoint` and `abort`.
struct plain_body {
    std::string reason{};
    std::chrono::nanoseconds wait{0};
};
BOOST_DESCRIBE_STRUCT(plain_body, (), (reason, wait))

/// Reads a body; an empty one has all defaults, and an unknown member is refused.
/// Errors:   invalid_argument, naming the place, what was expected and what was found.
template <class Body>
result<Body> read_body(std::string const& text, unsigned depth) {
    Body body;
    if (text.empty()) return body;
    boost::json::parse_options how;
    how.max_depth = depth;
    boost::json::error_code error;
    auto const value = boost::json::parse(text, error, {}, how);
    if (error)
        return refuse(
            errc::invalid_argument, phase::none,
            "the body is no JSON of at most {} levels: {}; send an object, as docs/openapi.json describes it",
            depth, error.message());
    json_reader reader(true);
    if (!reader.read(value, body)) return refuse(errc::invalid_argument, phase::none, "{}", reader.wrong());
    return body;
}

}  // namespace hotswap::detail
