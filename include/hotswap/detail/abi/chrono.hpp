// Durations and time points, without the calendar and the formatting that <chrono> includes in C++20: half a
// second of compile time for every contract and every component.
#pragma once

#if __has_include(<bits/chrono.h>)
#include <bits/chrono.h>  // the part of libstdc++'s <chrono> that <mutex> and <thread> use
#else
#include <chrono>
#endif
