// Files that are no modules, and harmful modules: refused with the reason, or loaded with a warning.
#include "campaign.hpp"

#include <boost/json/serialize.hpp>

#include <array>
#include <fstream>

namespace chaos {

namespace fs = std::filesystem;
namespace json = boost::json;

void campaign::bad_file(before const& was) {
    auto const good = fs::path(CHAOS_MODULES) / (was.component + "-2.0.0.so");
    auto const bad = make_bad_file(random_, good, site_.scratch() / "modules");
    doing_ = bad.what;
    expect_refused(swap(was, {{"module", bad.file.native()}, {"allow_loss", true}}), bad.what, bad.codes);
    std::error_code ignored;
    fs::remove_all(bad.file, ignored);
}

/// Another file replaces the module, again and again, while it is copied, read and loaded: the copy decides.
void campaign::replaced_while_loading(before const& was) {
    auto const place = site_.scratch() / "modules" / (was.component + "-2.0.0.so");
    auto const good = fs::path(CHAOS_MODULES) / (was.component + "-2.0.0.so");
    fs::copy_file(good, place, fs::copy_options::overwrite_existing);
    std::atomic<bool> stop{false};
    std::thread thief([&] {
        for (unsigned i = 0; !stop; ++i) {
            auto const next = place.string() + ".next";
            if (i % 2 == 0)
                std::ofstream(next, std::ios::binary) << std::string(100'000, 'x');
            else
                fs::copy_file(good, next, fs::copy_options::overwrite_existing);
            fs::rename(next, place);
        }
    });
    auto const got = swap(was, {{"module", place.native()}, {"allow_loss", true}});
    stop = true;
    thief.join();
    if (got.status != 200) expect_refused(got, doing_, {"not_elf", "no_such_file", "truncated_file"});
    fs::remove(place);
}

void campaign::unsealed(before const& was) {
    auto const place = site_.scratch() / "modules" / (was.component + "-2.0.0.so");
    write_unsealed(fs::path(CHAOS_MODULES) / (was.component + "-2.0.0.so"), place);
    auto const got = swap(was, {{"module", place.native()}, {"allow_loss", true}});
    found_.expect(got.status == 200, "an unsealed module gets in, with a warning: {}",
                  json::serialize(got.body));
    found_.expect(site_.output().find("seal") != std::string::npos, "an unsealed module is warned of");
    fs::remove(place);
}

void campaign::bad_module(before const&) {
    struct bad {
        char const* file;
        char const* code;
        char const* rehearse;
    };
    static constexpr std::array all{bad{"unique_symbols-3.0.0", "unique_symbols", "when_new"},
                                    bad{"missing_symbol-2.0.0", "unresolved_symbols", "never"},
                                    bad{"migrate_throw-3.0.0", "migration_failed", "never"},
                                    bad{"migrate_throw-3.0.0", "migration_failed", "always"},
                                    bad{"construct_throw-3.0.0", "construct_failed", "never"},
                                    bad{"construct_throw-3.0.0", "construct_failed", "always"},
                                    bad{"validate_throw-3.0.0", "validation_failed", "never"},
                                    bad{"validate_throw-3.0.0", "validation_failed", "always"},
                                    bad{"", "contract_mismatch", "never"}};
    auto const& one = random_.any_of(all);
    auto const was = need("cache", "2.0.0");
    std::string const name = one.file;
    doing_ = name.empty() ? "wrong contract" : name + ", rehearsed " + one.rehearse;
    auto const module = name.empty() ? CHAOS_MODULES "/session-2.0.0.so" : zoo(name);
    expect_refused(swap(was, {{"module", module}, {"rehearse", one.rehearse}}), doing_, {one.code});
}

void campaign::static_deed(before const&) {
    static constexpr std::array deeds{"throw", "abort",         "segfault", "exit",     "_exit",
                                      "fork",  "fork_and_exit", "thread",   "close_all"};
    auto const was = need("cache", "2.0.0");
    std::string const deed = random_.any_of(deeds);
    doing_ = "static constructor: " + deed;
    expect_refused(swap(was, {{"module", zoo("static_" + deed + "-2.0.0")}}), doing_,
                   {"rehearsal_failed", "load_failed"});
}

/// Modules that are stopped by a limit.
void campaign::slow_deed(before const&) {
    static constexpr std::array deeds{"static_spin-2.0.0", "static_allocate-2.0.0", "migrate_allocate-3.0.0",
                                      "migrate_sleep-3.0.0"};
    auto const was = need("cache", "2.0.0");
    std::string const deed = random_.any_of(deeds);
    doing_ = deed;
    answer got;
    auto const asked = clock::now();
    try {
        got = gateway_site::ask(site_.socket(), "POST", "/swap/cache", {{"module", zoo(deed)}});
    } catch (gateway::connection_lost const&) {
        // The swap may take longer than the connection's timeout; then the status has the result.
    }
    while (site_.status_of("cache").at("swapping").as_bool())
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (got.status != 0)
        expect_refused(finish(was, asked, got, ""), deed,
                       {"rehearsal_failed", "out_of_memory", "migration_failed"});
    found_.expect(look("cache").generation == was.generation, "{} is refused", deed);
}

/// Loaded, with a warning only; when it is retired its code stays mapped, and the report says so.
void campaign::thread_local_destructor(before const&) {
    if (site_.allowed.modules >= 4) return;
    auto const was = need("cache", "2.0.0");
    auto const in = swap(was, {{"module", zoo("thread_local-2.0.0")}});
    found_.expect(in.status == 200, "a module with a thread-local destructor gets in: {}",
                  json::serialize(in.body));
    if (in.status != 200) return;
    ++site_.allowed.modules;
    auto const out = swap(look("cache"), {{"module", "cache-2.0.0.so"}});
    swap(look("cache"),
         {{"module", "cache-1.0.0.so"}, {"allow_loss", true}});  // so that no revert brings it back
    auto const* const unload = out.body.if_contains("unload");
    found_.expect(
        unload != nullptr && unload->at("verdict") == "retained" && !unload->at("reason").as_string().empty(),
        "it stays, and the report says why: {}", json::serialize(out.body));
}

/// Abandoned at the budget's end; callers continue with the old code.
void campaign::constructor_without_end(before const&) {
    if (site_.allowed.modules >= 4) return;
    auto const was = need("cache", "2.0.0");
    ++site_.allowed.modules;
    ++site_.allowed.threads;
    expect_refused(swap(was, {{"module", zoo("construct_sleep-3.0.0")},
                              {"rehearse", "never"},
                              {"pause_budget_ns", 30'000'000}}),
                   doing_, {"pause_budget_exceeded"});
    auto const status = site_.status_of("cache");
    found_.expect(!status.at("retained").as_string().empty(),
                  "code that is left to itself is named in the status");
}

}  // namespace chaos
