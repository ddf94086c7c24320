#include "module/release.hpp"

#include "base/refuse.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace hotswap::detail {

namespace {

std::string_view take_identifier(std::string_view& text) {
    auto const dot = text.find('.');
    auto const head = text.substr(0, dot);
    text = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    return head;
}

bool is_number(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::strong_ordering compare_numbers(std::string_view a, std::string_view b) {
    a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
    b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
    if (a.size() != b.size()) return a.size() <=> b.size();
    return a.compare(b) <=> 0;
}

std::strong_ordering compare_pre_releases(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // 1.0.0-rc < 1.0.0
    while (!a.empty() && !b.empty()) {
        auto const x = take_identifier(a);
        auto const y = take_identifier(b);
        auto order = x.compare(y) <=> 0;
        if (is_number(x) && is_number(y))
            order = compare_numbers(x, y);
        else if (is_number(x) != is_number(y))
            order = is_number(x) ? std::strong_ordering::less : std::strong_ordering::greater;
        if (order != 0) return order;
    }
    return a.size() <=> b.size();
}

std::optional<std::uint32_t> take_number(std::string_view& text) {
    std::uint32_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

}  // namespace

std::optional<release> release::parse(std::string_view text) {
    release parsed;
    std::uint32_t* const parts[] = {&parsed.major, &parsed.minor, &parsed.patch};
    for (std::size_t i = 0; i != 3; ++i) {
        if (i != 0) {
            if (!text.starts_with('.')) return std::nullopt;
            text.remove_prefix(1);
        }
        auto const number = take_number(text);
        if (!number) return std::nullopt;
        *parts[i] = *number;
    }
    text = text.substr(0, text.find('+'));
    if (text.empty()) return parsed;
    if (text.front() != '-' || text.size() == 1) return std::nullopt;
    parsed.pre_release = text.substr(1);
    return parsed;
}

std::strong_ordering release::operator<=>(release const& other) const {
    if (auto const order = major <=> other.major; order != 0) return order;
    if (auto const order = minor <=> other.minor; order != 0) return order;
    if (auto const order = patch <=> other.patch; order != 0) return order;
    return compare_pre_releases(pre_release, other.pre_release);
}

std::string family_of(std::filesystem::path const& file) {
    auto const stem = file.stem().string();
    if (file.extension() != ".so") return {};
    for (auto dash = stem.find('-'); dash != std::string::npos; dash = stem.find('-', dash + 1))
        if (release::parse(std::string_view(stem).substr(dash + 1))) return stem.substr(0, dash);
    return {};
}

result<std::filesystem::path> newest_module(std::filesystem::path const& directory, std::string_view family,
                                            std::function<bool(std::filesystem::path const&)> const& is_out) {
    std::error_code error;
    std::filesystem::directory_iterator entries(directory, error);
    if (error)
        return refuse(
            errc::no_such_file, phase::stage,
            "no module of \"{}\" can be looked for: the modules directory {} cannot be read ({}); set "
            "runtime_options::modules",
            family, directory.string(), error.message());
    std::optional<std::pair<release, std::filesystem::path>> newest;
    std::string others;
    std::string passed_over;
    for (auto const end = std::filesystem::directory_iterator{}; entries != end; entries.increment(error)) {
        if (error) break;
        auto const file = entries->path().filename().string();
        if (!file.ends_with(".so")) continue;
        std::string_view stem(file.data(), file.size() - 3);
        if (stem.starts_with(family) && stem.substr(family.size()).starts_with('-')) {
            auto const found = release::parse(stem.substr(family.size() + 1));
            // Of two of equal rank (1.0.0+a, 1.0.0+b) the later name: the directory's order is nobody's
            // choice.
            bool const is_newer = found && (!newest || std::pair(*found, entries->path()) > *newest);
            if (is_newer && is_out && is_out(entries->path()))
                passed_over += (passed_over.empty() ? "" : ", ") + file;
            else if (is_newer)
                newest.emplace(*found, entries->path());
            if (found) continue;
        }
        if (others.size() < 200) others += (others.empty() ? "" : ", ") + file;
    }
    if (newest) return newest->second;
    if (!passed_over.empty())
        return refuse(
            errc::rolled_back, phase::stage,
            "every module of \"{}\" in {} was sent back by a probation: {}; put a mended release there, "
            "or name the file to try it again",
            family, directory.string(), passed_over);
    return refuse(errc::no_such_file, phase::stage,
                  "no module of \"{}\" is in {}: expected a file {}-MAJOR.MINOR.PATCH.so, found {}; name a "
                  "file, or put "
                  "one there",
                  family, directory.string(), family, others.empty() ? "no .so at all" : others);
}

}  // namespace hotswap::detail
