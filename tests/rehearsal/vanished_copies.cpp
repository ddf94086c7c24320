// A rehearsal's helper loads the private copy by its path, as the host does afterwards.
#include "rehearsal/zoo_site.hpp"

using namespace hotswap_test;

TEST_CASE(
    "rehearsal: a private copy that is deleted before the helper loads it, and before the host does, is made "
    "again") {
    fs::path staging;
    auto const delete_copies = [&staging] {
        std::vector<fs::path> copies;
        for (auto const& entry : fs::recursive_directory_iterator(staging))
            if (entry.path().extension() == ".so") copies.push_back(entry.path());
        for (auto const& each : copies) fs::remove(each);
        return copies.size();
    };
    std::vector<std::byte> golden;
    std::size_t deleted = 0;
    hotswap::rehearsal_options limits;
    limits.frame = [&](std::string_view) {
        deleted += delete_copies();
        return golden;
    };
    zoo_site at(std::move(limits));
    staging = at.directory.path() / "staging";
    golden = at.runtime.snapshot("zoo").value();
    at.runtime
        .subscribe([&](hotswap::event const& what) {
            if (what.phase == hotswap::phase::rehearse) deleted += delete_copies();
        })
        .detach();
    auto const report = at.runtime.swap("zoo", {.module = obedient});
    REQUIRE_MESSAGE(report.has_value(), report.error().message);
    CHECK(report->rehearsal.ran);
    CHECK(deleted >= 3);  // the old one and the new one, and the new one again
}
