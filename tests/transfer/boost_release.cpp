// Boost's containers may have another memory layout in another release of Boost.
#include "transfer/migration_path.hpp"

#include <doctest/doctest.h>

#include <string>

using hotswap::errc;
using hotswap::detail::check_handoff;
using hotswap::detail::check_states;
using hotswap::detail::module_file;

namespace {

module_file with_boost(std::uint32_t release) {
    module_file file;
    file.descriptor.state_count = 1;
    file.descriptor.schema_version = 1;
    file.descriptor.states[0].version = 1;
    file.descriptor.states[0].layout = 42;
    file.descriptor.states[0].flags = release << hotswap::abi::state_boost_shift;
    return file;
}

}  // namespace

TEST_CASE(
    "swap: containers of two releases of Boost are not handed over as they are, a snapshot takes them "
    "along") {
    CHECK(check_handoff(with_boost(1081), with_boost(1081), "x.so").has_value());
    CHECK(check_handoff(with_boost(0), with_boost(0), "x.so").has_value());
    auto const refused = check_handoff(with_boost(1081), with_boost(1083), "x.so");
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::handoff_refused);
    CHECK_MESSAGE(
        refused.error().message.find("Boost 1.83, the running ones are of Boost 1.81") != std::string::npos,
        refused.error().message);
    CHECK(check_states(with_boost(1081), with_boost(1083), "x.so").has_value());
}
