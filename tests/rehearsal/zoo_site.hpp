// A runtime with a component of the zoo, which rehearses every swap.
#pragma once

#include "rehearsal/fixtures/zoo.hpp"
#include "swap/fixture.hpp"

#include <string>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HOTSWAP_TEST_SANITIZED 1
#endif

namespace hotswap_test {

inline fs::path zoo_file(std::string const& family, std::string const& release) {
    return fs::path(HOTSWAP_TEST_FIXTURES) / (family + "-" + release + ".so");
}
inline fs::path static_deed(std::string const& deed) { return zoo_file("zoo_static_" + deed, "1.1.0"); }
inline fs::path const obedient = zoo_file("zoo", "2.0.0");

/// Swap options with which the obedient module does `deed` at `place`.
inline hotswap::swap_options asked(std::string const& place, std::string deed) {
    hotswap::swap_options options;
    if (!place.empty()) options.arguments[place] = std::move(deed);
    return options;
}

/// The process that a module noted in `file`.
inline pid_t noted_process(fs::path const& file) {
    pid_t id = 0;
    std::ifstream(file) >> id;
    REQUIRE(id > 0);
    return id;
}

/// Whether the process that a module noted has ended, or ends in a moment.
inline bool is_gone(fs::path const& file) {
    pid_t const id = noted_process(file);
    for (int look = 0; look != 5000; ++look) {
        std::ifstream status("/proc/" + std::to_string(id) + "/stat");
        std::string ignored;
        std::string state;
        if (!(status >> ignored >> ignored >> state) || state == "Z") return true;
        std::this_thread::sleep_for(1ms);  // takes long only if the process is not gone
    }
    return false;
}

struct zoo_site : site {
    explicit zoo_site(hotswap::rehearsal_options limits = {},
                      std::optional<hotswap::rehearse> when = hotswap::rehearse::always)
        : site({.modules = HOTSWAP_TEST_FIXTURES, .rehearse = when, .rehearsal = std::move(limits)}),
          animals(load<zoo>("zoo", zoo_file("zoo", "1.0.0"))) {
        animals->add(41);
        runtime
            .subscribe([this](hotswap::event const& what) {
                if (what.level >= hotswap::level::warning) warnings.push_back(what.message);
            })
            .detach();
    }
    /// After every test a good release can still be swapped in, with the state.
    ~zoo_site() {
        if (!ends_well) return;
        auto const sum = animals->add(0);
        swap("zoo", obedient);
        CHECK(animals->release() == "2.0.0");
        CHECK(animals->add(0) == sum);
    }

    /// Checks that the rehearsal refuses the module with these words, and that nothing was changed.
    void refuses(fs::path const& module, hotswap::swap_options const& options, hotswap::errc code,
                 std::vector<std::string_view> const& words) {
        untouched before(*this, "zoo");
        auto const why = refusal("zoo", module, options);
        INFO("refused: " << to_string(why));
        CHECK(to_string(why.code) == to_string(code));
        CHECK(to_string(why.phase) == "rehearse");
        CHECK(why.old_serving);
        CHECK(why.message.starts_with("in rehearsal: "));
        CHECK(names(why.message, words));
        before.check();
        CHECK(animals->release() == "1.0.0");
    }

    hotswap::handle<zoo> animals;
    std::vector<std::string> warnings;
    bool ends_well = true;
};

}  // namespace hotswap_test
