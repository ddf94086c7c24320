#include <hotswap/module_ref.hpp>

#include <hotswap/options.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <string_view>

using hotswap::module_ref;

TEST_CASE("module ref: a text is a file, a release, a family, or the newest, and is written as it was read") {
    using kind = module_ref::kind;
    struct {
        std::string_view text;
        kind which;
    } const cases[] = {
        {"", kind::newest},
        {"cache", kind::family},
        {"cache_2", kind::family},
        {"2.1", kind::family},
        {"2.1.0", kind::release},
        {"2.1.0-rc.1+build.7", kind::release},
        {"cache-2.1.0.so", kind::file},
        {"/srv/modules/cache-2.1.0.so", kind::file},
        {"./cache", kind::file},
        {"modules/2.1.0", kind::file},
    };
    for (auto const& each : cases) {
        CAPTURE(std::string(each.text));
        module_ref const read(each.text);
        CHECK(read.which() == each.which);
        CHECK(read.text() == each.text);
        CHECK(module_ref(to_string(read)) == read);
        CHECK(read.empty() == each.text.empty());
    }
}

TEST_CASE("module ref: options take paths, texts, releases and families as they come") {
    std::filesystem::path const path = "modules/cache-1.0.0.so";
    std::string const text = "cache";
    CHECK(hotswap::swap_options{.module = path}.module.which() == module_ref::kind::file);
    CHECK(hotswap::swap_options{.module = text}.module == hotswap::family("cache"));
    CHECK(hotswap::load_options{"cache"}.module == hotswap::family("cache"));
    CHECK(hotswap::swap_options{.module = hotswap::release("2.1.0")}.module == module_ref("2.1.0"));
    CHECK(hotswap::swap_options{}.module.empty());
}
