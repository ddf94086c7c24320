// What all verbs share: the connection to the host, and how results and failures are told.
#pragma once

#include "base/refuse.hpp"
#include "control/client.hpp"
#include "programs/hotswap/exit_code.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::cli {

namespace json = boost::json;

/// The options before the verb, and of every verb.
struct common_options {
    std::filesystem::path socket{};
    std::string host{};  ///< "shop.example:8443", in place of a socket
    detail::tls_client_options tls{};
    std::filesystem::path token_file{};
    bool as_json = false;
    std::string reason{};
    std::string timeout{};  ///< "30s"; empty: the verb's default
};

class session {
public:
    explicit session(common_options const& options) : options_(options) {}

    common_options const& options() const noexcept { return options_; }

    /// Sends a request. A refusal is printed, and ends the verb: then the answer is empty and `code` says how.
    std::optional<json::value> ask(std::string_view method, std::string_view target, json::value const& body,
                                   exit_code& code);
    /// The same for an answer that is no JSON.
    std::optional<std::string> ask_for_bytes(std::string_view method, std::string_view target,
                                             std::string_view body, exit_code& code);

    /// Begins an operation; its id, or empty if it was refused.
    std::string begin(std::string_view target, json::object body, exit_code& code);
    /// Begins an operation, waits for its end and prints that.
    exit_code operate(std::string_view target, json::object body, std::chrono::nanoseconds patience);
    /// Waits for the end of an operation; empty if it cannot be known, or has not come: then the reason is printed, and `code` says how.
    std::optional<json::value> end_of(std::string const& id, std::chrono::nanoseconds patience,
                                      exit_code& code);
    /// Waits for the end of an operation, and tells it.
    exit_code wait_for(std::string const& id, std::chrono::nanoseconds patience);

    /// The id of the operation in an answer.
    static std::string id_of(std::string const& answer);
    /// "?reason=…" if there is a reason, else empty.
    std::string reason_query() const;

    /// Follows a stream of events until `f` returns false or the host ends it.
    exit_code follow(std::string_view target,
                     std::function<bool(std::string_view, json::value const&)> const& f);

    /// The result on stdout: the object with --json, else the text.
    exit_code tell(json::value const& object, std::string_view text, exit_code code) const;
    /// As `tell`, for what is always a result and never a failure: on stdout, whatever the code.
    exit_code show(json::value const& object, std::string_view text, exit_code code) const;
    /// The failure: with --json as the one object on stdout, else on stderr.
    exit_code fail(failure const& why, exit_code code) const;

    /// --timeout, or the default; usage errors throw std::invalid_argument.
    std::chrono::nanoseconds patience(std::chrono::nanoseconds otherwise) const;

private:
    detail::control_client* client(exit_code& code);

    common_options const& options_;
    std::optional<detail::control_client> client_{};
};

/// For operations without options that say more.
inline constexpr std::chrono::seconds default_patience{70};

/// The text of a member; empty if there is none.
std::string text_in(json::object const& of, std::string_view name);
/// The text as a part of a target: other bytes than letters, digits, - and _ are encoded.
std::string encoded(std::string_view text);
/// How an ended operation ends the command.
exit_code code_of(json::object const& operation);
/// The operation in words, for a person.
std::string text_of(json::object const& operation);

}  // namespace hotswap::cli
