#include "control/service.hpp"

#include "base/refuse.hpp"
#include "control/change_verbs.hpp"
#include "control/serving.hpp"
#include "control/undoable.hpp"
#include "control/verbs.hpp"
#include "report/json_writer.hpp"
#include "report/plain_text.hpp"

#include <hotswap/describe.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace hotswap::detail {

namespace {

constexpr std::size_t kept_events = 4096;
constexpr std::size_t longest_recorded_body = std::size_t{16} << 10U;

boost::json::object described(control_peer const& by) {
    if (by.address.empty()) return {{"uid", by.uid}, {"gid", by.gid}, {"pid", by.pid}, {"user", by.name}};
    boost::json::object all{{"user", by.name}, {"address", by.address}};
    if (!by.token.empty()) all["token"] = by.token;
    if (!by.certificate.empty()) all["certificate"] = by.certificate;
    return all;
}

}  // namespace

control_service::control_service(runtime& of, control_options options, std::function<void()> changed)
    : runtime_(of),
      options_(std::move(options)),
      operations_(options_.limits.operations, changed),
      events_(kept_events, changed),
      rate_(options_.limits.changes_per_minute),
      threads_(options_.limits.operations, thread_name("operation")) {
    if (!options_.audit.empty())
        audit_ = std::make_unique<audit_log>(options_.audit, options_.audit_file_bytes);
    following_ = runtime_.subscribe([this](event const& what) {
        probations_.note(what);
        events_.add(what);
    });
}

control_service::~control_service() { end(); }

void control_service::end() {
    following_.end();
    threads_.join();
}

result<void> control_service::open() {
    if (!audit_) return {};
    return audit_->open();
}

control_answer control_service::answer(control_request const& request) noexcept {
    try {
        return serve(request);
    } catch (std::bad_alloc const&) {
        return answer_with(refuse(errc::out_of_memory, phase::none, "the host is out of memory"));
    } catch (std::exception const& error) {
        return answer_with(refuse(errc::control_failed, phase::none,
                                  "the request failed in an unexpected way: {}", error.what()));
    }
}

control_answer control_service::serve(control_request const& request) {
    auto const* const added = added_verb(request);
    control_verb const as_verb{added == nullptr ? std::string_view() : added->name,  "POST", {},
                               added == nullptr ? control_role::admin : added->role, true,   false};
    auto const found = added == nullptr ? find_verb(request) : result<control_verb const*>(&as_verb);
    if (!found) return answer_with(found.error());
    auto const& verb = **found;
    // First, so that a peer without a role cannot fill the audit.
    if (auto free = check_rate(verb, request); !free) return answer_with(free.error());
    if (auto permitted = check_role(verb, request); !permitted) return answer_with(permitted.error());
    return added == nullptr ? serve_verb(verb, *this, request) : serve_added_verb(*added, *this, request);
}

host_verb const* control_service::added_verb(control_request const& request) const {
    if (request.method != "POST" || request.path.size() != 2 || request.path[0] != "v1") return nullptr;
    auto const found = std::ranges::find(options_.verbs, request.path[1], &host_verb::name);
    return found == options_.verbs.end() ? nullptr : &*found;
}

result<void> control_service::check_role(control_verb const& verb, control_request const& request) {
    if (request.from.role >= verb.role) return {};
    if (verb.changes)
        static_cast<void>(record(request.from, "refused", {{"verb", verb.name}, {"code", "not_permitted"}}));
    return refuse(errc::not_permitted, phase::none,
                  "{} has the role \"{}\" here, and {} needs \"{}\"; ask someone who has it, {}",
                  request.from.address.empty()
                      ? fmt::format("{} (uid {})", request.from.name, request.from.uid)
                      : request.from.name,
                  to_string(request.from.role), verb.name, to_string(verb.role),
                  request.from.address.empty()
                      ? "or give it to a group of this user (control_options::groups)"
                      : "or send a token, or show a certificate, that has it (control_options::tcp)");
}

result<void> control_service::check_rate(control_verb const& verb, control_request const& request) {
    if (!verb.changes || rate_.take(payer_of(request.from))) return {};
    return refuse(
        errc::too_many_requests, phase::none,
        "{} asked for more than {} changes within a minute; wait, and look for a script that repeats itself",
        request.from.name, options_.limits.changes_per_minute);
}

