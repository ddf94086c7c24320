// The pictures of the demo's page: latency and memory over time, as SVG.
#pragma once

#include "demo/load.hpp"
#include "demo/memory_watch.hpp"

#include <string>
#include <vector>

namespace demo {

/// A moment that a chart marks by a vertical line, in seconds.
struct chart_mark {
    double at = 0;
    double until = 0;     ///< of what takes a while
    std::string label{};  ///< a few characters at the top
    std::string title{};  ///< the text that a pointer on the mark shows
    std::string kind{};   ///< a class of the page's style: "swap", "refused", "down"
};

/// The requests that began in one slice of time; latencies in µs.
struct chart_point {
    double at = 0;  // s
    double median = 0;
    double high = 0;  ///< the 99th percentile
    double max = 0;
};

/// The points of all samples from `begin` on.
std::vector<chart_point> points_of(std::vector<sample> const& samples, clock::time_point begin);

/// The range of both axes, so that two charts have one scale.
struct chart_scale {
    double seconds = 1;
    double low = 10;     // µs, a power of ten
    double high = 1000;  // µs, a power of ten

    void include(std::vector<chart_point> const& points);
};

/// Median, 99th percentile and maximum over time, on a logarithmic scale.
std::string draw_latency(std::vector<chart_point> const& points, std::vector<chart_mark> const& marks,
                         chart_scale const& scale);

/// Memory over time, from zero.
std::string draw_memory(std::vector<memory_sample> const& samples, std::vector<chart_mark> const& marks,
                        clock::time_point begin, double seconds);

/// `text` as it may stand in HTML.
std::string html(std::string_view text);

}  // namespace demo
