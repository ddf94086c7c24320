// A store whose state was edited under its version, in ways that no type shows: no recovery reads it with other names.
#include "durable/stored_house.hpp"
#include "swap/fixtures/named.hpp"

using namespace hotswap_test;
using hotswap::recover_modules;

TEST_CASE(
    "recover: a newer module with an enumerator inserted or fields exchanged under the same version does not "
    "get the stored state") {
    for (std::string_view const edit :
         {"named_inserted", "named_exchanged", "named_renamed", "named_alternatives", "named_pair"}) {
        CAPTURE(edit);
        stored_house at;
        at.load<named>("named", at.bring(built("named", "1.0.0"), "named-1.0.0.so"))->fill();
        at.runtime->checkpoint().value();
        at.bring(built(edit, "1.1.0"), "named-1.1.0.so");
        at.start();
        auto const back = at.runtime->recover({.modules = recover_modules::newest});
        REQUIRE_MESSAGE(back.has_value(), back.error().message);
        CHECK(back.value().at(0).running.release == "1.0.0");
        CHECK(at.find<named>("named")->describe() == "ann welcome bob banned limit 1000 credit");
    }
}
