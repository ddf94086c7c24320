#include "gateway_site.hpp"

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>

#include <sys/mount.h>
#include <sys/stat.h>

namespace chaos {

namespace json = boost::json;

std::string answer::text(std::string_view member) const {
    auto const* const value = body.if_contains(member);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

gateway_site::gateway_site() {
    for (char const* const name : {"run", "disk", "modules"}) {
        std::filesystem::create_directory(scratch() / name);
        ::chmod((scratch() / name).c_str(), 0700);
    }
    ::setenv("XDG_RUNTIME_DIR", (scratch() / "run").c_str(), 1);
    // A file system small enough to fill; only root may mount one.
    mounted_ = ::mount("tmpfs", (scratch() / "disk").c_str(), "tmpfs", MS_NOSUID, "size=96m,mode=700") == 0;
}

gateway_site::~gateway_site() {
    run_is_over();
    owner_.reset();
    process_.reset();
    if (mounted_) ::umount2((scratch() / "disk").c_str(), MNT_DETACH);
}

void gateway_site::start() {
    process_.emplace(
        CHAOS_GATEWAY,
        std::vector<std::string>{"--listen", "127.0.0.1:0", "--modules", CHAOS_MODULES, "--control", socket(),
                                 "--limit", "100/100", "--trust-client-header", "--origin-delay", "1ms",
                                 "--start-with", "1.0.0", "--store", store(), "--rehearse", "when_new"});
    auto next = std::make_shared<incarnation>();
    next->port = process_->wait_until_it_listens();
    next->durable = durable_;
    allowed = {};
    allowed.threads = 2;
    owner_.emplace(socket());
    std::lock_guard const lock(mutex_);
    next->number = now_ ? now_->number + 1 : 1;
    now_ = std::move(next);
    changed_.notify_all();
}

void gateway_site::kill() {
    now()->killed = true;
    process_->signal(SIGKILL);
    process_->wait();
    owner_.reset();
    process_.reset();
}

int gateway_site::end() {
    now()->killed = true;
    process_->signal(SIGTERM);
    return process_->wait();
}

answer gateway_site::ask(std::filesystem::path const& socket, std::string_view method,
                         std::string const& target, json::object const& body) {
    gateway::owner_client client(socket);
    auto const got = client.send(method, target, body.empty() ? "" : json::serialize(body));
    auto const value = got.json();
    return {got.status, value.is_object() ? value.get_object() : json::object()};
}

answer gateway_site::ask(std::string_view method, std::string const& target, json::object const& body) {
    gateway::reply got;
    try {
        got = owner_->send(method, target, body.empty() ? "" : json::serialize(body));
    } catch (gateway::connection_lost const& error) {
        if (auto const status = process_->ended())
            throw std::runtime_error(fmt::format("the gateway ended with status {} at {} {}; it said:\n{}",
                                                 *status, target, json::serialize(body), process_->output()));
        throw std::runtime_error(fmt::format("{} {}: {}", target, json::serialize(body), error.what()));
    }
    auto const value = got.json();
    return {got.status, value.is_object() ? value.get_object() : json::object()};
}

json::object gateway_site::status_of(std::string const& component) {
    auto const all = ask("GET", "/status");
    for (auto const& each : all.body.at("components").as_array())
        if (each.at("name") == json::string_view(component)) return each.as_object();
    throw std::runtime_error("there is no component " + component);
}

std::shared_ptr<incarnation> gateway_site::now() const {
    std::lock_guard const lock(mutex_);
    return now_;
}

std::shared_ptr<incarnation> gateway_site::next_after(unsigned number) const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return over_ || (now_ && now_->number > number); });
    return over_ ? nullptr : now_;
}

std::optional<connection> gateway_site::connect_after(unsigned number) const {
    while (auto const next = next_after(number)) {
        try {
            return connection{next, gateway::http_client::to_port(next->port)};
        } catch (gateway::connection_lost const&) {
            // The flag `killed` is set before the gateway is killed.
            if (!next->killed) throw;
            number = next->number;
        }
    }
    return std::nullopt;
}

void gateway_site::run_is_over() {
    std::lock_guard const lock(mutex_);
    over_ = true;
    changed_.notify_all();
}

void gateway_site::clock_is_off(bool off) {
    clock_stepped_ = clock::now().time_since_epoch().count();
    clock_is_off_ = off;
    ++steps_of_clock_;
}

bool gateway_site::clock_was_off_lately() const {
    return clock_is_off_ ||
           clock::now() - clock::time_point(clock::duration(clock_stepped_)) < std::chrono::seconds(3);
}

}  // namespace chaos
