// cache_host MODULES DIRECTORY WORD…: a host of the shipped cache with a tier on disk, which can be killed. The words: put KEY
// VALUE, fill PREFIX COUNT, get KEY, erase KEY, count PREFIX COUNT, swap RELEASE, said (what was logged about the tier), wait (for a byte of the input), kill, and die
// MICROSECONDS (to be killed so long after it). What a call returns is printed at once.
#include <hotswap/contracts/cache.hpp>
#include <hotswap/runtime.hpp>

#include <sys/time.h>

#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace {

using hotswap::contracts::cache;

std::string key_of(std::string const& prefix, int i) { return prefix + std::to_string(i); }

class host {
public:
    host(std::filesystem::path const& modules, std::string const& directory)
        : runtime_({.modules = modules, .log_to_stderr = false}),
          listening_(runtime_.subscribe([this](hotswap::event const& happened) {
              std::lock_guard const lock(mutex_);
              if (happened.message.find("tier on disk") != std::string_view::npos)
                  said_ += std::string(happened.message) + '\n';
          })),
          values_(runtime_
                      .load<cache>("cache", {.module = modules / "cache-3.0.0.so",
                                             .settings = {{"disk_directory", directory}}})
                      .value()) {
        values_->configure({.max_entries = 16});
    }

    /// Runs the first of `words`; returns the next.
    char** run(char** words) {
        std::string const what = *words++;
        auto const next = [&words] { return std::string(*words++); };
        if (what == "put" || what == "fill" || what == "count") {
            auto const name = next();
            if (what == "put")
                put(name, next());
            else if (what == "fill")
                fill(name, std::stoi(next()));
            else
                say(std::to_string(count(name, std::stoi(next()))));
        } else if (what == "get") {
            say(values_->get(next()).value_or("nothing"));
        } else if (what == "erase") {
            say(values_->erase(next()) ? "erased" : "nothing");
        } else if (what == "swap") {
            say(runtime_
                    .swap("cache",
                          {.module = hotswap::release(next()), .allow_loss = true, .even_if_unchanged = true})
                    .value()
                    .to.release);
        } else if (what == "said") {
            std::lock_guard const lock(mutex_);
            say(said_);
        } else if (what == "wait") {
            say("waits");
            std::cin.get();
        } else if (what == "die") {
            itimerval const after{{}, {0, std::stoi(next())}};
            setitimer(ITIMER_REAL, &after, nullptr);
        } else if (what == "kill") {
            std::raise(SIGKILL);
        }
        return words;
    }

private:
    static void say(std::string const& text) { std::cout << text << std::endl; }

    void put(std::string const& key, std::string const& value) {
        values_->put(key, value, std::chrono::hours{1});
        say("stored");
    }
    void fill(std::string const& prefix, int rows) {
        for (int i = 0; i != rows; ++i)
            values_->put(key_of(prefix, i), key_of("value ", i), std::chrono::hours{1});
    }
    int count(std::string const& prefix, int rows) {
        int found = 0;
        for (int i = 0; i != rows; ++i)
            found += values_->get(key_of(prefix, i)) == key_of("value ", i) ? 1 : 0;
        return found;
    }

    std::mutex mutex_;
    std::string said_;
    hotswap::runtime runtime_;
    decltype(std::declval<hotswap::runtime&>().subscribe({})) listening_;
    hotswap::handle<cache> values_;
};

}  // namespace

int main(int, char** words) {
    try {
        host here(words[1], words[2]);
        for (words += 3; *words != nullptr;) words = here.run(words);
        return 0;
    } catch (std::exception const& failed) {
        std::cout << "cache_host: " << failed.what() << '\n';
        return 1;
    }
}
