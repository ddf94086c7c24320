#include "app/options.hpp"

#include <hotswap/version.hpp>

#include <boost/program_options.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace gateway {

namespace po = boost::program_options;

namespace {

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// "250us", "20ms", "2s".
std::chrono::nanoseconds duration(std::string_view name, std::string const& text) {
    auto const unit = text.find_first_not_of("0123456789");
    auto const count = number(std::string_view(text).substr(0, unit));
    auto const suffix = unit == text.npos ? std::string_view() : std::string_view(text).substr(unit);
    if (count && suffix == "us") return std::chrono::microseconds(*count);
    if (count && suffix == "ms") return std::chrono::milliseconds(*count);
    if (count && suffix == "s") return std::chrono::seconds(*count);
    throw std::invalid_argument(
        fmt::format("--{} is a time as in 250us, 20ms or 2s, not \"{}\"", name, text));
}

hotswap::rehearse rehearsal(std::string const& text) {
    for (auto const when : {hotswap::rehearse::never, hotswap::rehearse::when_new, hotswap::rehearse::always})
        if (text == hotswap::to_string(when)) return when;
    throw std::invalid_argument(fmt::format("--rehearse is never, when_new or always, not \"{}\"", text));
}

hotswap::contracts::rate_limit limit(std::string const& text) {
    auto const slash = text.find('/');
    auto const rate = number(std::string_view(text).substr(0, slash)).value_or(0);
    auto const burst = number(slash == text.npos ? "" : std::string_view(text).substr(slash + 1)).value_or(0);
    if (rate == 0 || burst == 0)
        throw std::invalid_argument(fmt::format(
            "--limit is RATE/BURST, requests per second and at once, as in 100/200, not \"{}\"", text));
    return {.tokens = rate, .per = std::chrono::seconds{1}, .burst = burst};
}

void split_address(std::string const& text, options& into) {
    auto const colon = text.rfind(':');
    auto const port = colon == text.npos ? std::nullopt : number(std::string_view(text).substr(colon + 1));
    into.host = text.substr(0, colon);
    if (into.host.starts_with('[') && into.host.ends_with(']'))
        into.host = into.host.substr(1, into.host.size() - 2);
    if (into.host.empty() || !port || *port > 65'535)
        throw std::invalid_argument(
            fmt::format("--listen is HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080, not \"{}\"", text));
    into.port = text.substr(colon + 1);
}

po::options_description description() {
    po::options_description all("options", 100);
    auto add = all.add_options();
    add("listen", po::value<std::string>()->default_value("127.0.0.1:8080"),
        "where to serve; port 0: any free one");
    add("modules", po::value<std::string>(), "the directory of the components' modules");
    add("control", po::value<std::string>(),
        "the Unix socket of the control interface, for the command hotswap");
    add("limit", po::value<std::string>()->default_value("100000/100000"),
        "RATE/BURST: requests per second, and at once, of one client");
    add("threads", po::value<unsigned>()->default_value(std::max(2U, std::thread::hardware_concurrency())),
        "that serve requests");
    add("start-with", po::value<std::string>()->default_value("newest"),
        "the release of all components at start");
    add("fill", po::value<std::uint64_t>()->default_value(0),
        "how many sessions, clients and items, each, to begin with; needs release 1.0.0 or newer");
    add("store", po::value<std::string>(),
        "a directory from which the components come back, as of the last swap or checkpoint, if it "
        "is killed");
    add("checkpoint-period", po::value<std::string>()->default_value("0s"),
        "how often their state is also written there, as in 500ms; 0s: never");
    add("rehearse", po::value<std::string>(),
        "never, when_new or always: when a new module is tried in another process first; when_new, unless "
        "there is no helper for it");
    add("origin-delay", po::value<std::string>()->default_value("5ms"),
        "how slow the origin behind the cache is");
    add("trust-client-header",
        "the header X-Client, not the address, identifies the client whose limit counts");
    add("request-timeout", po::value<std::string>()->default_value("10s"),
        "for a client to send its request");
    add("idle-timeout", po::value<std::string>()->default_value("60s"), "for a connection between requests");
    add("verbose", "every step of every operation on stderr, not only warnings");
    add("help", "this text");
    add("version", "the version");
    return all;
}

std::string required(po::variables_map const& given, char const* name) {
    if (given.count(name) == 0 || given[name].as<std::string>().empty())
        throw std::invalid_argument(fmt::format("--{} is missing", name));
    return given[name].as<std::string>();
}

options checked(po::variables_map const& given) {
    options wanted;
    split_address(given["listen"].as<std::string>(), wanted);
    wanted.modules = std::filesystem::absolute(required(given, "modules"));
    wanted.control = required(given, "control");
    wanted.start_with = required(given, "start-with");
    if (given.count("store") != 0) wanted.store = std::filesystem::absolute(required(given, "store"));
    wanted.checkpoint_period = duration("checkpoint-period", given["checkpoint-period"].as<std::string>());
    if (given.count("rehearse") != 0) wanted.rehearse = rehearsal(given["rehearse"].as<std::string>());
    wanted.limit = limit(given["limit"].as<std::string>());
    wanted.fill = given["fill"].as<std::uint64_t>();
    wanted.threads = given["threads"].as<unsigned>();
    wanted.origin_delay = duration("origin-delay", given["origin-delay"].as<std::string>());
    wanted.trust_client_header = given.count("trust-client-header") != 0;
    wanted.verbose = given.count("verbose") != 0;
    wanted.http.request_timeout = duration("request-timeout", given["request-timeout"].as<std::string>());
    wanted.http.idle_timeout = duration("idle-timeout", given["idle-timeout"].as<std::string>());
    if (wanted.fill > 10'000'000)
        throw std::invalid_argument(fmt::format("--fill is at most 10 000 000, not {}", wanted.fill));
    if (wanted.threads == 0 || wanted.threads > 256)
        throw std::invalid_argument(fmt::format("--threads is between 1 and 256, not {}", wanted.threads));
    if (wanted.checkpoint_period.count() != 0 && wanted.store.empty())
        throw std::invalid_argument("--checkpoint-period writes to a store: name its directory by --store");
    if (!std::filesystem::is_directory(wanted.modules))
        throw std::invalid_argument(
            fmt::format("--modules: there is no directory {}", wanted.modules.native()));
    return wanted;
}

}  // namespace

std::optional<options> read_options(int argc, char const* const* argv) {
    auto const known = description();
    po::variables_map given;
    try {
        po::store(po::command_line_parser(argc, argv).options(known).positional({}).run(), given);
    } catch (po::error const& error) {
        throw std::invalid_argument(error.what());
    }
    if (given.count("help") != 0) {
        std::cout
            << "usage: hotswap-gateway --modules DIR --control SOCKET [--listen HOST:PORT] [--limit "
               "RATE/BURST] "
               "[option…]\n\n"
               "Serves POST /login, POST /logout, GET /item/{key} and GET /healthz, while its rate limiter,\n"
               "session manager and cache are replaced by the command hotswap. SIGTERM drains and ends "
               "it.\n\n"
            << known;
        return std::nullopt;
    }
    if (given.count("version") != 0) {
        std::cout << fmt::format("hotswap-gateway {}.{}.{}\n", HOTSWAP_VERSION_MAJOR, HOTSWAP_VERSION_MINOR,
                                 HOTSWAP_VERSION_PATCH);
        return std::nullopt;
    }
    return checked(given);
}

}  // namespace gateway
