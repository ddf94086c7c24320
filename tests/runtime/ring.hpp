// Three components that pass calls to each other in a ring: "a" → "b" → "c" → "a".
#pragma once

#include "runtime/fixtures/link.hpp"
#include "swap/fixture.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap_test {

inline fs::path link_file(int release) {
    return fs::path(HOTSWAP_TEST_MODULES) / "runtime" / ("link-" + std::to_string(release) + ".0.0.so");
}

inline constexpr std::array<std::string_view, 3> ring_names{"a", "b", "c"};

inline hotswap::settings ring_settings(std::string_view of, std::string construct = {},
                                       std::string destruct = {}) {
    std::string const next = of == "a" ? "b" : of == "b" ? "c" : "a";
    return {{"next", next}, {"construct", std::move(construct)}, {"destruct", std::move(destruct)}};
}

/// The ring on one release, ready to be called; each component knows its neighbour.
struct ring : site {
    ring() : ring(hotswap::runtime_options{}) {}
    explicit ring(hotswap::runtime_options options)
        : site([&] {
              options.modules = fs::path(HOTSWAP_TEST_MODULES) / "runtime";
              options.rehearse = hotswap::rehearse::never;
              return std::move(options);
          }()) {
        for (auto const name : ring_names)
            links.push_back(
                runtime.load<ring_link>(name, {.module = link_file(1), .settings = ring_settings(name)})
                    .value());
        links[0]->pass(3);  // now each has its neighbour
    }
    /// Swaps the whole ring to one release.
    static hotswap::component_set to(int release) {
        hotswap::component_set set;
        for (auto const name : ring_names)
            set.push_back({std::string(name), {.module = link_file(release), .even_if_unchanged = true}});
        return set;
    }
    /// "1 1 2": the release of each component.
    std::string releases() {
        std::string text;
        for (auto const name : ring_names)
            text += (text.empty() ? "" : " ") + status(name).running.release.substr(0, 1);
        return text;
    }

    std::vector<hotswap::handle<ring_link>> links;
};

}  // namespace hotswap_test
