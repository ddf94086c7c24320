#include <hotswap/json.hpp>

#include <boost/json/parse.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

using namespace hotswap;
using namespace std::chrono_literals;

namespace {

/// The message that refuses `text` as a T.
template <class T>
std::string refusal(std::string_view text) {
    auto const read = from_json<T>(text);
    if (read) return "it was read";
    CHECK(read.error().code == errc::invalid_argument);
    return read.error().message;
}

bool holds(std::string const& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("json: options are read as they are written, each by its own name") {
    swap_options options;
    options.module = release("2.1.0");
    options.transfer = transfer::handoff;
    options.drain_deadline = 250ms;
    options.rehearse = rehearse::always;
    options.allow_loss = true;
    options.arguments = {{"byte_budget", "65536"}};
    options.probation = {.duration = 5s, .interval = 10ms, .max_errors = 3};
    options.settings.emplace()["shard"] = "7";
    auto const text = to_json(options);
    auto const back = from_json<swap_options>(text);
    REQUIRE_MESSAGE(back.has_value(), (back ? "" : back.error().message));
    CHECK(to_json(*back) == text);
    CHECK(back->module == options.module);
    CHECK(back->transfer == transfer::handoff);
    CHECK(back->drain_deadline == 250ms);
    CHECK(back->rehearse == rehearse::always);
    CHECK(back->arguments == options.arguments);
    CHECK(back->probation.duration == 5s);
    CHECK(back->probation.max_errors == 3);
    CHECK(back->settings == options.settings);
    CHECK(holds(text, "\"drain_deadline_ns\":250000000"));
}

TEST_CASE("json: what is not named has its default, also within") {
    auto const read = from_json<swap_options>(R"({"probation": {"duration_ns": 1000}})").value();
    CHECK(read.probation.duration == 1us);
    CHECK(read.probation.interval == probation().interval);
    CHECK(read.drain_deadline == swap_options().drain_deadline);
    CHECK_FALSE(read.rehearse.has_value());
    auto const set =
        from_json<component_set>(R"([{"component": "a"}, {"component": "b", "options": {"module": "x.so"}}])")
            .value();
    REQUIRE(set.size() == 2);
    CHECK(set[0].component == "a");
    CHECK(set[1].options.module.which() == module_ref::kind::file);
}

TEST_CASE(
    "json: a member that is unknown, or of another kind, is refused by its place, with what was expected and "
    "found") {
    CHECK(refusal<swap_options>(R"({"modul": "cache"})")
              .starts_with("modul: there is no such member; expected one of module, "));
    CHECK(refusal<swap_options>(R"({"probation": {"duration_ms": 5}})")
              .starts_with("probation.duration_ms: there is no such member"));
    CHECK(refusal<swap_options>(R"({"transfer": "magic"})") ==
          R"(transfer: expected one of "snapshot", "handoff", "direct", found "magic")");
    CHECK(refusal<swap_options>(R"({"allow_loss": 1})") == "allow_loss: expected true or false, found 1");
    CHECK(refusal<swap_options>(R"({"module": 2})") ==
          "module: expected a family, a release or a file, found 2");
    CHECK(refusal<swap_options>(R"({"drain_deadline_ns": "5s"})") ==
          R"(drain_deadline_ns: expected a whole number of nanoseconds, 0 or more, found "5s")");
    CHECK(refusal<swap_options>(R"({"pause_budget_ns": -1})")
              .starts_with("pause_budget_ns: expected a whole number"));
    CHECK(refusal<swap_options>(R"({"arguments": {"byte_budget": 65536}})") ==
          "arguments.byte_budget: expected a text, found 65536");
    CHECK(refusal<component_set>(R"([{"component": "a"}, {"component": 1}])") ==
          "1.component: expected a text, found 1");
    CHECK(refusal<swap_options>("[]") == "the JSON: expected an object, found []");
    CHECK(holds(refusal<swap_options>("{"), "expected JSON, found 1 bytes"));
    CHECK(holds(refusal<swap_options>(R"({"allow_loss": ")" + std::string(500, 'x') + R"("})"), "…"));
    CHECK(refusal<probation>(R"({"max_errors": -1})")
              .starts_with("max_errors: expected a whole number in the range"));
}

TEST_CASE("json: a report is read as it is written, and what a newer host adds is left unread") {
    swap_report report;
    report.component = "cache";
    report.from.release = "1.0.0";
    report.path = {1, 2};
    report.phases = {{phase::export_, 5us, 12}};
    report.pause = 42us;
    report.tables.way = table_way::before_pause;
    report.operation_id = 7;
    report.started = std::chrono::system_clock::time_point(1'700'000'000s);
    report.not_durable.emplace().code = errc::store_full;
    auto const text = to_json(report);
    auto const back = from_json<swap_report>(text);
    REQUIRE_MESSAGE(back.has_value(), (back ? "" : back.error().message));
    CHECK(to_json(*back) == text);
    CHECK(to_string(*back) == to_string(report));
    CHECK(back->started == report.started);
    CHECK(from_json<swap_report>(R"({"component": "cache", "of_the_future": {"a": 1}})").value().component ==
          "cache");
    CHECK_FALSE(holds(to_json(swap_report{}), "not_durable"));
}

TEST_CASE("json: a failure is read as a value, whether it says good or bad") {
    failure why;
    why.code = errc::drain_timeout;
    why.phase = phase::drain;
    why.message = "a lease is out";
    why.operation_id = 12;
    auto const back = from_json<failure>(to_json(why));
    REQUIRE(back.has_value());
    CHECK(back->code == errc::drain_timeout);
    CHECK(back->kind() == failure_kind::retry);
    CHECK(to_string(*back) == to_string(why));
    CHECK(back->operation_id == 12);
    auto const refused = from_json<failure>(R"({"code": "no_such_code"})");
    REQUIRE(refused.has_error());
    CHECK(refused.error().message == R"(code: expected the name of a code, found "no_such_code")");
    CHECK(boost::json::value_from(why).at("code") == "drain_timeout");
}
