// A unique resource (a port, the path of a socket, a lock) passes from the running instance to the next one.
#include "swap/fixtures/sole.hpp"
#include "module/command.hpp"
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/doorman.hpp"
#include "swap/fixtures/sole_thing.hpp"

#if defined(HOTSWAP_FAILPOINTS)
#include "base/failpoint.hpp"
#endif

using namespace hotswap_test;
using hotswap::errc;
using hotswap::transfer;

namespace {

constexpr auto for_ever = std::chrono::hours(1);

/// An address for this process only, so that parallel tests do not conflict.
std::string own_address() {
    auto const id = getpid();  // of 22 bits at most
    return "127." + std::to_string(id >> 14 & 255) + "." + std::to_string(1 + (id >> 7 & 127)) + "." +
           std::to_string(2 + (id & 127));
}

template <class Address>
bool can_connect(int family, Address const& at) {
    int const fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool const connected = connect(fd, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0;
    close(fd);
    return connected;
}

/// A component that holds one of `kind`.
struct sole_site : site {
    explicit sole_site(std::string of, std::string const& family = "sole",
                       hotswap::runtime_options options = {.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                                                           .rehearse = hotswap::rehearse::never})
        : site(std::move(options)),
          kind(std::move(of)),
          where(kind == "port" ? own_address() : (directory.path() / kind).string()),
          it((fs::create_directories(trouble()),
              runtime.load<sole>(
                  "sole", {.module = built(family, "1.0.0"),
                           .settings = {{"kind", kind}, {"where", where}, {"trouble", trouble().string()}}}))
                 .value()) {
        it->add(7);
        runtime
            .subscribe([this](hotswap::event const& what) {
                if (what.level == hotswap::level::error) errors.push_back(what.message);
            })
            .detach();
    }

    fs::path trouble() const { return directory.path() / "trouble"; }
    void trouble_in(std::string const& what) const { std::ofstream(trouble() / what) << "!"; }
    void no_trouble() const {
        for (auto const& each : fs::directory_iterator(trouble())) fs::remove(each.path());
    }
    /// Whether a client or another process sees the resource held.
    bool is_held() const {
        if (kind == "port") return can_connect(AF_INET, address_of(where));
        if (kind == "unix") return can_connect(AF_UNIX, path_of(where));
        auto const taken = test::run_command(HOTSWAP_TEST_LOCK_TAKER, kind + " '" + where + "'");
        return taken.status == 1 && taken.has("Resource temporarily unavailable");
    }
    void check(int release, std::uint64_t sum = 7) {
        CHECK(it->release_number() == release);
        CHECK(it->add(0) == sum);
        CHECK(it->holds());
        CHECK(is_held());
    }

    std::string const kind;
    std::string const where;
    hotswap::handle<sole> it;
    std::vector<std::string> errors;
};

fs::path const first = built("sole", "1.0.0");
fs::path const second = built("sole", "2.0.0");

}  // namespace

TEST_CASE("only one: a port, a socket's path and locks survive twenty swaps and as many that are refused") {
    for (std::string const kind : {"port", "unix", "flock", "fcntl"})
        for (auto const how : {transfer::snapshot, transfer::handoff}) {
            INFO(kind << " by " << to_string(how));
            sole_site at(kind);
            at.check(1);
            for (int i = 0; i != 20; ++i) {
                auto const& next = i % 2 == 0 ? second : first;
                at.trouble_in("construct");
                auto const why = at.refusal("sole", next, {.transfer = how});
                CHECK(to_string(why.code) == "construct_failed");
                CHECK(names(why.message, {"there is trouble in the constructor"}));
                CHECK_FALSE(names(why.message, {"resume"}));
                at.check(i % 2 == 0 ? 1 : 2);
                at.no_trouble();
                at.swap("sole", next, {.transfer = how});
                at.check(i % 2 == 0 ? 2 : 1);
            }
            CHECK(at.status("sole").warnings.empty());
        }
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE(
    "only one: an instance that was constructed and is not wanted gives it back before the running one takes "
    "it") {
    namespace failpoints = hotswap::detail::failpoints;
    for (std::string const kind : {"port", "unix", "flock", "fcntl"}) {
        INFO(kind);
        sole_site at(kind);
        auto const frame = at.snapshot("sole");
        failpoints::arm("swap.construct.after=fail:5");
        for (auto const how : {transfer::snapshot, transfer::handoff}) {
            CHECK_FALSE(names(at.refusal("sole", second, {.transfer = how}).message, {"resume()"}));
            at.check(1);
        }
        failpoints::arm("restore.construct.after=fail:5");
        auto const restored = at.runtime.restore("sole", frame);
        REQUIRE(restored.has_error());
        CHECK_FALSE(names(restored.error().message, {"resume()"}));
        at.check(1);
        failpoints::clear();
        at.swap("sole", second);
        at.check(2);
    }
}
#endif

TEST_CASE("only one: without release() the same component cannot be swapped") {
    sole_site at("port", "sole");
    at.runtime.unload("sole").value();
    at.it = at.runtime
                .load<sole>("sole", {.module = built("sole_selfish", "9.0.0"),
                                     .settings = {{"kind", "port"}, {"where", at.where}}})
                .value();
    CHECK(names(at.refusal("sole", first).message, {"bind: Address already in use"}));
    at.check(9, 0);
}

TEST_CASE("only one: with tables, and with a budget for the pause") {
    auto const budget = std::chrono::seconds(20);
    {
        sole_site at("port", "sole_table");
        for (int i = 0; i != 4; ++i) {
            at.trouble_in("construct");
            CHECK(to_string(at.refusal("sole", built("sole_table", i % 2 == 0 ? "2.0.0" : "1.0.0"),
                                       {.pause_budget = budget})
                                .code) == "construct_failed");
            at.check(i % 2 == 0 ? 1 : 2);
            at.no_trouble();
            auto const report = at.swap("sole", built("sole_table", i % 2 == 0 ? "2.0.0" : "1.0.0"),
                                        {.pause_budget = i < 2 ? budget : std::chrono::seconds(0)});
            CHECK(report.tables.way == hotswap::table_way::before_pause);
            at.check(i % 2 == 0 ? 2 : 1);
        }
    }
    sole_site plain("port");
    plain.swap("sole", second, {.pause_budget = budget});
    plain.check(2);
}

TEST_CASE("only one: restored, reverted, and begun on a fresh state") {
    sole_site at("port");
    auto const before = at.snapshot("sole");
    at.it->add(1);
    at.trouble_in("construct");
    CHECK(to_string(at.runtime.restore("sole", before).error().code) == "construct_failed");
    at.check(1, 8);
    at.no_trouble();
    CHECK(at.runtime.restore("sole", before).has_value());
    at.check(1);
    at.swap("sole", second);
    CHECK(at.runtime.revert("sole").has_value());
    at.check(1);
    at.swap("sole", second, {.fresh_state = true});
    at.check(2, 0);
}

TEST_CASE("only one: what is on probation is sent back by hand, and by the probation itself") {
    sole_site at("port");
    at.swap("sole", second, {.probation = hotswap::probation{.duration = for_ever}});
    at.check(2);
    at.trouble_in("construct-1.0.0");
    CHECK(to_string(at.runtime.revert("sole").error().code) == "construct_failed");
    at.check(2);
    at.no_trouble();
    CHECK(at.runtime.revert("sole").has_value());
    at.check(1);

    hotswap::probation terms{.duration = for_ever, .interval = 1ms};
    terms.check = [] { return std::string("it is no good"); };
    at.swap("sole", second, {.probation = terms});
    CHECK(test::eventually([&] { return at.status("sole").rolled_back.has_value(); }));
    at.check(1);
}

TEST_CASE("only one: the generation that stood by takes it back where it goes on with its own state") {
    sole_site at("port");
    auto const one_way = built("sole_oneway", "3.0.0");
    at.swap("sole", one_way, {.probation = hotswap::probation{.duration = for_ever}});
    at.it->add(1);
    at.check(3, 8);
    at.trouble_in("resume-1.0.0");
    auto const why = at.runtime.revert("sole", {.discard_writes = true}).error();
    CHECK(to_string(why.code) == "release_failed");
    CHECK(names(why.message, {"resume() of sole-1.0.0.so threw: there is trouble in resume"}));
    at.check(3, 8);
    at.no_trouble();
    auto const report = at.runtime.revert("sole", {.discard_writes = true}).value();
    CHECK(report.discarded.happened);
    at.check(1);
}

TEST_CASE("only one: what release() throws refuses the operation, and the running instance has all again") {
    sole_site at("port");
    auto const frame = at.snapshot("sole");
    at.trouble_in("release");
    for (auto const how : {transfer::snapshot, transfer::handoff}) {
        auto const why = at.refusal("sole", second, {.transfer = how});
        CHECK(to_string(why.code) == "release_failed");
        CHECK(to_string(why.phase) == "construct");
        CHECK(why.old_serving);
        CHECK(names(why.message, {"release() of sole-1.0.0.so threw: there is trouble in release"}));
        at.check(1);
    }
    CHECK(to_string(at.runtime.restore("sole", frame).error().code) == "release_failed");
    at.check(1);
    at.no_trouble();
    at.swap("sole", second);
    at.check(2);
}

TEST_CASE(
    "only one: what resume() throws is in the failure, in an event and in the status until it is over") {
    sole_site at("port");
    at.trouble_in("construct");
    at.trouble_in("resume");
    auto const why = at.refusal("sole", second);
    CHECK(to_string(why.code) == "construct_failed");
    std::string const said =
        "resume() of sole-1.0.0.so threw: there is trouble in resume; it serves without the resources "
        "that it released: swap again, or unload() and load()";
    CHECK(names(why.message, {"there is trouble in the constructor", "; and " + said}));
    REQUIRE(at.errors.size() == 1);
    CHECK(at.errors.front() == said);
    CHECK(at.status("sole").warnings == std::vector{said});
    CHECK(at.it->add(0) == 7);
    CHECK_FALSE(at.it->holds());

    fs::remove(at.trouble() / "resume");
    CHECK_FALSE(names(at.refusal("sole", second).message, {"resume()"}));  // this time `resume` succeeded
    at.check(1);
    CHECK(at.status("sole").warnings.empty());
    at.no_trouble();
    at.swap("sole", second);
    at.check(2);
}

TEST_CASE("only one: a constructor that overran the budget may still hold it, and the refusal says so") {
    sole_site at("port");
    at.trouble_in("block");
    auto const why = at.refusal("sole", second, {.pause_budget = 1s});
    CHECK(to_string(why.code) == "pause_budget_exceeded");
    CHECK(names(why.message,
                {"that constructor may hold the resources that the running instance released, until it ends",
                 "resume() of sole-1.0.0.so threw: bind: Address already in use"}));
    CHECK(at.it->add(0) == 7);
    CHECK(at.status("sole").warnings.size() == 1);
    at.no_trouble();
    CHECK(test::eventually([&] { return at.runtime.swap("sole", {.module = second}).has_value(); }));
    at.check(2);
    CHECK(at.status("sole").warnings.empty());
}

TEST_CASE("only one: a rehearsal asks the running instance to release as well") {
    sole_site at("port", "sole", {.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap"});
    auto const plan = [&] {
        return at.runtime.plan("sole", {.module = second, .rehearse = hotswap::rehearse::always}).value();
    };
    CHECK(plan().rehearsal.next_to == "1.0.0, loaded and constructed");
    at.trouble_in("release");
    CHECK(plan().rehearsal.next_to ==
          "1.0.0, loaded and constructed; its release() threw: there is trouble in release");
    at.no_trouble();
    at.swap("sole", second);
    at.check(2);
}

TEST_CASE("only one: of ten clients that have connected and are not yet accepted a swap resets none") {
    for (auto const how : {transfer::snapshot, transfer::handoff}) {
        INFO("by " << to_string(how));
        site at;
        auto const where = own_address();
        auto const door =
            at.runtime
                .load<doorman>("door", {.module = built("doorman", "1.0.0"), .settings = {{"where", where}}})
                .value();
        std::vector<int> clients;
        for (int i = 0; i != 10; ++i) {
            clients.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            auto const address = address_of(where);
            REQUIRE(connect(clients.back(), reinterpret_cast<sockaddr const*>(&address), sizeof address) ==
                    0);
            at.swap("door", built("doorman", i % 2 == 0 ? "2.0.0" : "1.0.0"), {.transfer = how});
            CHECK(names(at.refusal("door", built("doorman_refusing", "3.0.0"), {.transfer = how}).message,
                        {"does not stand at doors"}));
        }
        CHECK(door->answer_all() == 10);
        for (int const each : clients) {
            char answer = 0;
            CHECK(read(each, &answer, 1) == 1);
            close(each);
        }
        CHECK(door->openings() == 1);
    }
}

TEST_CASE(
    "only one: a descriptor in a state that was recovered is not taken for the file that has its number") {
    temporary_directory const directory;
    auto const words =
        "'" + directory.path().string() + "' '" + built("doorman", "1.0.0").string() + "' " + own_address();
    auto const before = test::run_command(HOTSWAP_TEST_DOORMAN_HOST, words);
    CHECK_MESSAGE(before.has("recovered false, connected true, answered 1, opened 1, others 0"),
                  before.output);
    auto const after = test::run_command(HOTSWAP_TEST_DOORMAN_HOST, words);
    CHECK_MESSAGE(after.has("recovered true, connected true, answered 1, opened 2, others 100"),
                  after.output);
}
