// The verbs of pools for a control interface.
#include "pool/described.hpp"
#include "report/json_reader.hpp"
#include "report/json_writer.hpp"

#include <hotswap/describe.hpp>
#include <hotswap/pool.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace hotswap {

namespace {

using namespace detail;

/// The body of all of these verbs; each reads what it needs.
struct pool_body {
    std::filesystem::path directory{};
    std::string pool{};
    std::string version{};
    bool dry_run = false;
    bool retry = false;
    bool keep_times = false;
    std::vector<std::string> environment{};
    std::chrono::nanoseconds closure_deadline{0};  ///< 0: the host's
};
BOOST_DESCRIBE_STRUCT(pool_body, (),
                      (directory, pool, version, dry_run, retry, keep_times, environment, closure_deadline))

result<pool_body> read(std::string_view text) {
    boost::system::error_code error;
    auto const value = boost::json::parse({text.data(), text.size()}, error);
    pool_body made;
    json_reader reader(true);
    if (!error && reader.read(value, made)) return made;
    return refuse(errc::invalid_argument, phase::none, "{}", error ? error.message() : reader.wrong());
}

pool_options with(pool_options options, pool_body const& body, host_verb_call const& call) {
    options.dry_run = body.dry_run;
    options.retry = body.retry;
    options.keep_times = body.keep_times;
    options.environment.insert(options.environment.end(), body.environment.begin(), body.environment.end());
    if (body.closure_deadline.count() > 0) options.closure_deadline = body.closure_deadline;
    options.stop = call.stop;
    options.on_progress = [tell = call.tell, also = std::move(options.on_progress)](std::string_view line) {
        tell(line);
        if (also) also(line);
    };
    return options;
}

// The first pool that has not become what it was meant to be speaks for all.
void judge(host_verb_end& how, std::vector<pool_report> const& all) {
    for (auto const& each : all) {
        if (each.outcome == pool_outcome::applied || each.outcome == pool_outcome::unchanged) continue;
        if (!how.why)
            how.why = refuse(errc::pool_failed, phase::none, "the pool {} is {}: {}", each.id,
                             to_string(each.outcome), each.reason);
        how.is_inconsistent = how.is_inconsistent || each.outcome == pool_outcome::inconsistent;
    }
}

host_verb_end ended(result<apply_report> const& done) {
    if (!done) return {.why = done.error()};
    host_verb_end how{.report = boost::json::serialize(json_writer()(*done))};
    judge(how, done->pools);
    return how;
}

// Files that are back are what was asked for here.
host_verb_end ended(result<pool_report> const& done) {
    if (!done) return {.why = done.error()};
    host_verb_end how{.report = boost::json::serialize(json_writer()(*done))};
    if (done->outcome == pool_outcome::inconsistent) judge(how, {*done});
    return how;
}

template <class F>
host_verb verb(std::string name, pool_options const& options, F f) {
    return {.name = std::move(name),
            .role = control_role::admin,
            .run = [options, f](std::string_view text, host_verb_call const& call) -> host_verb_end {
                auto const body = read(text);
                if (!body) return {.why = body.error()};
                return ended(f(*body, with(options, *body, call)));
            }};
}

}  // namespace

std::vector<host_verb> pool_verbs(runtime& of, pool_options options) {
    options.host = &of;
    return {
        verb("apply", options,
             [](pool_body const& body, pool_options const& how) { return apply_pools(body.directory, how); }),
        verb("pool_repair", options,
             [](pool_body const& body, pool_options const& how) { return repair_pool(body.pool, how); }),
        verb("pool_accept", options,
             [](pool_body const& body, pool_options const& how) { return accept_pool(body.pool, how); }),
        verb("pool_rollback", options, [](pool_body const& body, pool_options const& how) {
            return rollback_pools(body.version, how);
        })};
}

}  // namespace hotswap
