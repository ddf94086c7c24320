// The one version number: the build reads these three lines, so the number is written nowhere else.
#pragma once

#define HOTSWAP_VERSION_MAJOR 0
#define HOTSWAP_VERSION_MINOR 1
#define HOTSWAP_VERSION_PATCH 0
