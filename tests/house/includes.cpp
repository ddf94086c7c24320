#include "house/includes.hpp"

#include "house/rooms.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace house {

namespace fs = std::filesystem;

std::vector<include> includes_in(std::string const& text) {
    auto const skip_blanks = [](std::string_view& line) {
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    };
    std::vector<include> found;
    std::istringstream lines{text};
    for (std::string whole; std::getline(lines, whole);) {
        std::string_view line = whole;
        for (std::string_view word : {"", "#", "include"}) {
            skip_blanks(line);
            if (!line.starts_with(word)) line = {};
            line.remove_prefix(std::min(word.size(), line.size()));
        }
        skip_blanks(line);
        if (line.empty() || (line[0] != '<' && line[0] != '"')) continue;
        bool const quoted = line[0] == '"';
        line = line.substr(1, line.find_first_of("\">", 1) - 1);
        bool const prefixed = line.starts_with("hotswap/");
        if (prefixed) line.remove_prefix(std::string_view{"hotswap/"}.size());
        found.push_back({std::string{line}, prefixed || quoted});
    }
    return found;
}

std::string read(fs::path const& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in.is_open()) throw std::runtime_error(file.string() + " cannot be read");
    return (std::ostringstream{} << in.rdbuf()).str();
}

std::vector<std::string> sources_below(fs::path const& root) {
    std::vector<std::string> files;
    for (auto const& entry : fs::recursive_directory_iterator{root})
        if (auto const extension = entry.path().extension(); extension == ".hpp" || extension == ".cpp")
            files.push_back(fs::relative(entry.path(), root).generic_string());
    std::ranges::sort(files);
    return files;
}

fs::path const& source_directory() {
    static fs::path const directory{HOTSWAP_SOURCE_DIR};
    return directory;
}

fs::path const& public_headers() {
    static fs::path const directory = source_directory() / "include" / "hotswap";
    return directory;
}

std::vector<source> library_sources() {
    std::vector<source> all;
    for (auto const& root : {public_headers(), source_directory() / "lib"})
        for (auto const& file : sources_below(root))
            all.push_back({file, read(root / file), root == public_headers()});
    return all;
}

house_plan plan_of(std::vector<source> const& sources) {
    house_plan plan;
    for (auto const& each : rooms) plan[each.name];
    for (auto const& file : sources) {
        auto const from = room_of(file.path);
        if (!from) continue;
        auto& here = plan[from->name];
        ++here.files;
        for (auto const& each : includes_in(file.text)) {
            auto const to = each.ours ? room_of(each.path) : std::nullopt;
            if (to && to->name != from->name) here.includes.insert(to->name);
        }
    }
    return plan;
}

house_plan without_implied(house_plan const& plan) {
    // Includes lead down, so a way ends; that none leads back is for the tests of the levels to say.
    auto const leads = [&](auto const& self, std::string_view from, std::string_view to,
                           std::set<std::string_view>& seen) -> bool {
        if (from == to) return true;
        if (!seen.insert(from).second) return false;
        auto const known = plan.find(from);
        return known != plan.end() && std::ranges::any_of(known->second.includes, [&](auto next) {
                   return self(self, next, to, seen);
               });
    };
    auto reduced = plan;
    for (auto& [name, here] : reduced)
        std::erase_if(here.includes, [&, all = here.includes](auto to) {
            return std::ranges::any_of(all, [&](auto by) {
                std::set<std::string_view> seen;
                return by != to && leads(leads, by, to, seen);
            });
        });
    return reduced;
}

}  // namespace house
