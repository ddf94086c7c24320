#include "harness/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace bench {

namespace {

// In the picture's own units.
constexpr double width = 880;
constexpr double height = 520;
constexpr double left = 84;
constexpr double right = 600;  // beyond it, the names
constexpr double top = 48;
constexpr double bottom = 460;
constexpr double label_height = 17;

// Distinct for colour-blind readers (Okabe and Ito), and as visible on black as on white.
constexpr std::array colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c7ae6"};

constexpr char head[] = R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" role="img">
<title>Length of the pause against the number of rows</title>
<style>
  svg {{ background: #ffffff; font: 13px sans-serif; }}
  text {{ fill: #1f2328; }}
  .heading {{ font-size: 15px; font-weight: bold; }}
  .grid {{ stroke: #d0d7de; stroke-width: 1; }}
  .curve {{ fill: none; stroke-width: 2; }}
  .leader {{ stroke-width: 1; opacity: 0.5; }}
  @media (prefers-color-scheme: dark) {{
    svg {{ background: #0d1117; }}
    text {{ fill: #e6edf3; }}
    .grid {{ stroke: #30363d; }}
  }}
</style>
)";

/// Powers of ten from `first` to `last`, laid out between two places.
struct scale {
    int first;
    int last;
    double begin;
    double end;

    double operator()(double value) const {
        return begin + (std::log10(value) - first) / (last - first) * (end - begin);
    }
};

scale fit(double least, double most, double begin, double end) {
    int const first = static_cast<int>(std::floor(std::log10(least)));
    int const last = static_cast<int>(std::ceil(std::log10(most)));
    return {first, std::max(last, first + 1), begin, end};
}

// A scale over the points' numbers of rows, or over their pauses with their ranges, as `values` lists them.
template <class Values>
scale fit_all(std::vector<series> const& curve, Values values, double begin, double end) {
    std::vector<double> all;
    for (auto const& each : curve)
        for (auto const& at : each.points)
            for (double const value : values(at)) all.push_back(value);
    if (all.empty()) throw std::runtime_error("there is nothing to draw: no contestant has a figure");
    auto const [least, most] = std::ranges::minmax(all);
    return fit(least, most, begin, end);
}

std::string superscript(int power) {
    constexpr std::array digits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    std::string text;
    for (char const digit : std::to_string(power)) text += digits.at(static_cast<std::size_t>(digit - '0'));
    return text;
}

void draw_grid(std::string& svg, scale const& x, scale const& y) {
    auto const out = std::back_inserter(svg);
    for (int power = x.first; power <= x.last; ++power) {
        double const at = x(std::pow(10.0, power));
        fmt::format_to(out,
                       R"(<line class="grid" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2}"/>)"
                       "\n",
                       at, top, bottom);
        fmt::format_to(out,
                       R"(<text x="{:.1f}" y="{}" text-anchor="middle">10{}</text>)"
                       "\n",
                       at, bottom + 20, superscript(power));
    }
    for (int power = y.first; power <= y.last; ++power) {
        double const at = y(std::pow(10.0, power));
        fmt::format_to(out,
                       R"(<line class="grid" x1="{0}" y1="{1:.1f}" x2="{2}" y2="{1:.1f}"/>)"
                       "\n",
                       left, at, right);
        fmt::format_to(out,
                       R"(<text x="{}" y="{:.1f}" text-anchor="end">{}</text>)"
                       "\n",
                       left - 8, at + 4, in_words(std::pow(10.0, power)));
    }
    fmt::format_to(
        out,
        R"(<text class="heading" x="{}" y="28">Pause of a swap, every row rewritten, two callers at work</text>)"
        "\n",
        left);
    fmt::format_to(out,
                   R"(<text x="{:.1f}" y="{}" text-anchor="middle">rows</text>)"
                   "\n",
                   (left + right) / 2, bottom + 44);
}

/// A name next to the end of its curve.
struct label {
    series const* of;
    char const* colour;
    double from;  ///< where the curve ends
    double at;    ///< the place of the name
};

// Names are at the ends of their curves, moved apart as far as necessary.
void spread(std::vector<label>& labels) {
    std::ranges::sort(labels, {}, &label::at);
    for (std::size_t i = 1; i < labels.size(); ++i)
        labels[i].at = std::max(labels[i].at, labels[i - 1].at + label_height);
    double limit = bottom;
    for (auto i = labels.size(); i-- != 0; limit -= label_height)
        labels[i].at = std::min(labels[i].at, limit);
}

void draw_curve(std::string& svg, series const& of, char const* colour, scale const& x, scale const& y) {
    auto const out = std::back_inserter(svg);
    std::string path;
    for (auto const& at : of.points)
        path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x(static_cast<double>(at.rows)),
                            y(at.pause.median));
    fmt::format_to(out,
                   R"(<polyline class="curve" stroke="{}" points="{}"/>)"
                   "\n",
                   colour, path);
    for (auto const& at : of.points) {
        double const place = x(static_cast<double>(at.rows));
        fmt::format_to(out,
                       R"(<line stroke="{0}" x1="{1:.1f}" y1="{2:.1f}" x2="{1:.1f}" y2="{3:.1f}"/>)"
                       "\n",
                       colour, place, y(at.pause.low), y(at.pause.high));
        fmt::format_to(out,
                       R"(<circle fill="{}" cx="{:.1f}" cy="{:.1f}" r="3.5"/>)"
                       "\n",
                       colour, place, y(at.pause.median));
    }
}

void draw_label(std::string& svg, label const& it, scale const& x) {
    auto const out = std::back_inserter(svg);
    fmt::format_to(out,
                   R"(<line class="leader" stroke="{}" x1="{:.1f}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>)"
                   "\n",
                   it.colour, x(static_cast<double>(it.of->points.back().rows)) + 6, it.from, right + 18,
                   it.at);
    fmt::format_to(out,
                   R"(<circle fill="{}" cx="{}" cy="{:.1f}" r="3.5"/>)"
                   "\n",
                   it.colour, right + 22, it.at);
    fmt::format_to(out,
                   R"(<text x="{}" y="{:.1f}">{}</text>)"
                   "\n",
                   right + 32, it.at + 4, it.of->name);
}

}  // namespace

std::string draw_plot(std::vector<series> const& curve) {
    auto const x = fit_all(
        curve, [](point const& at) { return std::array{static_cast<double>(at.rows)}; }, left, right);
    auto const y = fit_all(
        curve,
        [](point const& at) {
            return std::array{at.pause.low, at.pause.high};
        },
        bottom, top);
    std::string svg = fmt::format(head, width, height);
    draw_grid(svg, x, y);
    std::vector<label> labels;
    for (std::size_t i = 0; i != curve.size(); ++i) {
        if (curve[i].points.empty()) continue;
        char const* const colour = colours[i % colours.size()];
        draw_curve(svg, curve[i], colour, x, y);
        double const end = y(curve[i].points.back().pause.median);
        labels.push_back({&curve[i], colour, end, end});
    }
    spread(labels);
    for (auto const& each : labels) draw_label(svg, each, x);
    return svg + "</svg>\n";
}

void write_plot(std::vector<series> const& curve, std::filesystem::path const& file) {
    std::ofstream out(file, std::ios::binary);
    out << draw_plot(curve);
    if (!out.flush())
        throw std::runtime_error(
            fmt::format("{} cannot be written; name another file after --plot", file.string()));
}

}  // namespace bench
