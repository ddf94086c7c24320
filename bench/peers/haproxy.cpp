// HAProxy: a new configuration by a new worker process, or a new value in the running worker. Neither replaces code.
#include "harness/changed_server.hpp"
#include "harness/http_connection.hpp"
#include "harness/scratch.hpp"
#include "harness/server_process.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace bench {

namespace {

// Each answer has the value of the map, the configuration's number, and the requests counted in a stick table.
constexpr char configuration[] = R"(global
    stats socket {0}/worker.sock mode 600 level admin expose-fd listeners
    hard-stop-after 1s
    maxconn 512
defaults
    mode http
    timeout client 10s
    timeout connect 10s
    timeout server 10s
backend counted
    stick-table type integer size 1k expire 1h store http_req_cnt
frontend web
    bind 127.0.0.1:{1}
    http-request track-sc0 int(1) table counted
    http-request return status 200 content-type text/plain lf-string "%[str(release),map({0}/values)] {2} %[sc_http_req_cnt(0)]"
)";

class haproxy final : public changed_server {
public:
    enum class way { reload, map };

    explicit haproxy(way by) : by_(by) {
        std::ofstream(file("values")) << "release 0\n";
        configure();
        std::vector<std::string> const words{
            installed_program("haproxy", "haproxy"), "-W", "-S", file("master.sock"), "-f", file("conf")};
        server_.emplace(words, file("output.log"));
        until(std::chrono::steady_clock::now(), "haproxy", [this] {
            server_->check();
            return look().value == 0;
        });
    }

    std::uint16_t port() const override { return port_; }
    std::string request() const override { return http_request("GET", "/"); }

    change_sample change() override {
        ++number_;
        auto const counted = look().counted;
        if (by_ == way::reload) configure();
        seen now;
        auto to = connect();
        auto const line = by_ == way::reload
                              ? std::string("reload\n")
                              : fmt::format("set map {} release {}\n", file("values"), number_);
        auto const began = std::chrono::steady_clock::now();
        if (!to.send(line)) throw std::runtime_error("haproxy does not read from its socket");
        auto const took = until(began, "the change of haproxy", [this, &now] {
            now = look();
            return number_ == (by_ == way::reload ? now.configuration : now.value);
        });
        return {took, now.counted > counted};
    }

private:
    struct seen {
        std::uint64_t value = UINT64_MAX;
        std::uint64_t configuration = UINT64_MAX;
        std::uint64_t counted = 0;
    };

    std::string file(std::string_view name) const {
        return fmt::format("{}/{}", directory_.path().native(), name);
    }
    void configure() const {
        std::ofstream(file("conf")) << fmt::format(configuration, directory_.path().native(), port_, number_);
    }
    // The master does not listen at its socket for some time after a reload; this time is not a part of the next one.
    http_connection connect() const {
        std::optional<http_connection> made;
        until(std::chrono::steady_clock::now(), "the socket of haproxy", [this, &made] {
            try {
                made.emplace(std::filesystem::path(file(by_ == way::reload ? "master.sock" : "worker.sock")));
                return true;
            } catch (std::system_error const&) {
                return false;
            }
        });
        return std::move(*made);
    }
    seen look() const {
        std::istringstream answer(answer_of(port_));
        seen all;
        if (!(answer >> all.value >> all.configuration >> all.counted)) return {};
        return all;
    }

    way by_;
    std::uint16_t port_ = free_port();
    std::uint64_t number_ = 0;
    scratch directory_;
    std::optional<server_process> server_;
};

}  // namespace

std::unique_ptr<changed_server> start_haproxy_reload() {
    return std::make_unique<haproxy>(haproxy::way::reload);
}
std::unique_ptr<changed_server> start_haproxy_map() { return std::make_unique<haproxy>(haproxy::way::map); }

}  // namespace bench
