// cache_host MODULE DIRECTORY WORD…: a host of the shipped cache with a tier on disk, which can be killed. The words: put KEY VALUE,
// fill PREFIX COUNT, get KEY, erase KEY, count PREFIX COUNT, entries, said (what was logged), wait (for a byte of the input), kill.
#include <hotswap/contracts/cache.hpp>
#include <hotswap/runtime.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

namespace {

using hotswap::contracts::cache;

int run(int count, char** words) {
    hotswap::runtime runtime({.log_to_stderr = false});
    std::string said;
    auto const listening = runtime.subscribe([&said](hotswap::event const& happened) {
        if (happened.message.find("tier on disk") != std::string_view::npos) said += happened.message;
    });
    auto const values =
        runtime.load<cache>("cache", {.module = std::filesystem::path(words[1]), .settings = {{"disk_directory", words[2]}}})
            .value();
    values->configure({.max_entries = 16});
    auto const key_of = [](std::string const& prefix, int i) { return prefix + std::to_string(i); };
    for (int i = 3; i < count; ++i) {
        std::string const word = words[i];
        if (word == "put") {
            values->put(words[i + 1], words[i + 2], std::chrono::hours{1});
            i += 2;
        } else if (word == "fill") {
            for (int k = 0; k != std::stoi(words[i + 2]); ++k)
                values->put(key_of(words[i + 1], k), key_of("value ", k), std::chrono::hours{1});
            i += 2;
        } else if (word == "get") {
            std::cout << values->get(words[++i]).value_or("nothing") << '\n';
        } else if (word == "erase") {
            std::cout << (values->erase(words[++i]) ? "erased" : "nothing") << '\n';
        } else if (word == "count") {
            int found = 0;
            for (int k = 0; k != std::stoi(words[i + 2]); ++k)
                found += values->get(key_of(words[i + 1], k)) == key_of("value ", k) ? 1 : 0;
            std::cout << found << '\n';
            i += 2;
        } else if (word == "entries") {
            std::cout << values->stats().disk_entries << '\n';
        } else if (word == "said") {
            std::cout << said << '\n';
        } else if (word == "wait") {
            std::cout << "waits" << std::endl;
            std::cin.get();
        } else if (word == "kill") {
            std::cout.flush();
            std::raise(SIGKILL);
        }
    }
    return 0;
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(count, words);
    } catch (std::exception const& failed) {
        std::cout << "cache_host: " << failed.what() << '\n';
        return 1;
    }
}
