#include "programs/hotswap/pool_log.hpp"

#include "pool/described.hpp"
#include "report/json_writer.hpp"
#include "report/plain_text.hpp"

#include <fmt/format.h>

#include <pwd.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

namespace hotswap::cli {

namespace {

constexpr std::uint64_t file_bytes = std::uint64_t{64} << 20U;
constexpr std::size_t longest_text = 1000;

std::string user_name() {
    std::array<char, 4096> memory{};
    ::passwd entry{};
    ::passwd* found = nullptr;
    bool const is_known =
        ::getpwuid_r(::getuid(), &entry, memory.data(), memory.size(), &found) == 0 && found != nullptr;
    return is_known ? found->pw_name : std::to_string(::getuid());
}

// A label's value, as the format wants it.
std::string label_value(std::string_view text) {
    std::string made;
    for (char const c : text)
        made += c == '\\' ? "\\\\" : c == '"' ? "\\\"" : c == '\n' ? "\\n" : std::string(1, c);
    return '"' + made + '"';
}

void tell_system(pool_report const& of) {
    auto const level = of.outcome == pool_outcome::inconsistent ? LOG_ERR
                       : of.reason.empty()                      ? LOG_INFO
                                                                : LOG_WARNING;
    auto const text = fmt::format("pool {}: {}{}{}", of.id, to_string(of.outcome),
                                  of.reason.empty() ? "" : ": ", detail::one_line(of.reason, longest_text));
    ::syslog(level, "%s", text.c_str());
}

}  // namespace

std::string metrics_of(std::vector<pool_status> const& all) {
    constexpr std::array outcomes{pool_outcome::applied, pool_outcome::restored, pool_outcome::inconsistent};
    std::string text =
        "# HELP hotswap_pool_outcome Whether the last operation on a pool ended so.\n"
        "# TYPE hotswap_pool_outcome gauge\n";
    for (auto const& each : all)
        for (auto const outcome : outcomes)
            text += fmt::format("hotswap_pool_outcome{{pool={},outcome={},schema_version={}}} {}\n",
                                label_value(each.id), label_value(to_string(outcome)),
                                label_value(each.schema_version), each.outcome == outcome ? 1 : 0);
    text +=
        "# HELP hotswap_pool_ended_seconds When the last operation on a pool ended, since 1970.\n"
        "# TYPE hotswap_pool_ended_seconds gauge\n";
    for (auto const& each : all)
        text += fmt::format("hotswap_pool_ended_seconds{{pool={}}} {}\n", label_value(each.id),
                            std::chrono::system_clock::to_time_t(each.when));
    return text;
}

audited_pools::audited_pools(std::string reason, std::filesystem::path const& state, bool is_dry)
    : reason_(detail::one_line(reason, longest_text)),
      is_dry_(is_dry),
      log_(state / "audit.jsonl", file_bytes) {}

result<void> audited_pools::note_begin(std::string_view verb, std::string const& of) {
    if (is_dry_) return {};
    ::openlog("hotswap", LOG_PID, LOG_USER);
    if (auto opened = log_.open(); !opened) return opened;
    boost::json::object line{{"what", "asked"}, {"verb", verb}, {"of", of}, {"user", user_name()}};
    line["uid"] = ::getuid();
    line["pid"] = ::getpid();
    line["reason"] = reason_;
    return log_.write(std::move(line));
}

void audited_pools::note_end(std::string_view verb, apply_report const& how) {
    boost::json::array pools;
    for (auto const& each : how.pools) {
        pools.push_back(boost::json::object{{"id", each.id},
                                            {"outcome", to_string(each.outcome)},
                                            {"reason", detail::one_line(each.reason, longest_text)}});
        if (!is_dry_) tell_system(each);
    }
    write(verb, {{"schema_version", how.schema_version},
                 {"final_closure", to_string(how.final_closure)},
                 {"pools", std::move(pools)}});
}

void audited_pools::note_end(std::string_view verb, pool_report const& how) {
    if (!is_dry_) tell_system(how);
    write(verb, {{"pool", how.id},
                 {"outcome", to_string(how.outcome)},
                 {"reason", detail::one_line(how.reason, longest_text)}});
}

void audited_pools::note_end(std::string_view verb, failure const& why) {
    write(verb, {{"code", to_string(why.code)}, {"message", detail::one_line(why.message, longest_text)}});
}

// What was done stays done: an end that cannot be recorded is said.
void audited_pools::write(std::string_view verb, boost::json::object line) {
    if (is_dry_) return;
    line["what"] = "ended";
    line["verb"] = verb;
    line["user"] = user_name();
    if (auto written = log_.write(std::move(line)); !written)
        std::fputs(fmt::format("hotswap: the end cannot be recorded: {}\n", written.error().message).c_str(),
                   stderr);
}

}  // namespace hotswap::cli
