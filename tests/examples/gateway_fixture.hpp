// A separate gateway for each test, on a free port and a socket in a temporary directory.
#pragma once

#include "demo/gateway_process.hpp"
#include "http/client.hpp"
#include "http/owner_client.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace gateway_tests {

using gateway::http_client;
using gateway::reply;

inline std::vector<std::string> arguments_for(std::filesystem::path const& control,
                                              std::vector<std::string> more) {
    std::vector<std::string> all{"--listen",      "127.0.0.1:0", "--modules",
                                 GATEWAY_MODULES, "--control",   control};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

struct running_gateway {
    gateway::scratch_directory scratch{};
    std::filesystem::path control = scratch.path() / "control.sock";
    gateway::gateway_process process;
    unsigned short port = process.wait_until_it_listens();

    explicit running_gateway(std::vector<std::string> more = {})
        : process(GATEWAY, arguments_for(control, std::move(more))) {}

    http_client client() const { return http_client::to_port(port); }
    gateway::owner_client owner() const { return gateway::owner_client(control); }
};

/// Runs a program to its end: its exit status and its whole output.
inline std::pair<int, std::string> run_to_the_end(std::vector<std::string> const& arguments) {
    gateway::gateway_process process(GATEWAY, arguments);
    process.wait_for_output("\nnever written\n");
    int const status = process.wait();
    return {status, process.output()};
}

inline http_client::headers bearer(std::string const& token) {
    return {{"Authorization", "Bearer " + token}};
}

/// A member of an object, as a text; JSON strings without their quotes.
inline std::string member(reply const& of, std::string_view name) {
    auto const value = of.json();
    auto const* const object = value.if_object();
    auto const* const found = object == nullptr ? nullptr : object->if_contains(name);
    if (found == nullptr) return "(none)";
    if (found->is_string()) return std::string(found->get_string());
    return found->is_bool()     ? (found->get_bool() ? "true" : "false")
           : found->is_number() ? std::to_string(found->to_number<std::int64_t>())
                                : "(other)";
}

inline std::string login(http_client& client, std::string const& user = "ann") {
    return member(client.send("POST", "/login", R"({"user": ")" + user + R"("})"), "token");
}

}  // namespace gateway_tests
