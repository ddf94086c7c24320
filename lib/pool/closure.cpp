#include "pool/closure.hpp"

#include "base/refuse.hpp"
#include "pool/check.hpp"
#include "pool/process_tree.hpp"
#include "report/plain_text.hpp"

#include <hotswap/report.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>

namespace hotswap::detail {

namespace {

using clock = std::chrono::steady_clock;

constexpr char shell[] = "/bin/sh";
constexpr std::chrono::hours longest_deadline{24 * 365};  // of a deadline: more may not fit into the clock
// What closures get of our environment; also what pool_options::environment names.
constexpr std::array allowed{"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"};

std::vector<std::string> environment_of(pool_options const& options) {
    std::vector<std::string> made;
    auto const take = [&made](char const* name) {
        char const* const value = std::getenv(name);
        if (value != nullptr) made.push_back(std::string(name) + "=" + value);
        return value != nullptr;
    };
    for (auto const* const each : allowed)
        if (!take(each) && std::string_view(each) == "PATH")
            made.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    for (auto const& each : options.environment) take(each.c_str());
    return made;
}

using lines = std::vector<std::string>;

bool is_whole(std::string const& text, std::filesystem::path const& directory) {
    if (text.ends_with('\\')) return false;
    auto const tried = run_tree({shell, "-n", "-c", text}, {"PATH=/usr/bin:/bin"}, directory,
                                clock::now() + std::chrono::seconds(10), {});
    return tried && tried->status == 0;
}

// The lines as commands: if … then … fi on several of them is one. What a document in the script begins is not told apart from
// commands: then all lines are one.
lines commands_of(lines const& all, std::filesystem::path const& directory) {
    lines made;
    bool is_open = false;
    bool const has_document =
        std::ranges::any_of(all, [](std::string const& line) { return line.find("<<") != line.npos; });
    for (auto const& line : all) {
        if (is_open)
            made.back() += "\n" + line;
        else
            made.push_back(line);
        is_open = has_document || !is_whole(made.back(), directory);
    }
    return made;
}

// Each command writes its number to descriptor 3 before it runs, so that the one that failed is known.
std::string script_of(lines const& commands) {
    std::string text = "umask 022\n";
    for (std::size_t i = 0; i != commands.size(); ++i)
        text += fmt::format("echo {} >&3\n{}\n", i, commands[i]);
    return text;
}

std::string last_of(std::string const& marks, lines const& commands) {
    auto const end = marks.find_last_not_of('\n');
    if (end == marks.npos) return "the shell";
    auto const before = marks.rfind('\n', end);
    auto const begin = before == marks.npos ? 0 : before + 1;
    std::size_t number = 0;
    std::from_chars(marks.data() + begin, marks.data() + end + 1, number);
    if (number >= commands.size()) return "the shell";
    auto const newline = commands[number].find('\n');
    return fmt::format("`{}{}`", commands[number].substr(0, newline),
                       newline == std::string::npos ? "" : " …");
}

std::string how(tree_ending const& ended, std::chrono::nanoseconds deadline) {
    if (ended.was_stopped) return "was ended, because the operation was asked to stop";
    if (ended.timed_out)
        return fmt::format("did not end within {}, and was ended", hotswap::to_string(deadline));
    if (ended.signal != 0)
        return fmt::format("was ended by signal {} ({})", ended.signal, ::strsignal(ended.signal));
    return fmt::format("failed with exit status {}", ended.status);
}

struct running_closure {
    std::filesystem::path const& directory;
    pool_options const& options;
    std::stop_token const& stop;
    clock::time_point until;
    closure_ending so_far{};

    result<void> run_lines(lines const& all) {
        if (all.empty()) return {};
        auto const commands = commands_of(all, directory);
        auto const ended = run_tree({shell, "-e", "-c", script_of(commands)}, environment_of(options),
                                    directory, until, stop);
        if (!ended) return ended.error();
        so_far.output += ended->output;
        if (ended->status != 0)
            so_far.reason =
                fmt::format("{} {}", last_of(ended->marks, commands), how(*ended, options.closure_deadline));
        return {};
    }

    void run_check(closure_check const& check) {
        auto const wrong = fault_of(check, options.host, until);
        if (!wrong.empty()) so_far.reason = wrong;
    }
};

}  // namespace

result<closure_ending> run_closure(std::vector<closure_step> const& closure,
                                   std::filesystem::path const& directory, pool_options const& options,
                                   std::stop_token const& stop) {
    running_closure run{
        directory, options, stop,
        clock::now() + std::min<std::chrono::nanoseconds>(options.closure_deadline, longest_deadline)};
    lines waiting;
    for (std::size_t i = 0; i <= closure.size() && run.so_far.reason.empty(); ++i) {
        auto const* const line = i == closure.size() ? nullptr : std::get_if<std::string>(&closure[i]);
        if (line != nullptr) {
            waiting.push_back(*line);
            continue;
        }
        if (auto ran = run.run_lines(waiting); !ran) return ran.error();
        waiting.clear();
        if (i != closure.size() && run.so_far.reason.empty())
            run.run_check(std::get<closure_check>(closure[i]));
    }
    run.so_far.passed = run.so_far.reason.empty();
    run.so_far.output = as_utf8(run.so_far.output);
    run.so_far.reason = as_utf8(run.so_far.reason);
    return std::move(run.so_far);
}

}  // namespace hotswap::detail
