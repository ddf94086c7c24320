// nginx -s reload: a new configuration by new worker processes. It replaces no code.
#include "harness/changed_server.hpp"
#include "harness/command.hpp"
#include "harness/http_connection.hpp"
#include "harness/scratch.hpp"
#include "harness/server_process.hpp"

#include <fmt/format.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace bench {

namespace {

// Each answer has the configuration's number and the worker's process. There is one worker, so that the process says
// whether its memory is still there.
constexpr char configuration[] = R"(daemon off;
pid {0}/nginx.pid;
error_log {0}/error.log;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {0}/client;
    proxy_temp_path {0}/proxy;
    fastcgi_temp_path {0}/fastcgi;
    uwsgi_temp_path {0}/uwsgi;
    scgi_temp_path {0}/scgi;
    keepalive_requests 1000000000;
    server {{
        listen 127.0.0.1:{1};
        default_type text/plain;
        location / {{ return 200 "{2} $pid"; }}
    }}
}}
)";

class nginx final : public changed_server {
public:
    nginx() {
        configure();
        server_.emplace(words({}), file("output.log"));
        auto const began = std::chrono::steady_clock::now();
        until(began, "nginx", [this] {
            server_->check();
            return is_seen();
        });
    }

    std::uint16_t port() const override { return port_; }
    std::string request() const override { return http_request("GET", "/"); }

    change_sample change() override {
        ++number_;
        configure();
        auto const worker_before = worker_;
        command reload(words({"-s", "reload"}));
        auto const took =
            until(reload.began(), "the new configuration of nginx", [this] { return is_seen(); });
        reload.finish();
        return {took, worker_ == worker_before};
    }

private:
    std::string file(std::string_view name) const {
        return fmt::format("{}/{}", directory_.path().native(), name);
    }
    std::vector<std::string> words(std::vector<std::string> const& more) const {
        std::vector<std::string> all{program_,          "-p", directory_.path(), "-e",
                                     file("error.log"), "-c", file("conf")};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    void configure() const {
        std::ofstream(file("conf")) << fmt::format(configuration, directory_.path().native(), port_, number_);
    }
    bool is_seen() {
        std::istringstream answer(answer_of(port_));
        std::uint64_t number = 0;
        std::uint64_t worker = 0;
        if (!(answer >> number >> worker) || number != number_) return false;
        worker_ = worker;
        return true;
    }

    std::string program_ = installed_program("nginx", "nginx-light");
    std::uint16_t port_ = free_port();
    std::uint64_t number_ = 0;
    std::uint64_t worker_ = 0;
    scratch directory_;
    std::optional<server_process> server_;
};

}  // namespace

std::unique_ptr<changed_server> start_nginx() { return std::make_unique<nginx>(); }

}  // namespace bench
