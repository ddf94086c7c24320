// The example's gateway under the operator's command line.
#include "harness/changed_server.hpp"
#include "harness/command.hpp"
#include "harness/contestant.hpp"
#include "harness/http_connection.hpp"
#include "harness/scratch.hpp"
#include "harness/server_process.hpp"

#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

namespace {

namespace json = boost::json;

// Up and down again.
constexpr std::array<char const*, 4> releases{"1.0.0", "2.0.0", "3.0.0", "2.0.0"};

class gateway final : public changed_server {
public:
    explicit gateway(gateway_order by) : by_(by) {
        if (std::string_view(BENCH_GATEWAY).empty() || std::string_view(BENCH_COMMAND).empty())
            throw peer_missing("MISSING: build with HOTSWAP_BUILD_EXAMPLES and HOTSWAP_BUILD_COMMAND");
        std::vector<std::string> const words{
            BENCH_GATEWAY, "--listen",        fmt::format("127.0.0.1:{}", port_),
            "--modules",   BENCH_SHIPPED,     "--control",
            socket(),      "--start-with",    releases[0],
            "--limit",     "1000000/1000000", "--threads",
            "2",           "--rehearse",      by == gateway_order::rehearsed_command ? "always" : "when_new"};
        server_.emplace(words, directory_.path() / "output.log");
        until(std::chrono::steady_clock::now(), "the gateway", [this] {
            server_->check();
            return log_in();
        });
        item();  // fetched from the origin once; from now on the cache remembers it
        first_ = item();
        control_.emplace(std::filesystem::path(socket()));
        // Each module is tried once in another process, unless each swap tries it.
        if (by != gateway_order::rehearsed_command)
            for (std::size_t i = 0; i != releases.size(); ++i) change();
    }

    std::uint16_t port() const override { return port_; }
    std::string request() const override {
        return http_request("GET", "/item/kept", {}, fmt::format("Authorization: Bearer {}\r\n", token_));
    }

    change_sample change() override {
        release_ = (release_ + 1) % releases.size();
        auto const took = by_ == gateway_order::open_socket ? post() : give_command();
        auto const now = item();
        return {took, now == first_ && now.find("\"cached\":true") != now.npos};
    }

private:
    std::string socket() const { return directory_.path() / "control"; }

    double give_command() {
        command swap({BENCH_COMMAND, "--socket", socket(), "swap", "--allow-loss",
                      fmt::format("cache={}", releases[release_])});
        auto const took = until(swap.began(), "the swap of the cache", [this] { return is_seen(); });
        swap.finish();
        return took;
    }
    double post() {
        http_connection to{std::filesystem::path(socket())};
        auto const request = http_request(
            "POST", "/v1/swap",
            fmt::format(
                R"({{"component":"cache","options":{{"module":"{}","allow_loss":true}},"wait_ns":5000000000}})",
                releases[release_]));
        auto const began = std::chrono::steady_clock::now();
        if (!to.send(request)) throw std::runtime_error("the gateway does not read from its socket");
        auto const took = until(began, "the swap of the cache", [this] { return is_seen(); });
        if (auto const answer = to.ask({}); !answer || answer->status >= 300)
            throw std::runtime_error("the gateway refuses a swap: " + (answer ? answer->body : "no answer"));
        return took;
    }
    // No answer of the gateway to its clients names a release; its status does.
    bool is_seen() {
        auto const answer = control_->ask(http_request("GET", "/v1/status"));
        if (!answer) throw std::runtime_error("the gateway gives no status");
        auto const status = json::parse(answer->body);
        for (auto const& each : status.at("components").as_array())
            if (each.at("name").as_string() == "cache")
                return each.at("running").at("release").as_string() == releases[release_];
        return false;
    }
    bool log_in() try {
        auto const answer = http_connection(port_).ask(http_request("POST", "/login", R"({"user":"bench"})"));
        if (!answer || answer->status != 200) return false;
        token_ = std::string(json::parse(answer->body).at("token").as_string());
        return true;
    } catch (std::system_error const&) {
        return false;  // it does not listen yet
    }
    std::string item() const {
        auto const answer = http_connection(port_).ask(request());
        return answer ? answer->body : std::string();
    }

    gateway_order by_;
    std::uint16_t port_ = free_port();
    scratch directory_;
    std::string token_{};
    std::string first_{};
    std::size_t release_ = 0;
    std::optional<server_process> server_;
    std::optional<http_connection> control_;
};

}  // namespace

std::unique_ptr<changed_server> start_gateway(gateway_order by) { return std::make_unique<gateway>(by); }

}  // namespace bench
