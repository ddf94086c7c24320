// Erlang/OTP's release handling, in a separate process; its programs are in peers/erlang/.
#include "harness/changed_server.hpp"
#include "harness/child_process.hpp"
#include "harness/contestant.hpp"
#include "harness/http_connection.hpp"
#include "harness/missing.hpp"
#include "harness/scratch.hpp"
#include "harness/server_process.hpp"

#include <fmt/format.h>

#include <sstream>
#include <stdexcept>

namespace bench {

namespace {

constexpr char start[] =
    "[Sources | _] = init:get_plain_arguments(),"
    "{ok, Module, Code} = compile:file(filename:join(Sources, \"release_node\"), [binary, report]),"
    "{module, Module} = code:load_binary(Module, \"\", Code),"
    "Module:main().";

class erlang_release final : public changed_server {
public:
    erlang_release()
        : node_({installed_program("erl", "erlang-base"), "-noshell", "+S", "2", "-kernel", "logger_level",
                 "error", "-env", "ERL_CRASH_DUMP_SECONDS", "0", "-eval", start, "-extra", BENCH_ERLANG,
                 directory_.path(), std::to_string(port_)}) {
        expect("ready");
    }

    std::uint16_t port() const override { return port_; }
    std::string request() const override { return http_request("GET", "/"); }

    change_sample change() override {
        auto const counted = look().counted;
        release_ = 3 - release_;
        seen now;
        auto const began = std::chrono::steady_clock::now();
        node_.write_line("change");
        auto const took = until(began, "the next release of Erlang", [this, &now] {
            now = look();
            return now.release == release_;
        });
        expect("changed");
        return {took, now.counted > counted};
    }

private:
    struct seen {
        std::uint64_t release = 0;
        std::uint64_t counted = 0;
    };

    seen look() const {
        std::istringstream answer(answer_of(port_));
        seen all;
        answer >> all.release >> all.counted;
        return all;
    }
    void expect(std::string_view word) {
        if (auto const line = node_.read_line(); line != word)
            throw std::runtime_error(fmt::format("erl was to say \"{}\", and said: {}", word, line));
    }

    std::uint16_t port_ = free_port();
    std::uint64_t release_ = 1;
    scratch directory_;
    child_process node_;
};

}  // namespace

std::unique_ptr<changed_server> start_erlang_release() { return std::make_unique<erlang_release>(); }

}  // namespace bench
