#include "caller.hpp"

#include "app/origin.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

namespace chaos {

namespace {

// The cache keeps an item for 300 s, by a clock that a test may set back by a minute.
constexpr std::chrono::seconds item_lives{200};
constexpr std::size_t most_sessions = 24;
constexpr std::chrono::seconds longest_refused{30};

std::string member(gateway::reply const& of, std::string_view name) {
    auto const value = of.json();
    auto const* const object = value.if_object();
    auto const* const found = object == nullptr ? nullptr : object->if_contains(name);
    if (found == nullptr) return {};
    if (found->is_string()) return std::string(found->get_string());
    if (found->is_bool()) return found->get_bool() ? "true" : "false";
    return found->is_number() ? std::to_string(found->to_number<std::uint64_t>()) : std::string();
}

}  // namespace

caller::caller(gateway_site& site, unsigned number, std::uint64_t seed, findings& found)
    : site_(site), number_(number), random_(seed), found_(found), thread_([this] { work(); }) {}

void caller::stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
}

void caller::work() {
    while (!stop_) {
        try {
            if (!client_ && !reconnect()) return;
            step();
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        } catch (gateway::connection_lost const& error) {
            // The flag `killed` is set before the gateway is killed.
            if (at_ && at_->killed)
                ++lost_;
            else
                found_.add(fmt::format("caller {}: an answer was lost: {}", number_, error.what()));
            client_.reset();
            if (found_.count() > 100) return;
        } catch (std::exception const& error) {
            found_.add(fmt::format("caller {}: {}", number_, error.what()));
            return;
        }
    }
}

bool caller::reconnect() {
    auto next = site_.connect_after(at_ && at_->killed ? at_->number : 0);
    if (!next) return false;
    client_ = std::move(next->client);
    if (at_ && at_->number != next->to->number) look_back(*next->to);
    at_ = std::move(next->to);
    return true;
}

void caller::look_back(incarnation const& at) {
    auto const durable = [&](std::string const& component) {
        auto const found = at.durable.find(component);
        return found == at.durable.end() ? clock::time_point{} : found->second;
    };
    for (auto& each : sessions_) {
        bool const opened_for_good = each.opened < durable("session");
        bool const closed_for_good = each.closed < durable("session");
        if (each.state == known::there && !opened_for_good) each.state = known::open;
        if (each.state == known::gone && !closed_for_good) each.state = known::open;
    }
    for (auto& [key, each] : items_)
        if (each.state == known::there && each.since >= durable("cache")) each.state = known::open;
}

