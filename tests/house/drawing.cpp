#include "house/drawing.hpp"

#include "house/rooms.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <vector>

namespace house {

namespace {

// In the picture's own units.
constexpr int box_width = 440;
constexpr int box_height = 66;
constexpr int row_height = box_height + 34;  // between two rows the arrows go
constexpr int top = 84;
constexpr std::array columns{44, 44 + box_width + 48};
constexpr int width = columns[1] + box_width + 20;
constexpr int port = 70;  // from a box's middle to where arrows of the other column begin and end
constexpr std::size_t letters_in_line = 62;

// All others stand on the left. Chosen so that no arrow must go through a box: `draw` says so if one would.
constexpr std::array<std::string_view, 7> on_the_right{"abi",     "store", "durable", "swap",
                                                       "runtime", "sdk",   "testing"};

constexpr std::string_view style = R"(<style>
  svg { background: #ffffff; font: 12px sans-serif; }
  text { fill: #1f2328; }
  .heading { font-size: 15px; font-weight: bold; }
  .name { font-size: 14px; font-weight: bold; }
  .faint { fill: #59636e; }
  .room { fill: #f6f8fa; stroke: #59636e; }
  .aside { stroke-dasharray: 5 3; }
  .arrow { fill: none; stroke: #0072b2; stroke-width: 1.5; }
  .head { fill: #0072b2; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    text { fill: #e6edf3; }
    .faint { fill: #9198a1; }
    .room { fill: #151b23; stroke: #9198a1; }
    .arrow { stroke: #56b4e9; }
    .head { fill: #56b4e9; }
  }
</style>
<defs>
<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
<path class="head" d="M0,0 L8,4 L0,8 z"/>
</marker>
</defs>
)";

struct place {
    int row;  ///< 0 is the lowest
    std::size_t column;
};

constexpr int rows_of_levels = [] {
    int highest = 0;
    for (auto const& each : rooms)
        if (each.level < sdk_level) highest = std::max(highest, each.level);
    return highest + 1;
}();

place place_of(room const& it) {
    std::size_t const column = std::ranges::find(on_the_right, it.name) != on_the_right.end() ? 1 : 0;
    if (it.level == sdk_level) return {2, column};      // next to the highest level that it includes
    if (it.level == testing_level) return {3, column};  // above sdk
    return {std::min(it.level, rows_of_levels), column};
}

int top_of(int row) { return top + (rows_of_levels - row) * row_height; }
int bottom_of(int row) { return top_of(row) + box_height; }
int middle_of(std::size_t column) { return columns.at(column) + box_width / 2; }

/// The room whose box a line down a column meets between two rows, these excluded.
std::optional<room> met_between(int high, int low, std::size_t column) {
    for (auto const& each : rooms) {
        auto const at = place_of(each);
        if (at.column == column && at.row < high && at.row > low) return each;
    }
    return {};
}

std::string number(int value) { return std::to_string(value); }
std::string point(int x, int y) { return number(x) + "," + number(y); }

std::string escaped(std::string_view text) {
    std::string safe;
    for (char const each : text)
        safe += each == '&' ? "&amp;" : each == '<' ? "&lt;" : each == '>' ? "&gt;" : std::string(1, each);
    return safe;
}

std::string text_at(int x, int y, std::string_view attributes, std::string_view text) {
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\"" + std::string(attributes) + ">" +
           escaped(text) + "</text>\n";
}

std::vector<std::string> in_lines(std::string_view text) {
    std::vector<std::string> lines{""};
    while (!text.empty()) {
        auto const end = std::min(text.find(' '), text.size());
        auto& line = lines.back();
        if (!line.empty() && line.size() + 1 + end > letters_in_line)
            lines.emplace_back(text.substr(0, end));
        else
            line += (line.empty() ? "" : " ") + std::string(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string box_of(room const& it, contents const& has, std::string_view words) {
    auto const at = place_of(it);
    int const x = columns.at(at.column);
    int const y = top_of(at.row);
    bool const is_level = it.level < sdk_level;
    std::string svg = "<rect class=\"room" + std::string(is_level ? "" : " aside") + "\" x=\"" + number(x) +
                      "\" y=\"" + number(y) + "\" width=\"" + number(box_width) + "\" height=\"" +
                      number(box_height) + "\" rx=\"6\"/>\n";
    svg += text_at(x + 14, y + 22, " class=\"name\"", it.name);
    svg += text_at(x + box_width - 14, y + 22, " class=\"faint\" text-anchor=\"end\"",
                   std::to_string(has.files) + (has.files == 1 ? " file" : " files"));
    int line = y + 41;
    auto const lines = in_lines(words);
    if (lines.size() > 2)
        throw std::runtime_error(std::string(it.name) + " has more words in docs/design.md than two lines");
    for (auto const& each : lines) {
        svg += text_at(x + 14, line, "", each);
        line += 15;
    }
    return svg;
}

/// The way of an arrow, as points: down its own column, across above or below a row, down the other column.
std::string way_of(room const& from, room const& to) {
    auto const a = place_of(from);
    auto const b = place_of(to);
    if (a.row == b.row) {
        bool const leftwards = a.column > b.column;
        int const y = top_of(a.row) + box_height / 2;
        return point(columns.at(a.column) + (leftwards ? 0 : box_width), y) + " " +
               point(columns.at(b.column) + (leftwards ? box_width : 0), y);
    }
    int const aside = a.column == b.column ? 0 : a.column < b.column ? port : -port;
    int const x_from = middle_of(a.column) + aside;
    int const x_to = middle_of(b.column) - aside;
    auto const begin = point(x_from, bottom_of(a.row));
    auto const end = point(x_to, top_of(b.row));
    auto const met = met_between(a.row, b.row, b.column);
    if (!met && aside == 0) return begin + " " + end;
    bool const down_first = met && aside != 0 && !met_between(a.row, b.row, a.column);
    if (met && !down_first)
        throw std::runtime_error("the arrow from " + std::string(from.name) + " to " + std::string(to.name) +
                                 " would go through " + std::string(met->name) +
                                 ": give the rooms other columns, in tests/house/drawing.cpp");
    int const gap = (row_height - box_height) / 2;
    int const across = down_first ? top_of(b.row) - gap : bottom_of(a.row) + gap;
    return begin + " " + point(x_from, across) + " " + point(x_to, across) + " " + end;
}

std::string begin_of_picture() {
    auto const size = number(width) + " " + number(bottom_of(0) + 24);
    std::string svg =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" role=\"img\">\n";
    svg += "<title>The rooms of hotswap, and which includes which</title>\n";
    svg += "<!-- Written by tools/architecture from the includes and docs/design.md. -->\n";
    svg += style;
    svg += text_at(columns[0], 30, " class=\"heading\"", "The rooms of hotswap, and which includes which");
    svg += text_at(
        columns[0], 52, " class=\"faint\"",
        "An arrow points to what the files of a room include. What other arrows imply is left out. On "
        "the left, the levels.");
    return svg;
}

}  // namespace

std::map<std::string, std::string> words_of_rooms(std::string_view design) {
    constexpr std::string_view heading = "\n## The house\n";
    constexpr std::string_view fence = "\n```\n";
    auto const section = design.find(heading);
    auto const begin = section == design.npos ? section : design.find(fence, section);
    auto const end = begin == design.npos ? begin : design.find(fence, begin + 1);
    if (end == design.npos)
        throw std::runtime_error(
            "docs/design.md has no section \"The house\" with a block of the rooms and what each holds");
    std::map<std::string, std::string> words;
    auto block = design.substr(begin + fence.size(), end + 1 - begin - fence.size());
    while (!block.empty()) {
        auto const line = block.substr(0, block.find('\n'));
        auto const name = line.substr(0, line.find(' '));
        words[std::string(name)] =
            line.substr(std::min(line.find_first_not_of(' ', name.size()), line.size()));
        block.remove_prefix(line.size() + 1);
    }
    return words;
}

std::string draw(house_plan const& plan, std::map<std::string, std::string> const& words) {
    auto svg = begin_of_picture();
    for (int row = 0; row != rows_of_levels; ++row)
        svg += text_at(columns[0] - 14, top_of(row) + box_height / 2 + 4,
                       " class=\"faint\" text-anchor=\"end\"", std::to_string(row));
    for (auto const& each : rooms) {
        auto const said = words.find(std::string(each.name));
        if (said == words.end() || said->second.empty())
            throw std::runtime_error("docs/design.md, \"The house\", does not say what " +
                                     std::string(each.name) + " holds");
        svg += box_of(each, plan.at(each.name), said->second);
    }
    for (auto const& from : rooms)
        for (auto const& name : plan.at(from.name).includes)
            svg += "<polyline class=\"arrow\" marker-end=\"url(#head)\" points=\"" +
                   way_of(from, room_of(std::string(name) + "/").value()) + "\"/>\n";
    return svg + "</svg>\n";
}

std::string draw_library() {
    return draw(without_implied(plan_of(library_sources())),
                words_of_rooms(read(source_directory() / "docs" / "design.md")));
}

}  // namespace house
