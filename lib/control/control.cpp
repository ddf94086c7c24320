#include <hotswap/control.hpp>

#include "base/owner_process.hpp"
#include "base/refuse.hpp"
#include "control/server.hpp"
#include "control/service_manager.hpp"

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

result<control> control::open(runtime& of, control_options options) {
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