gateway::reply caller::ask(std::string_view method, std::string const& target, std::string_view body,
                           std::string const& user, std::string const& token) {
    gateway::http_client::headers headers{{"X-Client", user}};
    if (!token.empty()) headers.emplace_back("Authorization", "Bearer " + token);
    // Also when the caller should stop: its request decides the expected later answers.
    for (auto const began = clock::now(); clock::now() - began < longest_refused;) {
        auto got = client_->send(method, target, body, headers);
        ++answers_;
        if (got.status != 429) return got;
        found_.expect(site_.clock_was_off_lately(), "who keeps to the limit is not refused: {}", got.body);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    throw std::runtime_error(
        fmt::format("{} {} was refused for {} s", method, target, longest_refused.count()));
}

void caller::step() {
    auto const dice = random_.below(100);
    if (sessions_.empty() || dice < 6) return login();
    auto& some = sessions_[random_.below(sessions_.size())];
    if (dice < 9) return logout(some);
    get(some, dice < 12 ? "missing" : fmt::format("tea-{}-{}", number_, random_.below(40)));
}

void caller::login() {
    if (sessions_.size() == most_sessions)
        sessions_.erase(sessions_.begin() + static_cast<long>(random_.below(8)));
    auto const user = fmt::format("user-{}-{}", number_, ++users_);
    auto const got = ask("POST", "/login", fmt::format(R"({{"user": "{}"}})", user), user);
    auto const token = member(got, "token");
    found_.expect(got.status == 200 && !token.empty(), "a login gives a token: {} {}", got.status, got.body);
    if (!token.empty()) sessions_.push_back({user, token, known::there, clock::now(), {}});
}

void caller::logout(session& which) {
    // Sent, but perhaps never answered.
    auto const was = std::exchange(which.state, known::open);
    auto const got = ask("POST", "/logout", {}, which.user, which.token);
    found_.expect(was == known::open || got.status == (was == known::there ? 200U : 401U),
                  "a session that {} can be ended once: {} {}", was == known::there ? "is open" : "was ended",
                  got.status, got.body);
    if (was == known::gone) {
        which.state = known::gone;
        return;
    }
    which.state = known::gone;
    which.closed = clock::now();
}

void caller::get(session& with, std::string const& key) {
    // From now on the item may be in the cache, also if the answer never comes.
    bool const is_new = key != "missing" && items_.try_emplace(key, item{.state = known::open}).second;
    auto const got = ask("GET", "/item/" + key, {}, with.user, with.token);
    if (with.state == known::open) {
        // From here on the state is known again; the time of its durability is not.
        with.state = got.status == 401 ? known::gone : known::there;
        (got.status == 401 ? with.closed : with.opened) = clock::now();
    }
    if (with.state == known::gone)
        return found_.expect(got.status == 401, "a session that was ended stays so: {} {}", got.status,
                             got.body);
    if (key == "missing")
        return found_.expect(got.status == 404, "what does not exist is not found: {} {}", got.status,
                             got.body);
    found_.expect(got.status == 200, "a session that is open gets its item: {} {}", got.status, got.body);
    if (got.status != 200) return;
    found_.expect(!is_new || member(got, "cached") == "false", "what was not asked for is not cached: {}",
                  got.body);
    check_item(got, key);
}

void caller::check_item(gateway::reply const& got, std::string const& key) {
    found_.expect(member(got, "key") == key && member(got, "value") == gateway::value_at_origin(key),
                  "the value of {} is the one that belongs to it: {}", key, got.body);
    auto& what = items_[key];
    auto const revision = std::stoull("0" + member(got, "revision"));
    bool const cached = member(got, "cached") == "true";
    if (what.state == known::there && clock::now() - what.since < item_lives)
        found_.expect(cached && revision == what.revision, "what was cached stays: {} had revision {}: {}",
                      key, what.revision, got.body);
    if (what.state == known::open || revision != what.revision) what.since = clock::now();
    what.state = known::there;
    what.revision = revision;
}

void caller::check_all() {
    try {
        client_.reset();
        if (!reconnect()) return;
        for (auto& each : sessions_) get(each, "missing");
        auto const open = std::ranges::find(sessions_, known::there, &session::state);
        if (open != sessions_.end())
            for (auto const& [key, ignored] : std::map(items_)) get(*open, key);
    } catch (gateway::connection_lost const& error) {
        found_.add(fmt::format("caller {}: {}", number_, error.what()));
    }
}

greedy_caller::greedy_caller(gateway_site& site, findings& found)
    : site_(site), found_(found), thread_([this] { work(); }) {}

void greedy_caller::stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
}

void greedy_caller::work() {
    std::optional<gateway::http_client> client;
    std::shared_ptr<incarnation> at;
    auto const begin = clock::now();
    std::uint64_t admitted = 0;
    while (!stop_) {
        try {
            if (!client) {
                auto next = site_.connect_after(at && at->killed ? at->number : 0);
                if (!next) break;
                client = std::move(next->client);
                at = std::move(next->to);
            }
            auto const got = client->send("GET", "/item/none", {}, {{"X-Client", "greedy"}});
            if (got.status == 401) ++admitted;
            found_.expect(got.status == 401 || got.status == 429,
                          "who is greedy is refused, not answered with {}: {}", got.status, got.body);
        } catch (gateway::connection_lost const& error) {
            client.reset();
            if (!at || !at->killed)
                found_.add(fmt::format("the greedy caller: an answer was lost: {}", error.what()));
            if (found_.count() > 100) return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    // After a kill the host has the tokens of the last checkpoint: at most a burst more, each time.
    std::chrono::duration<double> const elapsed = clock::now() - begin;
    auto const times = 1.0 + (at ? at->number : 1) + site_.steps_of_clock();
    found_.expect(static_cast<double>(admitted) <= 100 * (elapsed.count() + times),
                  "no client gets more than the limit: {} were let through in {:.1f} s", admitted,
                  elapsed.count());
}

}  // namespace chaos
