#include "demo/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace demo {

namespace {

constexpr double slice = 0.1;  // s
constexpr double width = 1000;
constexpr double left = 64;
constexpr double right = 8;
constexpr double top = 26;
constexpr double bottom = 28;

double seconds_between(clock::time_point from, clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

/// Places values in a picture.
struct frame {
    double height;
    double seconds;
    std::function<double(double)> share;  ///< of a value: 0 at the bottom, 1 at the top

    double x(double at) const { return left + (width - left - right) * std::clamp(at / seconds, 0.0, 1.0); }
    double y(double value) const {
        return height - bottom - (height - top - bottom) * std::clamp(share(value), 0.0, 1.0);
    }
};

std::string begin_picture(double height, std::string_view about) {
    return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", width, height,
                       html(about));
}

std::string seconds_axis(frame const& in) {
    std::string out;
    double const step = in.seconds > 60 ? 10 : in.seconds > 20 ? 5 : in.seconds > 8 ? 2 : 1;
    for (double at = 0; at <= in.seconds; at += step)
        out +=
            fmt::format("<text class=\"axis\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{} s</text>\n",
                        in.x(at), in.height - 10, at);
    return out;
}

std::string line_at(frame const& in, double value, std::string_view label) {
    return fmt::format(
        "<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
        "<text class=\"axis\" x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        left, width - right, in.y(value), left - 6, in.y(value) + 4, label);
}

std::string draw_marks(frame const& in, std::vector<chart_mark> const& marks) {
    std::string out;
    double last_label = -100;
    for (auto const& each : marks) {
        double const from = in.x(each.at);
        double const to = std::max(in.x(each.until), from + 1);
        out += fmt::format(
            "<rect class=\"{}\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" "
            "height=\"{:.1f}\"><title>{}</title></rect>\n",
            each.kind, from, top, to - from, in.height - top - bottom, html(each.title));
        if (each.label.empty() || from - last_label < 7.0 * static_cast<double>(each.label.size())) continue;
        last_label = from;
        out += fmt::format("<text class=\"label\" x=\"{:.1f}\" y=\"{}\">{}</text>\n", from, top - 8,
                           html(each.label));
    }
    return out;
}

std::string draw_line(frame const& in, std::vector<chart_point> const& points, double chart_point::*which,
                      std::string_view kind) {
    std::string path;
    double before = -1;
    for (auto const& each : points) {
        bool const is_gap = before < 0 || each.at - before > 1.5 * slice;
        path += fmt::format("{}{:.1f} {:.1f}", is_gap ? "M" : "L", in.x(each.at), in.y(each.*which));
        before = each.at;
    }
    return fmt::format("<path class=\"{}\" d=\"{}\"/>\n", kind, path);
}

std::string in_words(double microseconds) {
    if (microseconds < 1e3) return fmt::format("{:.0f} µs", microseconds);
    if (microseconds < 1e6) return fmt::format("{:.0f} ms", microseconds / 1e3);
    return fmt::format("{:.0f} s", microseconds / 1e6);
}

}  // namespace

std::string html(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::vector<chart_point> points_of(std::vector<sample> const& samples, clock::time_point begin) {
    std::vector<std::vector<double>> slices;
    for (auto const& each : samples) {
        if (each.begin < begin) continue;
        auto const at = static_cast<std::size_t>(seconds_between(begin, each.begin) / slice);
        if (at >= slices.size()) slices.resize(at + 1);
        slices[at].push_back(static_cast<double>(each.latency.count()) / 1e3);
    }
    std::vector<chart_point> points;
    for (std::size_t i = 0; i != slices.size(); ++i) {
        auto& all = slices[i];
        if (all.empty()) continue;
        std::ranges::sort(all);
        auto const last = static_cast<double>(all.size() - 1);
        points.push_back({.at = (static_cast<double>(i) + 0.5) * slice,
                          .median = all[static_cast<std::size_t>(0.5 * last)],
                          .high = all[static_cast<std::size_t>(0.99 * last)],
                          .max = all.back()});
    }
    return points;
}

void chart_scale::include(std::vector<chart_point> const& points) {
    for (auto const& each : points) {
        seconds = std::max(seconds, each.at + slice);
        while (high < each.max) high *= 10;
        while (low > 1 && low > each.median) low /= 10;
    }
}

std::string draw_latency(std::vector<chart_point> const& points, std::vector<chart_mark> const& marks,
                         chart_scale const& scale) {
    frame const in{.height = 300, .seconds = scale.seconds, .share = [&scale](double value) {
                       return std::log10(std::max(value, scale.low) / scale.low) /
                              std::log10(scale.high / scale.low);
                   }};
    std::string out = begin_picture(in.height, "latency of requests over time");
    out += draw_marks(in, marks);
    for (double value = scale.low; value <= scale.high; value *= 10)
        out += line_at(in, value, in_words(value));
    out += seconds_axis(in);
    out += draw_line(in, points, &chart_point::max, "max");
    out += draw_line(in, points, &chart_point::high, "high");
    out += draw_line(in, points, &chart_point::median, "median");
    return out + "</svg>\n";
}

std::string draw_memory(std::vector<memory_sample> const& samples, std::vector<chart_mark> const& marks,
                        clock::time_point begin, double seconds) {
    double most = 1;
    for (auto const& each : samples) most = std::max(most, static_cast<double>(each.bytes) / 1e6);
    double const step = std::pow(10, std::floor(std::log10(most)));
    double const highest = step * std::ceil(most / step);
    frame const in{
        .height = 160, .seconds = seconds, .share = [highest](double value) { return value / highest; }};
    std::string out = begin_picture(in.height, "memory of the process over time");
    out += draw_marks(in, marks);
    for (int i = 0; i <= 4; ++i)
        out += line_at(in, highest * i / 4, fmt::format("{:.0f} MB", highest * i / 4));
    out += seconds_axis(in);
    std::string path;
    for (auto const& each : samples) {
        double const at = seconds_between(begin, each.at);
        if (at < 0 || at > seconds) continue;
        path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", in.x(at),
                            in.y(static_cast<double>(each.bytes) / 1e6));
    }
    return out + fmt::format("<path class=\"memory\" d=\"{}\"/>\n</svg>\n", path);
}

}  // namespace demo
