#include <hotswap/control.hpp>

#include "base/owner_process.hpp"
#include "base/refuse.hpp"
#include "control/server.hpp"
#include "control/service_manager.hpp"
#include "control/verbs.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace hotswap {

class control::implementation {
public:
    implementation(runtime& of, control_options options, detail::socket_file at)
        : server_(std::make_unique<detail::control_server>(of, std::move(options), std::move(at))) {}

    // A forked child has none of the threads, and the socket is its parent's.
    ~implementation() {
        if (!home_.is_this()) static_cast<void>(server_.release());
    }
    implementation(implementation const&) = delete;
    implementation& operator=(implementation const&) = delete;

    result<void> start() { return server_->start(); }
    std::uint16_t port() const noexcept { return server_->port(); }

private:
    detail::owner_process const home_;
    std::unique_ptr<detail::control_server> server_;
};

control::control(std::unique_ptr<implementation> self) noexcept : self_(std::move(self)) {}
control::control(runtime& of, control_options options) : control(open(of, std::move(options)).value()) {}
std::uint16_t control::port() const noexcept { return self_->port(); }
control::~control() = default;
control::control(control&& from) noexcept = default;
control& control::operator=(control&& from) noexcept = default;

namespace {

result<void> check_added_verbs(std::vector<host_verb> const& all) {
    auto const is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    for (auto const& each : all) {
        bool const has_good_name = !each.name.empty() && std::ranges::all_of(each.name, is_letter);
        auto const of_ours = [&each](detail::control_verb const& ours) {
            return ours.path == "/v1/" + each.name;
        };
        bool const is_taken = std::ranges::any_of(detail::control_verbs(), of_ours) ||
                              std::ranges::count(all, each.name, &host_verb::name) > 1;
        if (has_good_name && !is_taken && each.role != control_role::none && each.run) continue;
        return detail::refuse(errc::invalid_argument, phase::none,
                              "control_options::verbs has \"{}\", which needs {}", each.name,
                              !has_good_name ? "a name of lower-case letters, digits and '_'"
                              : is_taken     ? "a name of its own: there is such a verb already"
                              : each.run     ? "a role"
                                             : "a function to run");
    }
    return {};
}

}  // namespace

result<control> control::open(runtime& of, control_options options) {
    if (auto good = check_added_verbs(options.verbs); !good) return good.error();
    auto const passed = options.service_manager ? detail::passed_socket() : std::nullopt;
    if (options.socket.empty() && !passed)
        return detail::refuse(
            errc::invalid_argument, phase::none,
            "control_options::socket is empty; give it a path, for instance /run/shop/hotswap.sock");
    auto at = passed ? result<detail::socket_file>(detail::socket_file::adopt(*passed))
                     : detail::socket_file::make(options.socket, !options.groups.empty());
    if (!at) return at.error();
    auto made = std::make_unique<implementation>(of, std::move(options), std::move(*at));
    if (auto started = made->start(); !started) return started.error();
    return control(std::move(made));
}

}  // namespace hotswap
