#include "app/application.hpp"

#include <hotswap/failure.hpp>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace gateway {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_user = 128;
constexpr std::size_t longest_key = 512;
constexpr std::size_t longest_client = hotswap::contracts::rate_limiter::longest_client;

/// The token of `Authorization: Bearer TOKEN`, or nothing.
std::string_view bearer_token(std::string_view authorization) {
    static constexpr std::string_view scheme = "Bearer ";
    if (!boost::algorithm::istarts_with(authorization, scheme)) return {};
    authorization.remove_prefix(scheme.size());
    authorization.remove_prefix(std::min(authorization.find_first_not_of(' '), authorization.size()));
    return authorization;
}

answer unauthorized(std::string_view message) {
    auto what = problem(401, "unauthorized", message);
    what.headers.emplace_back("WWW-Authenticate", "Bearer");
    return what;
}

answer wrong_method(std::string const& allowed) {
    auto what = problem(405, "method_not_allowed", fmt::format("here only {} is understood", allowed));
    what.headers.emplace_back("Allow", allowed);
    return what;
}

answer item_answer(std::string const& key, std::optional<item> const& found, bool cached) {
    if (!found) return problem(404, "not_found", "the origin has no such item");
    return {
        .body = {{"key", key}, {"value", found->value}, {"revision", found->revision}, {"cached", cached}}};
}

}  // namespace

void application::serve(request const& what, respond const& done) {
    ++requests_;
    auto const path = path_segments(what.target);
    if (!path) return done(problem(400, "bad_request", "the target of this request is malformed"));
    auto const is = [&](std::string_view name, std::size_t size) {
        return path->size() == size && path->front() == name;
    };

    if (is("healthz", 1))
        return done(what.method == "GET" ? answer{.body = {{"status", "ok"}}} : wrong_method("GET"));
    try {
        if (auto const refusal = over_limit(what)) return done(*refusal);
        if (is("login", 1)) return done(what.method == "POST" ? login(what) : wrong_method("POST"));
        if (is("logout", 1)) return done(what.method == "POST" ? logout(what) : wrong_method("POST"));
        if (!is("item", 2)) return done(problem(404, "not_found", "there is nothing at this path"));
        if (what.method != "GET") return done(wrong_method("GET"));
        get_item(what, path->back(), done);
    } catch (hotswap::swap_error const& error) {
        done(problem(503, "unavailable", error.what()));
    }
}

std::optional<answer> application::over_limit(request const& what) const {
    bool const named = of_.trust_client_header && !what.client.empty();
    if (named && what.client.size() > longest_client)
        return problem(400, "bad_request",
                       fmt::format("the header X-Client is limited to {} bytes", longest_client));
    auto const verdict = of_.limiter->acquire(named ? what.client : what.peer);
    if (verdict.allowed) return std::nullopt;
    auto const seconds =
        std::max(std::chrono::ceil<std::chrono::seconds>(verdict.retry_after).count(), std::int64_t{1});
    auto refusal =
        problem(429, "too_many_requests", fmt::format("too many requests; try again in {} s", seconds));
    refusal.headers.emplace_back("Retry-After", std::to_string(seconds));
    return refusal;
}

answer application::login(request const& what) const {
    json::error_code error;
    auto const body = json::parse(what.body, error);
    if (error) return problem(400, "bad_json", "the body is not JSON: " + error.message());
    auto const* const user = body.is_object() ? body.get_object().if_contains("user") : nullptr;
    if (user == nullptr || !user->is_string() || user->get_string().empty())
        return problem(400, "bad_request", R"(the body must be {"user": "…"} with a name that is not empty)");
    if (user->get_string().size() > longest_user)
        return problem(400, "bad_request", fmt::format("a user's name is limited to {} bytes", longest_user));
    try {
        return {.body = {{"token", of_.sessions->open(std::string_view(user->get_string()))}}};
    } catch (std::length_error const& refused) {  // releases 0 and 1 end no session for a newer one
        return problem(429, "too_many_sessions", refused.what());
    }
}

answer application::logout(request const& what) const {
    auto const token = bearer_token(what.authorization);
    if (token.empty() || !of_.sessions->close(token))
        return unauthorized(
            "send Authorization: Bearer TOKEN with the token of a session that has not ended");
    return {.body = {{"status", "logged out"}}};
}

void application::get_item(request const& what, std::string const& key, respond const& done) const {
    auto const token = bearer_token(what.authorization);
    if (token.empty())
        return done(unauthorized("send Authorization: Bearer TOKEN; POST /login gives a token"));
    if (!of_.sessions->find(token))
        return done(unauthorized("this session is unknown or has ended; POST /login begins one"));
    if (key.empty() || key.size() > longest_key || !is_utf8(key))
        return done(problem(400, "bad_request", fmt::format("a key is 1 to {} bytes of UTF-8", longest_key)));
    of_.items.get(key, [key, done](std::optional<item> const& found, bool cached) {
        done(item_answer(key, found, cached));
    });
}

}  // namespace gateway
