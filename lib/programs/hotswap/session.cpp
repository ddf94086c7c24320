#include "programs/hotswap/session.hpp"

#include "programs/hotswap/colours.hpp"
#include "programs/hotswap/duration.hpp"
#include "report/json_reader.hpp"
#include "report/json_writer.hpp"

#include <hotswap/describe.hpp>
#include <hotswap/format.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

namespace hotswap::cli {

namespace {

std::string in_words(failure const& why) {
    auto text = why.phase == phase::none
                    ? fmt::format("hotswap: {}: {}\n", coloured(mood::bad, to_string(why.code)), why.message)
                    : fmt::format("hotswap: {}\n", to_string(why));
    if (why.code != errc::host_unreachable)
        text += fmt::format("hotswap: `hotswap explain {}` says more\n", to_string(why.code));
    return text;
}

// Of one request, beyond what the operation that it waits for may take.
constexpr std::chrono::seconds for_an_answer{30};
constexpr std::chrono::seconds at_a_time{2};

// The first line of the file.
std::string token_in(std::filesystem::path const& file) {
    if (file.empty()) return {};
    std::ifstream in(file);
    std::string token;
    if (!std::getline(in, token))
        throw std::invalid_argument(file.native() + " cannot be read, or has no token in its first line");
    return token;
}

result<detail::control_client> connect(common_options const& options) {
    constexpr std::chrono::seconds patience{5};
    if (options.host.empty()) {
        if (options.socket.empty())
            throw std::invalid_argument(
                "which host? name its control socket by --socket, or in HOTSWAP_SOCKET");
        return detail::control_client::connect(options.socket, patience);
    }
    auto const colon = options.host.rfind(':');
    if (colon == std::string::npos)
        throw std::invalid_argument("--host is HOST:PORT, for instance shop.example:8443");
    return detail::control_client::connect({options.host.substr(0, colon), options.host.substr(colon + 1),
                                            options.tls, token_in(options.token_file)},
                                           patience);
}

failure no_json(std::string_view what) {
    return detail::refuse(errc::control_failed, phase::none,
                          "the host's answer is not understood ({}); is it of this release?", what);
}

// What the host says that the operation may take, by its deadlines and its probation.
std::chrono::nanoseconds expected_length(json::object const& operation) {
    auto const* const found = operation.if_contains("may_take_ns");
    return std::chrono::nanoseconds(found != nullptr && found->is_int64() ? found->get_int64() : 0);
}

exit_code code_of(failure const& why) {
    return why.code == errc::host_unreachable ? exit_code::unreachable : exit_code::refused;
}

}  // namespace

std::string text_in(json::object const& of, std::string_view name) {
    auto const* const found = of.if_contains({name.data(), name.size()});
    if (found == nullptr || !found->is_string()) return {};
    return std::string(found->get_string());
}

std::string encoded(std::string_view text) {
    std::string safe;
    for (unsigned char const c : text)
        safe += (std::isalnum(c) != 0 && c < 0x80) || c == '-' || c == '_'
                    ? std::string(1, static_cast<char>(c))
                    : fmt::format("%{:02X}", c);
    return safe;
}

std::chrono::nanoseconds session::patience(std::chrono::nanoseconds otherwise) const {
    return options_.timeout.empty() ? otherwise : duration_of(options_.timeout);
}

detail::control_client* session::client(exit_code& code) {
    if (client_) return &*client_;
    auto made = connect(options_);
    if (!made) {
        code = fail(made.error(), code_of(made.error()));
        return nullptr;
    }
    return &client_.emplace(std::move(*made));
}

std::optional<std::string> session::ask_for_bytes(std::string_view method, std::string_view target,
                                                  std::string_view body, exit_code& code) {
    auto* const through = client(code);
    if (through == nullptr) return std::nullopt;
    auto reply = through->send(method, target, body,
                               std::max(patience(for_an_answer), std::chrono::nanoseconds(for_an_answer)));
    if (!reply) {
        code = fail(reply.error(), exit_code::unreachable);
        return std::nullopt;
    }
    if (reply->is_good()) return std::move(reply->body);
    code = fail(detail::refusal_in(*reply), exit_code::refused);
    return std::nullopt;
}

std::optional<json::value> session::ask(std::string_view method, std::string_view target,
                                        json::value const& body, exit_code& code) {
    auto const text =
        ask_for_bytes(method, target, body.is_null() ? std::string() : json::serialize(body), code);
    if (!text) return std::nullopt;
    boost::system::error_code error;
    auto value = json::parse(*text, error);
    if (!error) return value;
    code = fail(no_json(error.message()), exit_code::refused);
    return std::nullopt;
}

std::string session::begin(std::string_view target, json::object body, exit_code& code) {
    if (!options_.reason.empty()) body["reason"] = options_.reason;
    auto const begun = ask("POST", target, body, code);
    return begun ? text_in(begun->as_object(), "id") : std::string();
}

exit_code session::operate(std::string_view target, json::object body, std::chrono::nanoseconds patience) {
    auto code = exit_code::done;
    auto const id = begin(target, std::move(body), code);
    return id.empty() ? code : wait_for(id, patience);
}

exit_code session::wait_for(std::string const& id, std::chrono::nanoseconds patience) {
    auto code = exit_code::done;
    auto const ended = end_of(id, patience, code);
    if (!ended) return code;
    code = cli::code_of(ended->as_object());
    return tell(*ended, cli::text_of(ended->as_object()), code);
}

// Asks for that operation and no other one, a short time at a time, so that a host that dies meanwhile is noticed.
std::optional<json::value> session::end_of(std::string const& id, std::chrono::nanoseconds patience,
                                           exit_code& code) {
    using clock = std::chrono::steady_clock;
    auto const began = clock::now();
    bool const shows_progress = ::isatty(STDERR_FILENO) != 0 && !options_.as_json;
    for (;;) {
        auto const left = patience - (clock::now() - began);
        auto const wait = std::clamp<std::chrono::nanoseconds>(left, std::chrono::nanoseconds{0}, at_a_time);
        auto found =
            ask("GET", fmt::format("/v1/operations/{}?wait_ns={}", encoded(id), wait.count()), nullptr, code);
        if (!found) return found;
        auto const& operation = found->as_object();
        if (options_.timeout.empty()) patience = std::max(patience, expected_length(operation));
        bool const has_ended = text_in(operation, "state") == "ended";
        if (shows_progress && (has_ended || left.count() <= 0)) fmt::print(stderr, "\r\033[K");
        if (has_ended) return found;
        if (left.count() <= 0) {
            auto const text = fmt::format(
                "{} is still {} after {}; `hotswap wait {}` waits on, `hotswap abort {}` undoes it\n", id,
                text_in(operation, "state"), to_string(patience), id, id);
            code = tell(*found, text, exit_code::running);
            return std::nullopt;
        }
        if (shows_progress)
            fmt::print(stderr, "\r\033[K{} {}: {} for {}", text_in(operation, "verb"), id,
                       text_in(operation, "state"),
                       to_string(std::chrono::nanoseconds(clock::now() - began)));
    }
}

std::string session::id_of(std::string const& answer) {
    boost::system::error_code error;
    auto const value = json::parse(answer, error);
    return error || !value.is_object() ? std::string() : text_in(value.get_object(), "id");
}

std::string session::reason_query() const {
    return options_.reason.empty() ? std::string() : "?reason=" + encoded(options_.reason);
}

exit_code session::follow(std::string_view target,
                          std::function<bool(std::string_view, json::value const&)> const& f) {
    auto code = exit_code::done;
    auto* const through = client(code);
    if (through == nullptr) return code;
    auto const ended = through->follow(target, [&](std::string_view kind, std::string_view data) {
        boost::system::error_code error;
        auto const value = json::parse({data.data(), data.size()}, error);
        return !error && f(kind, value);
    });
    return ended ? exit_code::done : fail(ended.error(), code_of(ended.error()));
}

exit_code session::tell(json::value const& object, std::string_view text, exit_code code) const {
    if (options_.as_json)
        fmt::print("{}\n", json::serialize(object));
    else
        cli::print(code == exit_code::done || code == exit_code::pending ? stdout : stderr, text);
    return code;
}

exit_code session::show(json::value const& object, std::string_view text, exit_code code) const {
    tell(object, text, exit_code::done);
    return code;
}

exit_code session::fail(failure const& why, exit_code code) const {
    if (options_.as_json) {
        json::object const told{{"error", detail::json_writer()(why)}, {"exit_code", static_cast<int>(code)}};
        fmt::print("{}\n", json::serialize(told));
        return code;
    }
    cli::print(stderr, in_words(why));
    return code == exit_code::refused ? code_of(why) : code;
}

exit_code code_of(json::object const& operation) {
    auto const outcome = text_in(operation, "outcome");
    if (outcome == "done") return exit_code::done;
    if (outcome != "undone") return exit_code::inconsistent;
    auto const* const sent_back = operation.if_contains("sent_back");
    return sent_back != nullptr && sent_back->is_bool() && sent_back->get_bool() ? exit_code::sent_back
                                                                                 : exit_code::refused;
}

namespace {

mood mood_of(exit_code code) {
    if (code == exit_code::done) return mood::good;
    return code == exit_code::sent_back || code == exit_code::refused ? mood::warning : mood::bad;
}

}  // namespace

std::string text_of(json::object const& operation) {
    std::string text;
    if (auto const* const report = operation.if_contains("report")) {
        set_report all;
        unload_report gone;
        configure_report configured;
        component_status loaded;
        auto const verb = text_in(operation, "verb");
        if (verb == "unload" && detail::json_reader(false).read(*report, gone))
            text = fmt::format("{}\n", gone);
        else if (verb == "configure" && detail::json_reader(false).read(*report, configured))
            text = fmt::format("{}\n", configured);
        else if (verb == "load" && detail::json_reader(false).read(*report, loaded))
            text = fmt::format("{}: {} serves, from {}\n", loaded.name, loaded.running.release,
                               loaded.module.native());
        else if (detail::json_reader(false).read(*report, all))
            for (auto const& each : all.components) text += fmt::format("{}\n", each);
    }
    if (auto const* const why = operation.if_contains("failure")) {
        failure refused;
        if (detail::json_reader(false).read(*why, refused)) text += in_words(refused);
    }
    return text +
           fmt::format("{} {}: {}{}\n", text_in(operation, "verb"), text_in(operation, "id"),
                       coloured(mood_of(code_of(operation)), text_in(operation, "outcome")),
                       code_of(operation) == exit_code::sent_back ? ", sent back by its probation" : "");
}

}  // namespace hotswap::cli
