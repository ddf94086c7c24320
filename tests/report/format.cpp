// The formatters are compiled into the library: this file includes no header of fmt itself.
#include <hotswap/failure.hpp>
#include <hotswap/format.hpp>
#include <hotswap/report.hpp>

#include <doctest/doctest.h>

#include <iterator>
#include <string>

TEST_CASE("format: codes, phases and failures print with width, fill and alignment") {
    CHECK(fmt::format("{}", hotswap::errc::busy) == "busy");
    CHECK(fmt::format("{:*>8}|{:<8}|", hotswap::errc::busy, hotswap::phase::export_) == "****busy|export  |");
    CHECK(fmt::format("{}", hotswap::failure_kind::bad_module) == "bad_module");
    hotswap::failure why;
    why.code = hotswap::errc::busy;
    CHECK(fmt::format("{}", why) == to_string(why));
    std::string text;
    fmt::format_to(std::back_inserter(text), "{}", hotswap::unload_report{});
    CHECK(text == to_string(hotswap::unload_report{}));
}
