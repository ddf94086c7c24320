// Tables that a migration moves to other fields: their rows stay where they are, or are rewritten, before the pause.
#include "swap/fixture.hpp"
#include "transfer/fixtures/bookcase.hpp"

#include <atomic>
#include <string>
#include <thread>

using namespace hotswap_test;
using hotswap::table_way;

namespace {

constexpr std::uint64_t titles = 3000;

std::string title(std::uint64_t number) { return "title " + std::to_string(number); }

void check_all(hotswap::handle<bookcase> const& at) {
    for (std::uint64_t i = 1; i <= titles; ++i) {
        REQUIRE(at->books(title(i)) == i);
        REQUIRE(at->records(title(i)) == i + titles);
    }
}

}  // namespace

TEST_CASE(
    "swap: tables that exchange their fields, or move into a struct, keep their rows before the pause") {
    site at;
    auto const handle = at.load<bookcase>("bookcase", built("bookcase", "1.0.0"));
    for (std::uint64_t i = 1; i <= titles; ++i) {
        handle->put_books(title(i), i);
        handle->put_records(title(i), i + titles);
    }
    std::uint64_t more = 0;
    for (auto const release : {"2.0.0", "3.0.0", "2.0.0", "1.0.0", "3.0.0", "1.0.0"}) {
        CAPTURE(release);
        auto const report = at.swap("bookcase", built("bookcase", release));
        CHECK(report.tables.way == table_way::before_pause);
        CHECK(report.tables.copies == 1);
        check_all(handle);
        ++more;
        handle->put_books("later " + std::to_string(more), more);
        CHECK(handle->size() == 2 * titles + more);
    }
    for (std::uint64_t i = 1; i <= more; ++i) {
        CHECK(handle->books("later " + std::to_string(i)) == i);
        CHECK(handle->records("later " + std::to_string(i)) == 0);
    }
}

TEST_CASE("swap: what two writers put into both tables while these change their fields is in the right one") {
    site at;
    auto const handle = at.load<bookcase>("bookcase", built("bookcase", "1.0.0"));
    std::atomic<bool> over = false;
    std::atomic<std::uint64_t> wrong = 0;
    {
        auto const writer = [&](std::string const& who) {
            for (std::uint64_t i = 1; !over; ++i) {
                auto const name = who + std::to_string(i % 500);
                handle->put_books(name, 2 * i);
                handle->put_records(name, 2 * i + 1);
                wrong += handle->books(name) == 2 * i && handle->records(name) == 2 * i + 1 ? 0 : 1;
            }
        };
        std::jthread const first(writer, "ada");
        std::jthread const second(writer, "bob");
        for (auto const release : {"2.0.0", "3.0.0", "2.0.0", "1.0.0", "2.0.0", "1.0.0"})
            CHECK(at.swap("bookcase", built("bookcase", release)).tables.way == table_way::before_pause);
        over = true;
    }
    CHECK(wrong == 0);
}
