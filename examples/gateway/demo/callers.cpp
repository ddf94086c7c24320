#include "demo/callers.hpp"

#include "app/origin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace demo {

namespace {

constexpr std::size_t users_of_a_caller = 8;

/// Escapes `text` for a URL: the keys have blanks and umlauts, as users' keys do.
std::string escaped(std::string_view text) {
    std::string escaped;
    for (unsigned char const c : text)
        if (std::isalnum(c) != 0)
            escaped += static_cast<char>(c);
        else
            escaped += fmt::format("%{:02X}", c);
    return escaped;
}

std::string_view text_of(boost::json::value const& from, std::string_view member) {
    auto const* const object = from.if_object();
    auto const* const value = object == nullptr ? nullptr : object->if_contains(member);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view();
}

}  // namespace

load::caller::caller(load& of, unsigned number, unsigned rate)
    : load_(of),
      number_(number),
      interval_(std::chrono::nanoseconds(std::chrono::seconds{1}) / rate),
      client_(gateway::http_client::to_port(of.wanted_.port)) {}

void load::caller::run(std::stop_token const& stop) {
    auto next = clock::now() + interval_ * number_ / 8;
    while (!stop.stop_requested()) {
        try {
            step();
        } catch (gateway::connection_lost const& error) {
            load_.found_.add(fmt::format("caller {}: {}", number_, error.what()));
            if (load_.found_.count() > 1000) return;
            try {
                client_ = gateway::http_client::to_port(load_.wanted_.port);
            } catch (gateway::connection_lost const& again) {
                load_.found_.add(fmt::format("caller {}: {}", number_, again.what()));
            }
        }
        next = std::max(next + interval_, clock::now());
        std::this_thread::sleep_until(next);
    }
}

gateway::reply load::caller::ask(std::string_view method, std::string const& target, std::string_view body,
                                 headers const& more) {
    auto const begin = clock::now();
    auto got = client_.send(method, target, body, more);
    samples_.push_back({.begin = begin, .latency = clock::now() - begin});
    ++load_.requests_;
    expect(got.keep_alive, "the connection is kept", got);
    return got;
}

std::string load::caller::login(std::string const& user, std::string const& client) {
    auto const got = ask("POST", "/login", fmt::format(R"({{"user": "{}"}})", user), {{"X-Client", client}});
    std::string token(text_of(got.json(), "token"));
    expect(got.status == 200 && !token.empty(), "a login gives a token", got);
    return token;
}

gateway::reply load::caller::ask_for(std::size_t item, std::string const& token, std::string const& client) {
    return ask("GET", "/item/" + escaped(item_book::key_of(item)), {},
               {{"Authorization", "Bearer " + token}, {"X-Client", client}});
}

void load::caller::check(gateway::reply const& got, std::size_t item, std::uint64_t seen_before) {
    auto const key = item_book::key_of(item);
    auto const body = got.json();
    expect(got.status == 200, "a session that is open gets its item", got);
    if (got.status != 200) return;
    expect(text_of(body, "key") == key && text_of(body, "value") == gateway::value_at_origin(key),
           "the value is the one that belongs to the key", got);
    auto const* const revision = body.as_object().if_contains("revision");
    auto const* const cached = body.as_object().if_contains("cached");
    boost::json::error_code error;
    auto const number = revision == nullptr ? 0 : revision->to_number<std::uint64_t>(error);
    expect(number != 0 && number >= seen_before, "an item's revision never goes back", got);
    expect(seen_before == 0 || (cached != nullptr && *cached == true), "what was cached stays cached", got);
    load_.items_.saw(item, number);
}

void load::caller::expect(bool holds, std::string_view claim, gateway::reply const& got) {
    if (holds) return;
    auto body = got.body.substr(0, got.body.find('\n'));
    load_.found_.add(fmt::format("not so: {}: {} {}", claim, got.status, body));
}

void load::regular_caller::prepare() {
    for (std::size_t i = 0; i != users_of_a_caller; ++i) {
        auto const name = fmt::format("user-{}-{}", number_, i);
        users_.push_back({.client = name, .token = login(name, name)});
    }
}

void load::regular_caller::step() {
    auto const& user = users_[turn_++ % users_.size()];
    auto const dice = random_() % 1000;
    if (dice < 30) return visit();
    if (dice < 34) {  // few enough that the 99th percentile does not show the origin's delay
        auto const got = ask("GET", "/item/missing-" + std::to_string(turn_), {},
                             {{"Authorization", "Bearer " + user.token}, {"X-Client", user.client}});
        return expect(got.status == 404, "an item that does not exist is not found", got);
    }
    auto const item = random_() % load_.items_.size();
    auto const seen_before = load_.items_.seen(item);
    check(ask_for(item, user.token, user.client), item, seen_before);
}

void load::regular_caller::visit() {
    auto const name = fmt::format("visitor-{}-{}", number_, turn_);
    auto const token = login(name, name);
    auto const item = random_() % load_.items_.size();
    auto const seen_before = load_.items_.seen(item);
    check(ask_for(item, token, name), item, seen_before);
    auto const left = ask("POST", "/logout", {}, {{"Authorization", "Bearer " + token}, {"X-Client", name}});
    expect(left.status == 200, "a session can be ended", left);
    auto const refused = ask_for(item, token, name);
    expect(refused.status == 401, "a session that was ended stays so", refused);
}

void load::greedy_caller::prepare() {
    begin_ = clock::now();
    token_ = login("greedy", "greedy");
    admitted_ = 1;
}

void load::greedy_caller::step() {
    auto const seen_before = load_.items_.seen(0);
    auto const got = ask_for(0, token_, "greedy");
    if (got.status != 429) {
        ++admitted_;
        return check(got, 0, seen_before);
    }
    ++load_.refusals_;
    expect(!got.header("Retry-After").empty(), "a 429 says when to try again", got);
}

void load::greedy_caller::conclude() {
    std::chrono::duration<double> const elapsed = clock::now() - begin_;
    auto const allowed = load_.wanted_.limit * (1.0 + elapsed.count());
    if (static_cast<double>(admitted_) > allowed + 1)
        load_.found_.add(
            fmt::format("not so: a client never gets more than its limit: {} requests were let through, "
                        "at most {:.0f} are allowed in {:.1f} s",
                        admitted_, allowed, elapsed.count()));
    // At least one refusal follows, unless the machine was too slow for this caller to exceed its limit.
}

}  // namespace demo
