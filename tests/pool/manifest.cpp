#include "pool/manifest.hpp"

#include "pool/fixture.hpp"
#include "pool/json_places.hpp"

using namespace hotswap_test;
using hotswap::errc;
using hotswap::detail::placed_json;
using hotswap::detail::read_manifest;

namespace {

constexpr char as_described[] =
    R"({"metadata": {"schema_version": "1.1.0", "description": "Emergency hotfixes and critical patches"},
 "pools": [{"id": "website_security_patch", "description": "Frontend security fixes",
            "operations": [{"target": "src/auth.tsx", "destination": "/var/www/homeserver/src/components/auth.tsx"},
                           {"target": "src/login.tsx", "destination": "/var/www/homeserver/src/components/login.tsx"}],
            "closure": ["cd /var/www/homeserver", "npm build", "systemctl restart homeserver"]},
           {"id": "backend_config_fix", "description": "Update backend configuration files",
            "operations": [{"target": "src/config.py", "destination": "/var/www/homeserver/backend/config.py"}],
            "closure": ["systemctl restart gunicorn"]}],
 "finalClosure": ["curl -f http://localhost:5000/health", "systemctl is-active homeserver"]}
)";

struct wrong_manifest {
    char const* text;
    char const* place;
    char const* words;
};

std::string with_pool(std::string const& pool) {
    return R"({"metadata": {"schema_version": "1"}, "pools": [)" + pool + "]}";
}
std::string with_operation(std::string const& operation) {
    return with_pool(R"({"id": "a", "operations": [)" + operation + "]}");
}

}  // namespace

TEST_CASE("manifest: the one that the users have is read as it is") {
    auto const read = read_manifest("index.json", as_described);
    REQUIRE(read.has_value());
    CHECK(read->schema_version == "1.1.0");
    REQUIRE(read->pools.size() == 2);
    CHECK(read->pools[0].id == "website_security_patch");
    CHECK(read->pools[0].files[1].target == "src/login.tsx");
    CHECK(read->pools[0].files[1].destination == "/var/www/homeserver/src/components/login.tsx");
    CHECK(read->pools[0].closure.size() == 3);
    CHECK(to_string(read->pools[0].closure[1]) == "npm build");
    CHECK(read->final_closure.size() == 2);
}

TEST_CASE("manifest: each fault has its line, its column, and what was expected") {
    std::vector<wrong_manifest> const all{
        {"", "index.json:1:1", "no JSON"},
        {"{\n  \"metadata\": }", "index.json:2:15", "no JSON"},
        {"[]", "index.json:1:1", "expected an object"},
        {R"({"metadata": {"schema_version": "1"}})", "index.json:1:1", "\"pools\" is missing"},
        {R"({"metadata": {}, "pools": []})", "index.json:1:14", "\"schema_version\" is missing"},
        {R"({"metadata": {"schema_version": 1}, "pools": []})", "index.json:1:33",
         "expected a text, found 1"},
        {R"({"metadata": {"schema_version": "1"}, "pools": {}})", "index.json:1:48", "expected a list"},
        {"{\"metadata\": {\"schema_version\": \"1\"},\n \"pools\": [],\n \"pool\": []}", "index.json:3:10",
         "no member \"pool\""},
        {R"({"metadata": {"schema_version": "1"}, "pools": [], "pools": []})", "index.json:1:52", "twice"},
        {R"({"metadata": {"schema_version": "1"}, "pools": [], "finalClosure": [7]})", "index.json:1:69",
         "a line for the shell"},
    };
    for (auto const& each : all) {
        auto const read = read_manifest("index.json", each.text);
        REQUIRE(read.has_error());
        CHECK(read.error().code == errc::pool_refused);
        CHECK_MESSAGE(has(read.error().message, each.place),
                      read.error().message << " is not at " << each.place);
        CHECK_MESSAGE(has(read.error().message, each.words),
                      read.error().message << " does not say " << each.words);
    }
}

TEST_CASE("manifest: pools, targets and destinations that cannot be meant are refused") {
    std::vector<std::pair<std::string, char const*>> const all{
        {with_pool(R"({"operations": []})"), "\"id\" is missing"},
        {with_pool(R"({"id": "a", "operations": []})"), "no operation"},
        {with_pool(R"({"id": "a/b", "operations": [{"target": "src/x", "destination": "/x"}]})"), "is no id"},
        {with_pool(R"({"id": "a", "operations": [{"target": "src/x", "destination": "/x"}]},)"
                   R"({"id": "a", "operations": [{"target": "src/y", "destination": "/y"}]})"),
         "there is a pool \"a\" already"},
        {with_pool(R"({"id": "a", "operations": [{"target": "src/x", "destination": "/x"}]},)"
                   R"({"id": "b", "operations": [{"target": "src/y", "destination": "//x"}]})"),
         "/x is the destination of another operation already"},
        {with_operation(R"({"target": "auth.tsx", "destination": "/x"})"), "not below src/"},
        {with_operation(R"({"target": "src/../../etc/shadow", "destination": "/x"})"), "not below src/"},
        {with_operation(R"({"target": "/src/x", "destination": "/x"})"), "not below src/"},
        {with_operation(R"({"target": "src/", "destination": "/x"})"), "not below src/"},
        {with_operation(R"({"target": "src/x", "destination": "x"})"), "no absolute path"},
        {with_operation(R"({"target": "src/x", "destination": "/a/../x"})"), "no absolute path"},
        {with_operation(R"({"target": "src/x", "destination": "/etc/"})"), "no absolute path"},
        {with_operation(R"({"target": "src/x", "destination": "/proc/sys/kernel/core_pattern"})"), "/proc/"},
        {with_operation(R"({"target": "src/x", "destination": "/x", "policy": "maybe"})"),
         "\"try\", \"skip\" or \"refuse\""},
        {with_operation(R"({"target": "src/x", "destination": "/x", "mode": "644"})"), "no member \"mode\""},
        {with_operation("{\"target\": \"src/a\\u0000b\", \"destination\": \"/x\"}"), "zero byte"},
    };
    for (auto const& [text, words] : all) {
        auto const read = read_manifest("index.json", text);
        REQUIRE_MESSAGE(read.has_error(), text);
        CHECK_MESSAGE(has(read.error().message, words), read.error().message << " does not say " << words);
        CHECK(read.error().message.starts_with("index.json:1:"));
    }
}

TEST_CASE("manifest: all faults are told at once") {
    auto const read =
        read_manifest("m", with_operation(R"({"target": "x", "destination": "y", "policy": 1})"));
    REQUIRE(read.has_error());
    CHECK(std::ranges::count(read.error().message, '\n') == 3);
}

TEST_CASE("JSON with places: each value is found by its pointer, of any kind and after any white space") {
    auto const read =
        placed_json::read("f", "{\"a\" : [1,\n  -2.5e3, true , null],\n\"b/c~\":{\"d\": \"x\\ny\"} }");
    REQUIRE(read.has_value());
    CHECK(read->place_of("") == "f:1:1");
    CHECK(read->place_of("/a") == "f:1:8");
    CHECK(read->place_of("/a/0") == "f:1:9");
    CHECK(read->place_of("/a/1") == "f:2:3");
    CHECK(read->place_of("/a/2") == "f:2:11");
    CHECK(read->place_of("/a/3") == "f:2:18");
    CHECK(read->place_of("/b~1c~0/d") == "f:3:14");
    CHECK(read->place_of("/b~1c~0/e") == "f:3:8");
    CHECK(placed_json::read("f", std::string(40, '[')).has_error());
}
