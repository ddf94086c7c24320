#include "base/failpoint.hpp"

#if defined(HOTSWAP_FAILPOINTS)

#include <hotswap/detail/base/mutex.hpp>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <new>
#include <stdexcept>

namespace hotswap::detail::failpoints {

namespace {

enum class kind : std::uint8_t { nothing, fail, no_memory, kill, call };

struct action {
    kind what = kind::nothing;
    int error = 0;
    std::uint64_t on_visit = 0;  // 0: on every one
    std::uint64_t visits = 0;
    std::function<void()> function;
};

int number_in(std::string_view text) {
    int value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value <= 0)
        throw std::invalid_argument("a failpoint needs a number above 0, not \"" + std::string(text) + "\"");
    return value;
}

action parse(std::string_view text) {
    action made;
    if (auto const star = text.find('*'); star != text.npos) {
        made.on_visit = static_cast<std::uint64_t>(number_in(text.substr(0, star)));
        text.remove_prefix(star + 1);
    }
    constexpr std::string_view fail = "fail:";
    if (text == "kill") {
        made.what = kind::kill;
    } else if (text == "no_memory") {
        made.what = kind::no_memory;
    } else if (text.starts_with(fail)) {
        made.what = kind::fail;
        made.error = number_in(text.substr(fail.size()));
    } else {
        throw std::invalid_argument("a failpoint's action is kill, no_memory or fail:ERRNO, not \"" +
                                    std::string(text) + "\"");
    }
    return made;
}

struct points {
    detail::mutex mutex;
    std::map<std::string, action, std::less<>> armed HOTSWAP_GUARDED_BY(mutex);
    std::vector<std::string> visited HOTSWAP_GUARDED_BY(mutex);

    points() {
        if (char const* const wanted = std::getenv("HOTSWAP_FAILPOINTS")) add(wanted);
    }
    void add(std::string_view list) HOTSWAP_REQUIRES(mutex) {
        while (!list.empty()) {
            auto const one = list.substr(0, list.find(';'));
            list.remove_prefix(std::min(list.size(), one.size() + 1));
            auto const equals = one.find('=');
            if (equals == one.npos)
                throw std::invalid_argument("a failpoint is armed by NAME=ACTION, not \"" + std::string(one) +
                                            "\"");
            armed[std::string(one.substr(0, equals))] = parse(one.substr(equals + 1));
        }
    }
};

points& all() {
    static points the_points;
    return the_points;
}

}  // namespace

void arm(std::string_view list) {
    mutex_lock const lock(all().mutex);
    all().add(list);
}

void call(std::string point, std::function<void()> f) {
    mutex_lock const lock(all().mutex);
    auto& made = all().armed[std::move(point)] = {};
    made.what = kind::call;
    made.function = std::move(f);
}

void clear() {
    mutex_lock const lock(all().mutex);
    all().armed.clear();
    all().visited.clear();
}

std::vector<std::string> visited() {
    mutex_lock const lock(all().mutex);
    return all().visited;
}

int visit(std::string_view point) {
    mutex_lock lock(all().mutex);
    auto& visited = all().visited;
    if (std::find(visited.begin(), visited.end(), point) == visited.end()) visited.emplace_back(point);
    auto const found = all().armed.find(point);
    if (found == all().armed.end()) return 0;
    action& due = found->second;
    if (++due.visits != due.on_visit && due.on_visit != 0) return 0;
    auto const what = due.what;
    int const error = due.error;
    auto const function = due.function;
    lock.unlock();
    if (what == kind::kill) kill(getpid(), SIGKILL);
    if (what == kind::no_memory) throw std::bad_alloc();
    if (what == kind::call) function();
    return error;
}

}  // namespace hotswap::detail::failpoints

#endif
