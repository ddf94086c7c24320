// The archive: Boost.Serialization's interface for a compact binary form, read with bounds checks.
#pragma once

#include <hotswap/detail/state/archive_core.hpp>
#include <hotswap/detail/state/archive_load.hpp>
#include <hotswap/detail/state/archive_save.hpp>
#include <hotswap/detail/state/copying.hpp>
