// leaving_host DIRECTORY WHAT [rehearse|unload|refused|parallel]: a host whose component is leaver_WHAT 1.0.0. A thread calls it and waits; the
// component is swapped to leaver 2.0.0, or unloaded; the thread ends; then the host uses the thing left
// behind. Prints the verdict on the old code, and ends with status 0. "rehearse" rehearses the release
// itself, in a swap to it from leaver 2.0.0; with "refused" a swap to it is refused after it has been loaded;
// "parallel" loads and unloads two components with it at once.
#include "swap/fixtures/leaver.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <thread>

namespace {

namespace fs = std::filesystem;
using hotswap_test::leaver;

fs::path file_of(std::string const& family, std::string_view release) {
    return fs::path(HOTSWAP_TEST_FIXTURES) / fmt::format("{}-{}.so", family, release);
}

template <class... A>
void say(fmt::format_string<A...> sentence, A&&... arguments) {
    fmt::print(sentence, std::forward<A>(arguments)...);
    std::fflush(stdout);
}

bool is_mapped(std::string_view file) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (line.find(file) != line.npos) return true;
    return false;
}

/// Waits until the library's thread, which nothing else shows, has run twice more.
void watch_pool() {
    void* const library = dlopen("libhotswap_test_pool.so", RTLD_NOLOAD | RTLD_LAZY);
    if (library == nullptr) return say("no pool\n");
    auto* const turns = reinterpret_cast<unsigned (*)()>(dlsym(library, "hotswap_test_turns_of_pool"));
    for (auto const before = turns(); turns() - before < 2;) std::this_thread::yield();
    say("pool at work\n");
}

void use(std::string_view what) {
    if (what.starts_with("signal")) std::raise(SIGUSR1);
    if (what == "sigaction") std::raise(SIGRTMIN + 3);
    if (what == "terminate") std::get_terminate()();
    if (what == "new_handler") std::get_new_handler()();
    if (what == "resource")
        say("{}\n", std::pmr::get_default_resource()->is_equal(*std::pmr::new_delete_resource()));
    if (what == "variable") say("{}\n", std::getenv("HOTSWAP_TEST_LEFT"));
    if (what == "pool" || what == "pool_early") watch_pool();
    if (what == "atfork") {
        pid_t const child = fork();
        if (child == 0) _exit(0);
        waitpid(child, nullptr, 0);
    }
    if (what == "at_quick_exit") std::quick_exit(0);
}

/// Takes back every handler that can be taken back.
void take_back() {
    std::signal(SIGUSR1, SIG_DFL);
    std::signal(SIGRTMIN + 3, SIG_DFL);
    std::set_terminate(nullptr);
    std::set_new_handler(nullptr);
    std::pmr::set_default_resource(nullptr);
}

void tell_status(hotswap::runtime const& runtime) {
    for (auto const& each : runtime.status())
        say("status: retained {}; libraries {}\n", each.retained.empty() ? "nothing" : each.retained,
            fmt::join(each.libraries, ", "));
}

/// Calls the component on a separate thread, swaps or unloads the component meanwhile, and ends the thread.
void let_go(hotswap::runtime& runtime, hotswap::handle<leaver> const& it, bool unloads) {
    std::promise<void> left;
    std::promise<void> may_end;
    std::thread caller([&] {
        it->leave();
        left.set_value();
        may_end.get_future().wait();
    });
    left.get_future().wait();
    if (unloads)
        say("unload: {}\n", runtime.unload("leaver").value());
    else
        say("swap: {}\n",
            runtime
                .swap("leaver", {.module = file_of("leaver", "2.0.0"), .rehearse = hotswap::rehearse::never})
                .value()
                .unload);
    may_end.set_value();
    caller.join();
}

void rehearse(hotswap::runtime& runtime, fs::path const& module) {
    auto const done = runtime.swap("leaver", {.module = module, .rehearse = hotswap::rehearse::always});
    if (done)
        say("swap: {}\n", *done);
    else
        say("refused: {}\n", done.error());
}

void load_in_parallel(hotswap::runtime& runtime, fs::path const& module) {
    std::array<std::thread, 2> threads;
    for (std::size_t i = 0; i != threads.size(); ++i)
        threads[i] = std::thread([&runtime, &module, name = fmt::format("leaver {}", i)] {
            for (int round = 0; round != 20; ++round) {
                runtime.load<leaver>(name, {.module = module}).value()->leave();
                static_cast<void>(runtime.unload(name).value());
            }
        });
    for (auto& each : threads) each.join();
}

int run(fs::path const& directory, std::string const& what, std::string_view how) {
    hotswap::runtime runtime(
        {.modules = HOTSWAP_TEST_FIXTURES, .staging = directory, .log_to_stderr = false});
    runtime
        .subscribe([](hotswap::event const& each) {
            if (each.level >= hotswap::level::warning) say("{}\n", each.message);
        })
        .detach();
    auto const module = file_of("leaver_" + what, "1.0.0");
    if (how == "parallel") {
        load_in_parallel(runtime, module);
        use(what);
        return 0;
    }
    auto const first = how == "rehearse" || how == "refused" ? file_of("leaver", "2.0.0") : module;
    auto const it = runtime.load<leaver>("leaver", {.module = first}).value();
    if (how == "rehearse") {
        rehearse(runtime, module);
    } else if (how == "refused") {
        auto const lease = it.share();
        auto const done = runtime.swap("leaver", {.module = module,
                                                  .drain_deadline = std::chrono::milliseconds(1),
                                                  .rehearse = hotswap::rehearse::never});
        say("refused: {}\n", done.has_error());
    } else {
        let_go(runtime, it, how == "unload");
    }
    tell_status(runtime);
    use(what);
    if (how.empty()) {
        take_back();
        tell_status(runtime);
    }
    for (auto const* const library : {"libhotswap_test_pool.so", "libhotswap_test_pure.so"})
        if (is_mapped(library)) say("{} is mapped\n", library);
    return 0;
}

}  // namespace

int main(int count, char** words) {
    try {
        if (count >= 3) return run(words[1], words[2], count > 3 ? words[3] : "");
        std::fputs("usage: leaving_host DIRECTORY WHAT [rehearse|unload|refused|parallel]\n", stderr);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "leaving_host: %s\n", e.what());
    }
    return 1;
}
