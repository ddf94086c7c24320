// For the tests of a component's author: a host without a runtime, components without modules, and a check of
// a history. Works with every test framework: what fails is an exception.
#pragma once

#include <hotswap/component.hpp>
#include <hotswap/detail/testing/component.hpp>
#include <hotswap/detail/testing/fake_host.hpp>
#include <hotswap/detail/testing/golden.hpp>
#include <hotswap/detail/testing/round_trip.hpp>
