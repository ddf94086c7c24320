// Erlang/OTP's code change, in a separate process; its programs are in peers/erlang/.
#include "harness/child_process.hpp"
#include "harness/contestant.hpp"
#include "harness/missing.hpp"
#include "harness/under_load.hpp"

#include <fmt/format.h>

#include <sstream>
#include <stdexcept>
#include <system_error>

namespace bench {

namespace {

// Compiles the driver, which compiles the server, twice.
constexpr char start[] =
    "[Folder | _] = init:get_plain_arguments(),"
    "{ok, Module, Code} = compile:file(filename:join(Folder, \"measure\"), [binary, report]),"
    "{module, Module} = code:load_binary(Module, \"\", Code),"
    "Module:main().";

latency read_latency(std::istream& from) {
    double calls = 0, microseconds = 0, p50 = 0, p999 = 0, max = 0;
    from >> calls >> microseconds >> p50 >> p999 >> max;
    return {calls / microseconds * 1e6, p50 / 1e3, p999 / 1e3, max / 1e3};
}

class erlang final : public contestant {
public:
    erlang(std::string const& kind, std::uint64_t rows)
        : node_({"erl", "-noshell", "+S", "2", "-env", "ERL_CRASH_DUMP_SECONDS", "0", "-eval", start,
                 "-extra", BENCH_ERLANG, kind, std::to_string(rows), std::to_string(callers)}) {
        if (auto const line = node_.read_line(); line != "ready")
            throw std::runtime_error("erl was to say \"ready\", and said: " + line);
    }

    swap_sample swap() override {
        node_.write_line("swap");
        std::string const line = node_.read_line();
        std::istringstream words(line);
        swap_sample sample;
        words >> sample.pause;
        sample.before = read_latency(words);
        sample.during = read_latency(words);
        sample.after = read_latency(words);
        if (!words) throw std::runtime_error("erl was to answer with 16 numbers, and answered: " + line);
        return sample;
    }

private:
    child_process node_;
};

std::unique_ptr<contestant> make(std::string const& kind, std::uint64_t rows) try {
    return std::make_unique<erlang>(kind, rows);
} catch (std::system_error const& e) {
    if (e.code() != std::errc::no_such_file_or_directory) throw;
    throw peer_missing(missing_peer("erlang-base"));
}

}  // namespace

std::unique_ptr<contestant> make_erlang_ets(std::uint64_t rows) { return make("ets", rows); }
std::unique_ptr<contestant> make_erlang_map(std::uint64_t rows) { return make("map", rows); }

}  // namespace bench