result<void> control_service::record(control_peer const& by, std::string_view what,
                                     boost::json::object more) {
    if (!audit_) return {};
    boost::json::object line{{"what", what}};
    for (auto& each : described(by)) line[each.key()] = std::move(each.value());
    for (auto& each : more) line[each.key()] = std::move(each.value());
    return audit_->write(std::move(line));
}

control_answer control_service::begin(control_request const& request, operation_request what,
                                      std::chrono::nanoseconds wait, work f) {
    what.by = request.from.name;
    if (options_.reason_required && what.reason.empty())
        return answer_with(
            refuse(errc::invalid_argument, phase::none,
                   "this host wants a reason for every change, and there is none; add --reason, or the "
                   "member \"reason\""));
    auto const verb = what.verb;
    boost::json::object asked{
        {"verb", verb}, {"components", json_writer()(what.components)}, {"reason", what.reason}};
    asked["agent"] = one_line(request.agent, 200);
    // A body that is no text is a state.
    asked["request"] = is_utf8(request.body) ? one_line(request.body, longest_recorded_body)
                                             : fmt::format("{} bytes", request.body.size());
    auto id = operations_.begin(std::move(what));
    if (!id) return answer_with(id.error());
    asked["operation"] = *id;
    if (auto recorded = record(request.from, "asked", std::move(asked)); !recorded) {
        operations_.end(*id, {.outcome = operation_outcome::undone, .why = recorded.error()});
        return answer_with(recorded.error());
    }
    try {
        boost::asio::post(threads_.executor(), [this, id = *id, by = request.from, verb, f = std::move(f)] {
            run(id, by, verb, f);
        });
    } catch (std::bad_alloc const&) {
        operations_.end(*id, {.outcome = operation_outcome::undone});
        throw;
    }
    return {.operation = *id, .wait = wait};
}

result<void> control_service::record_abort(control_request const& request, std::string const& id,
                                           std::string const& reason) {
    return record(request.from, "asked", {{"verb", "abort"}, {"operation", id}, {"reason", reason}});
}

void control_service::run(std::string const& id, control_peer const& by, std::string const& verb,
                          work const& f) noexcept {
    operation_end how;
    try {
        how = f(operations_.stop_of(id));
        // From here on an abort is an operation of its own.
        if (how.undo && !operations_.settle(id, how)) how = undone_after_all(runtime_, std::move(how));
        if (how.on_probation) {
            operations_.note_probation(id, how);
            return probations_.add({id, by, verb, how.operation_id, how.generations});
        }
    } catch (std::exception const& error) {
        how = {.outcome = operation_outcome::inconsistent,
               .why = refuse(errc::control_failed, phase::none,
                             "the operation ended in an unexpected way: {}", error.what())};
    }
    finish(id, by, verb, std::move(how));
}

// The audit has the end before a waiting client has it.
void control_service::finish(std::string const& id, control_peer const& by, std::string const& verb,
                             operation_end how) noexcept {
    try {
        boost::json::object line{{"verb", verb}, {"operation", id}, {"outcome", to_string(how.outcome)}};
        if (how.why) line["code"] = to_string(how.why->code);
        if (how.why) line["message"] = one_line(how.why->message, longest_recorded_body);
        auto const recorded = record(by, how.sent_back ? "sent back" : "ended", std::move(line));
        if (!recorded && !how.why) how.why = recorded.error();
        operations_.end(id, std::move(how));
    } catch (std::exception const&) {
        operations_.end(id, {.outcome = how.outcome});
    }
}

void control_service::tell(std::string line) {
    events_.add({.time = std::chrono::system_clock::now(), .message = std::move(line)});
}

std::string control_service::components_in_words() const {
    std::string text;
    for (auto const& each : runtime_.status())
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", each.name, each.running.release);
    return text.empty() ? "no component is loaded" : text;
}

void control_service::look_after_probations() {
    if (probations_.is_empty()) return;
    for (auto& [which, how] : probations_.take_ended(runtime_.status()))
        finish(which.id, which.by, which.verb, std::move(how));
}

}  // namespace hotswap::detail
