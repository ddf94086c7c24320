// Durations and time points, without the calendar and the formatting that <chrono> brings along in C++20: half a second
// of compile time for every contract and every component.
#pragma once

#if __has_include(<bits/chrono.h>)
#include <bits/chrono.h>  // libstdc++'s own part of <chrono> that <mutex> and <thread> get by with
#else
#include <chrono>
#endif
