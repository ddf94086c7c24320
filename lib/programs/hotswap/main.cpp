// hotswap: the operator's command line, a client of the control interface.
#include "programs/hotswap/verbs.hpp"

#include <hotswap/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string_view>
#include <system_error>

namespace hotswap::cli {
namespace {

constexpr char exit_codes[] =
    "Exit status: 0 done or nothing to do, 1 output cannot be written, 2 changes are pending, or a diff has "
    "differences, 3 refused and "
    "nothing changed,\n"
    "4 done and sent back by its probation, 5 still running at --timeout, 6 the host is unreachable,\n"
    "7 inconsistent, 64 called wrongly.";

void add_common_options(CLI::App& app, common_options& options) {
    app.add_option("--socket", options.socket, "The host's control socket")->envname("HOTSWAP_SOCKET");
    app.add_option("--host", options.host,
                   "HOST:PORT of a host that is reached over TCP, in place of a socket")
        ->envname("HOTSWAP_HOST");
    app.add_option("--ca", options.tls.authorities,
                   "PEM: who has signed the host's certificate (the system's)");
    app.add_option("--token-file", options.token_file, "A file with the token to show, for --host")
        ->envname("HOTSWAP_TOKEN_FILE");
    auto* const certificate =
        app.add_option("--certificate", options.tls.certificate, "PEM: the certificate to show, for --host");
    app.add_option("--key", options.tls.key, "PEM: the key of that certificate")->needs(certificate);
    app.add_flag("--json", options.as_json,
                 "Exactly one object on stdout, also on failure (watches: one a line)");
    app.add_option("--reason", options.reason, "Why, for the audit");
    app.add_option("--timeout", options.timeout,
                   "How long to wait for the end of an operation, for instance 30s");
}

struct known_verb {
    std::string_view name;
    void (*add)(CLI::App&, chosen_verb&);
};

constexpr std::array verbs{known_verb{"status", &add_status},
                           known_verb{"diff", &add_diff},
                           known_verb{"plan", &add_plan},
                           known_verb{"swap", &add_swap},
                           known_verb{"revert", &add_revert},
                           known_verb{"wait", &add_wait},
                           known_verb{"abort", &add_abort},
                           known_verb{"configure", &add_configure},
                           known_verb{"snapshot", &add_snapshot},
                           known_verb{"checkpoint", &add_checkpoint},
                           known_verb{"load", &add_load},
                           known_verb{"unload", &add_unload},
                           known_verb{"events", &add_events},
                           known_verb{"log", &add_log},
                           known_verb{"watch", &add_watch},
                           known_verb{"new-component", &add_new_component},
                           known_verb{"new-version", &add_new_version},
                           known_verb{"inspect", &add_inspect},
                           known_verb{"lint", &add_lint},
                           known_verb{"rehearse", &add_rehearse},
                           known_verb{"golden", &add_golden},
                           known_verb{"keygen", &add_keygen},
                           known_verb{"sign", &add_sign},
                           known_verb{"seal", &add_seal},
                           known_verb{"apply", &add_apply},
                           known_verb{"pools", &add_pools},
                           known_verb{"pool", &add_pool},
                           known_verb{"explain", &add_explain},
                           known_verb{"completion", &add_completion},
                           known_verb{"man", &add_man},
                           known_verb{"openapi", &add_openapi}};

// The verbs that occur among the words; all of them, if there is none, or if it describes the others. The command is started for every
// verb, and the parser of all verbs would be a quarter of its start.
void add_verbs(CLI::App& to, std::span<char* const> words, chosen_verb& chosen) {
    auto const is_named = [&words](known_verb const& each) {
        return std::ranges::any_of(words, [&each](std::string_view word) { return word == each.name; });
    };
    auto const describes_all = [&](known_verb const& each) {
        return (each.add == &add_completion || each.add == &add_man) && is_named(each);
    };
    bool const needs_all = std::ranges::none_of(verbs, is_named) || std::ranges::any_of(verbs, describes_all);
    for (auto const& each : verbs)
        if (needs_all || is_named(each)) each.add(to, chosen);
}

exit_code usage(common_options const& options, char const* what) {
    session const with(options);
    return with.fail(detail::refuse(errc::invalid_argument, phase::none, "{}; see hotswap --help", what),
                     exit_code::usage);
}

exit_code run(int argc, char** argv) {
    CLI::App app("Operates a host whose components are replaced while it runs.", "hotswap");
    app.footer(exit_codes);
    app.set_version_flag("--version", fmt::format("hotswap {}.{}.{}", HOTSWAP_VERSION_MAJOR,
                                                  HOTSWAP_VERSION_MINOR, HOTSWAP_VERSION_PATCH));
    app.require_subcommand(1);
    app.fallthrough();
    common_options options;
    add_common_options(app, options);
    chosen_verb chosen;
    add_verbs(app, std::span(argv, static_cast<std::size_t>(argc)), chosen);
    try {
        app.parse(argc, argv);
    } catch (CLI::Success const& wish) {  // --help, --version
        app.exit(wish);
        return exit_code::done;
    } catch (CLI::ParseError const& wrong) {
        return usage(options, wrong.what());
    }
    try {
        session with(options);
        return chosen(with);
    } catch (std::invalid_argument const& wrong) {
        return usage(options, wrong.what());
    }
}

}  // namespace
}  // namespace hotswap::cli

int main(int argc, char** argv) {
    try {
        auto const code = static_cast<int>(hotswap::cli::run(argc, argv));
        // What stays in the buffer is written only now: a full disk or a reader that is gone must not look like success.
        if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
            throw std::system_error(errno, std::generic_category(), "the output cannot be written");
        return code;
    } catch (std::exception const& error) {
        // It may be this output that fails: nothing more is thrown.
        std::fputs("hotswap: ", stderr);
        std::fputs(error.what(), stderr);
        std::fputs("\n", stderr);
        return 1;
    }
}
