// The archive: Boost.Serialization's interface on a compact binary form that is read with bounds.
#pragma once

#include <hotswap/detail/state/archive_core.hpp>
#include <hotswap/detail/state/archive_load.hpp>
#include <hotswap/detail/state/archive_save.hpp>
#include <hotswap/detail/state/copying.hpp>
