// A host with a control interface, and a client of it.
#pragma once

#include "swap/fixture.hpp"

#include "control/client.hpp"

#include <hotswap/control.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

namespace hotswap_test {

namespace json = boost::json;
using hotswap::detail::control_client;
using hotswap::detail::control_reply;

constexpr std::chrono::seconds patience{60};

inline json::value json_of(control_reply const& reply) { return json::parse(reply.body); }
inline std::string text_at(json::value const& of, std::string_view pointer) {
    return std::string(of.at_pointer({pointer.data(), pointer.size()}).as_string());
}
inline std::uint64_t number_at(json::value const& of, std::string_view pointer) {
    return of.at_pointer({pointer.data(), pointer.size()}).to_number<std::uint64_t>();
}

/// A runtime with the tally 1.0.0, which is operated over a socket.
struct operated : site {
    explicit operated(hotswap::control_options options = {}, std::string const& release = "1.0.0")
        : sums(load("tally", tally_file(release))), control(runtime, with_socket(std::move(options))) {}

    fs::path socket() const { return directory.path() / "run" / "hotswap.sock"; }
    fs::path audit() const { return directory.path() / "audit" / "audit.jsonl"; }
    control_client client() const { return control_client::connect(socket(), patience).value(); }

    control_reply get(std::string_view target) const {
        return client().send("GET", target, {}, patience).value();
    }
    control_reply post(std::string_view target, json::value const& body) const {
        return client().send("POST", target, json::serialize(body), patience).value();
    }
    /// Asks for a swap of the tally to a release, and waits for its end.
    json::value swap_to(std::string const& release, json::object more = {}) const {
        json::object body{{"component", "tally"}, {"wait_ns", std::chrono::nanoseconds(patience).count()}};
        body["options"] = json::object{{"module", tally_file(release).native()}};
        for (auto& each : more) body[each.key()] = std::move(each.value());
        return json_of(post("/v1/swap", body));
    }

    hotswap::handle<tally> sums;
    hotswap::control control;

private:
    hotswap::control_options with_socket(hotswap::control_options options) const {
        if (options.socket.empty()) options.socket = socket();
        return options;
    }
};

}  // namespace hotswap_test
