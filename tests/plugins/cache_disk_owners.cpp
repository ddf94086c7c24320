// Whose the files of the cache's second tier are: restarts, other processes, other components, forked children.
#include "plugins/cache_hosts.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

using namespace hotswap_test;

TEST_CASE("cache on disk: entries survive the death of the host, and those that it erased do not") {
    scratch_directory const at;
    run_host(at.path, "fill k 500 erase k7 put k8 new fill other 100 kill");
    CHECK(run_host(at.path, "get k7 get k8 count k 480 kill") == "nothing\nnew\n478\n");
    // What was brought back to memory died with it; the rest is still there.
    CHECK(run_host(at.path, "count k 480").size() > 1);
    CHECK(run_host(at.path, "get other50") == "value 50\n");
}

TEST_CASE(
    "cache on disk: a second process does without the file, says who has it, and takes over when that is "
    "gone") {
    scratch_directory const at;
    std::optional<waiting_host> first(std::in_place, at.path, "fill k 100");
    on_disk second(at.path, {}, "2.0.0");
    disk_lines const lines(second.runtime);
    second.move_to("3.0.0");
    CHECK_FALSE(second->get("k0"));
    second.put_many("mine", 100);
    CHECK(second.found("mine", 100) == on_disk::rows_in_memory);
    CHECK_MESSAGE(lines.have("process " + std::to_string(first->process()) + " has it"), lines.text());
    second.clock.step(10s);
    CHECK_FALSE(second->get("k0"));
    CHECK(lines.count("has it") == 1);
    first.reset();
    second.clock.step(10s);
    // The second one has changed entries while it was without the file, so it trusts none of it.
    CHECK_FALSE(second->get("k0"));
    CHECK(lines.have("the cache was changed without them"));
    second.put_many("later", 100);
    CHECK(second.found("later", 100) == 100);
}

TEST_CASE("cache on disk: two components of one process do not share a file") {
    scratch_directory const at;
    on_disk first(at.path);
    first.put_many("k", 100);
    on_disk second(at.path, {}, "2.0.0");
    disk_lines const lines(second.runtime);
    second.move_to("3.0.0");
    CHECK_FALSE(second->get("k0"));
    CHECK_MESSAGE(lines.have("another component of this process has it"), lines.text());
    second.put_many("k", 100);
    CHECK(first.found("k", 100) == 100);
    on_disk third(at.path, {{"disk_file", "third.sqlite"}});
    third.put_many("k", 100);
    CHECK(third.found("k", 100) == 100);
    CHECK(std::filesystem::exists(at.path / "third.sqlite"));
    CHECK(first.found("k", 100) == 100);
}

TEST_CASE("cache on disk: two components that began with one snapshot do not serve each other's old values") {
    scratch_directory const at;
    on_disk first(at.path);
    first.put_many("k", 100);
    on_disk twin(at.path, {}, "3.0.0", first.snapshot());
    disk_lines const lines(first.runtime);
    twin.found("k", 100);
    twin.put_many("other", 100);
    first->put("k50", "first's");
    first.put_many("more", 100);
    CHECK(lines.have("was opened by another component"));
    CHECK(twin->get("k50") != "first's");
    auto const kept = first->get("k50");
    CHECK((!kept || *kept == "first's"));
}

TEST_CASE("cache on disk: a forked child leaves the parent's file alone") {
    scratch_directory const at;
    on_disk values(at.path);
    values.put_many("k", 100);
    auto const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        bool const sees_only_memory = values.found("k", 100) <= static_cast<int>(on_disk::rows_in_memory);
        for (int i = 0; i != 100; ++i) values->put("child" + std::to_string(i), "v");
        values->erase("k1");
        _exit(sees_only_memory ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(values.found("k", 100) == 100);
    CHECK_FALSE(values->get("child1"));
}

TEST_CASE(
    "cache on disk: after a swap to a release without the tier the next process trusts nothing on disk") {
    scratch_directory const at;
    run_host(at.path, "fill k 500 swap 2.0.0 erase k7 put k8 new kill");
    CHECK(run_host(at.path, "get k7 get k8 count k 500 fill other 100 count other 80 kill") ==
          "nothing\nnothing\n0\n80\n");
    CHECK(run_host(at.path, "swap 2.0.0 swap 3.0.0 fill k 500 kill") == "2.0.0\n3.0.0\n");
    CHECK(run_host(at.path, "count k 480") == "480\n");
}
