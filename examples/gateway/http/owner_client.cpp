#include "http/owner_client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <map>
#include <sstream>
#include <utility>

namespace gateway {

namespace json = boost::json;

namespace {

reply with(unsigned status, json::value const& body) {
    reply made;
    made.status = status;
    made.body = json::serialize(body);
    return made;
}

json::object object_in(reply const& from) {
    auto value = from.json();
    return value.is_object() ? std::move(value.get_object()) : json::object();
}

reply with_error_alone(reply const& from) {
    auto const body = object_in(from);
    auto const* const error = body.if_contains("error");
    return error == nullptr ? from : with(from.status, *error);
}

// Lines of the form hotswap_cache_hits_total{component="cache"} 5, by component: hits → 5.
std::map<std::string, json::object> counts_in(std::string const& metrics) {
    std::map<std::string, json::object> all;
    std::istringstream lines(metrics);
    for (std::string line; std::getline(lines, line);) {
        auto const open = line.find("{component=\"");
        auto const close = line.find("\"} ", open);
        if (line.starts_with('#') || open == line.npos || close == line.npos) continue;
        auto const component = line.substr(open + 12, close - open - 12);
        auto const prefix = "hotswap_" + component + "_";
        if (!line.starts_with(prefix)) continue;
        auto name = line.substr(prefix.size(), open - prefix.size());
        if (name.ends_with("_total")) name.resize(name.size() - 6);
        double value = 0;
        std::from_chars(line.data() + close + 3, line.data() + line.size(), value);
        all[component][name] = static_cast<std::uint64_t>(value);
    }
    return all;
}

}  // namespace

owner_client::owner_client(std::filesystem::path socket, std::chrono::seconds patience)
    : socket_(std::move(socket)), patience_(patience), client_(http_client::to_socket(socket_, patience)) {}

reply owner_client::ask(std::string_view method, std::string_view target, std::string_view body) {
    return client_.send(method, target, body);
}

reply owner_client::status() {
    auto const got = ask("GET", "/v1/status", {});
    auto body = object_in(got);
    if (got.status != 200 || !body.contains("components")) return got;
    auto counts = counts_in(ask("GET", "/v1/metrics", {}).body);
    for (auto& each : body["components"].as_array())
        each.as_object()["statistics"] = std::move(counts[std::string(each.at("name").as_string())]);
    return with(200, body);
}

// Waits for the operation's end, and shows the report of a single component as its own.
reply owner_client::operate(std::string const& verb, json::object body) {
    bool const is_one = body.contains("component");
    body["wait_ns"] = std::chrono::nanoseconds(patience_).count();
    auto const got = ask("POST", "/v1/" + verb, json::serialize(body));
    auto const ended = object_in(got);
    if (auto const* const error = ended.if_contains("error")) return with(got.status, *error);
    if (auto const* const why = ended.if_contains("failure"); why != nullptr && ended.at("outcome") != "done")
        return with(409, *why);
    if (verb == "checkpoint") return with(200, json::object{{"status", "written"}});
    auto const* const shown = ended.if_contains(verb == "plan" ? "plan" : "report");
    if (shown == nullptr) return with(got.status, ended);
    return with(200, is_one ? shown->at("components").at(0) : *shown);
}

reply owner_client::send(std::string_view method, std::string_view target, std::string_view body) {
    if (target == "/status") return status();
    if (target == "/faults") {
        if (!faults_) faults_ = http_client::to_socket(socket_.native() + ".faults", patience_);
        return faults_->send(method, target, body);
    }
    auto const slash = target.find('/', 1);
    std::string const verb(target.substr(1, slash == target.npos ? target.npos : slash - 1));
    bool const is_known = verb == "swap" || verb == "plan" || verb == "revert" || verb == "checkpoint";
    if (!is_known || method != "POST") return ask(method, target, body);
    json::error_code error;
    auto options = body.empty() ? json::value() : json::parse(body, error);
    if (error) return with_error_alone(ask(method, "/v1/" + verb, body));
    json::object wanted;
    if (slash != target.npos) {
        wanted["component"] = target.substr(slash + 1);
        if (!options.is_null()) wanted["options"] = std::move(options);
    } else if (verb == "revert") {
        json::array names;
        bool allows_loss = false;
        for (auto const& each : options.as_array()) {
            names.push_back(each.at("component"));
            auto const* const own = each.as_object().if_contains("options");
            allows_loss = allows_loss || (own != nullptr && own->as_object().contains("allow_loss"));
        }
        wanted = {{"components", std::move(names)}, {"options", {{"allow_loss", allows_loss}}}};
    } else if (verb != "checkpoint") {
        wanted["components"] = std::move(options);
    }
    return operate(verb, std::move(wanted));
}

}  // namespace gateway
