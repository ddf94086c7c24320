// Which class of the library begins threads: one.
#include "house/includes.hpp"

#include <doctest/doctest.h>

#include <regex>
#include <string>
#include <vector>

using namespace house;

namespace {

/// The text without its comments and what is between quotes.
std::string code_of(std::string const& text) {
    static std::regex const other(R"re(//[^\n]*|/\*[^]*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')re");
    return std::regex_replace(text, other, "");
}

/// What in a file begins a thread, in the words that do.
std::vector<std::string> threads_begun_in(std::string const& text) {
    static std::regex const beginning(
        R"(\b(std::j?thread\b(?!\s*::)|std::async\b|(boost|std::experimental)::j?thread\b|pthread_create\b|thrd_create\b|SIGEV_THREAD\b))");
    auto const code = code_of(text);
    std::vector<std::string> found;
    for (std::sregex_iterator each(code.begin(), code.end(), beginning), end; each != end; ++each)
        found.push_back(each->str());
    return found;
}

}  // namespace

TEST_CASE("threads: what begins one is found, but not in comments, in words, or in a thread's id") {
    for (auto const* const beginning :
         {"std::thread worker([] {});", "std::vector<std::thread> all;", "std::jthread w;",
          "auto f = std::async(std::launch::async, g);", "pthread_create(&id, nullptr, f, nullptr);",
          "::thrd_create(&id, f, nullptr);", "boost::thread t(f);", "event.sigev_notify = SIGEV_THREAD;"})
        CHECK_MESSAGE(threads_begun_in(beginning).size() == 1, beginning);
    for (auto const* const other :
         {"// a std::thread would do", "/* std::thread\n std::async */ int i;",
          "symbol == \"pthread_create\"", "std::thread::id owner;", "std::thread::hardware_concurrency()",
          "std::this_thread::yield();", "library_thread t(name, f);",
          "char c = '\"'; // std::thread\nchar d = '\"';"})
        CHECK_MESSAGE(threads_begun_in(other).empty(), other);
}

TEST_CASE("threads: the library begins none but a library_thread") {
    for (auto const& file : library_sources()) {
        bool const is_that_class = file.path == "detail/base/library_thread.hpp" && file.is_header_of_users;
        auto const begun = threads_begun_in(file.text);
        CHECK(begun.empty() != is_that_class);
        if (!is_that_class)
            for (auto const& words : begun)
                FAIL_CHECK(file.path << " has " << words
                                     << ": begin a library_thread, whose signals, name and end are seen to");
    }
}
