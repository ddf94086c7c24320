#include "programs/hotswap/file_changes.hpp"

#include "base/refuse.hpp"
#include "module/file_io.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hotswap::cli {

namespace fs = std::filesystem;

namespace {

std::size_t lines_in(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::string with_plus(std::string_view text) {
    std::string made;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        made += '+';
        made += text.substr(0, end);
        made += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return made;
}

}  // namespace

std::string content_of(fs::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void file_changes::create(fs::path const& file, std::string content) {
    if (fs::exists(root_ / file)) return;
    all_.push_back({file, {}, std::move(content), true});
}

void file_changes::append(fs::path const& file, std::string_view mark, std::string text) {
    auto const known = std::ranges::find(all_, file, &change::file);
    if (known != all_.end()) {
        if (known->added.find(mark) == std::string::npos) known->added += text;
        return;
    }
    auto before = content_of(root_ / file);
    if (before.find(mark) != std::string::npos) return;
    bool const is_new = before.empty();
    if (!is_new && before.back() != '\n') text.insert(0, 1, '\n');
    all_.push_back({file, std::move(before), std::move(text), is_new});
}

std::vector<std::pair<std::string, std::string>> file_changes::summary() const {
    std::vector<std::pair<std::string, std::string>> lines;
    for (auto const& each : all_) lines.emplace_back(each.file.native(), each.is_new ? "new" : "longer");
    return lines;
}

std::string file_changes::diff() const {
    std::string text;
    for (auto const& each : all_) {
        auto const before = lines_in(each.before);
        auto const added = lines_in(each.added);
        text += each.is_new ? std::string("--- /dev/null\n") : fmt::format("--- a/{}\n", each.file.native());
        text += fmt::format("+++ b/{}\n@@ -{},0 +{},{} @@\n", each.file.native(), before, before + 1, added);
        text += with_plus(each.added);
    }
    return text;
}

result<void> file_changes::write() const {
    std::vector<fs::path> made;
    std::vector<std::pair<fs::path, std::string>> replaced;
    for (auto const& each : all_) {
        auto const file = root_ / each.file;
        std::error_code error;
        if (fs::create_directories(file.parent_path(), error)) made.push_back(file.parent_path());
        auto const whole = each.before + each.added;
        int const failed = detail::replace_file(file, std::as_bytes(std::span(whole)), 0644);
        if (failed == 0) {
            if (each.is_new)
                made.push_back(file);
            else
                replaced.emplace_back(file, each.before);
            continue;
        }
        // The new ones first: on a full disk the others need their room.
        for (auto one = made.rbegin(); one != made.rend(); ++one) fs::remove(*one, error);
        for (auto const& [one, before] : replaced)
            detail::replace_file(one, std::as_bytes(std::span(before)), 0644);
        return detail::refuse(
            errc::control_failed, phase::none,
            "{} cannot be written ({}); nothing was changed; make room there, or make it writable",
            file.native(), std::generic_category().message(failed));
    }
    return {};
}

}  // namespace hotswap::cli
