#include "pool/disk_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <stdexcept>
#include <utility>

namespace hotswap_test {

namespace {

std::vector<std::string> parts_of(std::string_view text, char between) {
    std::vector<std::string> made;
    for (;;) {
        auto const end = text.find(between);
        made.emplace_back(text.substr(0, end));
        if (end == text.npos) return made;
        text.remove_prefix(end + 1);
    }
}

std::string bytes_in(std::string const& hexadecimal) {
    std::string made;
    for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2)
        made += static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16));
    return made;
}

}  // namespace

std::vector<file_call> calls_in(std::string_view record) {
    std::vector<file_call> made;
    for (auto const& line : parts_of(record, '\n')) {
        auto words = parts_of(line, '\t');
        if (words.size() < 2) continue;
        auto& call = made.emplace_back(file_call{words[0], words[1]});
        call.more.assign(words.begin() + 2, words.end());
    }
    return made;
}

disk_model::disk_model(disk_tree const& tree, obeyed_syncs obeyed) : obeyed_(obeyed) {
    add_node(on_disk::directory, "");
    for (auto const& [path, entry] : tree) {
        auto const [parent, name] = parent_of(path);
        auto const made = add_node(entry.kind, entry.content);
        nodes_[parent].names[name] = made;
        nodes_[parent].durable_names[name] = made;
    }
}

disk_model::index disk_model::add_node(on_disk kind, std::string content) {
    nodes_.push_back({kind, std::move(content)});
    return nodes_.size() - 1;
}

disk_model::index disk_model::find(std::string_view path) const {
    index at = 0;
    if (path == ".") return at;
    for (auto const& part : parts_of(path, '/')) {
        auto const found = nodes_[at].names.find(part);
        if (found == nodes_[at].names.end()) throw std::runtime_error(fmt::format("{} is not there", path));
        at = found->second;
    }
    return at;
}

std::pair<disk_model::index, std::string> disk_model::parent_of(std::string const& path) const {
    auto const slash = path.rfind('/');
    if (slash == path.npos) return {0, path};
    return {find(path.substr(0, slash)), path.substr(slash + 1)};
}

// Names that change at once, all in one directory; `none` removes one.
void disk_model::put(std::vector<std::pair<std::string, index>> const& paths) {
    change made{parent_of(paths.front().first).first};
    auto& names = nodes_[made.directory].names;
    for (auto const& [path, what] : paths) {
        made.names.emplace_back(parent_of(path).second, what);
        if (what == none)
            names.erase(made.names.back().first);
        else
            names[made.names.back().first] = what;
    }
    changes_.push_back(std::move(made));
}

// From one directory to another it is two changes, of which each may last without the other.
void disk_model::rename(std::string const& from, std::string const& to) {
    auto const what = find(from);
    if (parent_of(from).first == parent_of(to).first) return put({{from, none}, {to, what}});
    put({{to, what}});
    put({{from, none}});
}

void disk_model::write(node& into, std::size_t at, std::string const& bytes) {
    auto all = content_of(into);
    if (all.size() < at + bytes.size()) all.resize(at + bytes.size());
    all.replace(at, bytes.size(), bytes);
    into.written.push_back(std::move(all));
}

void disk_model::sync(node& of, index at) {
    if (of.kind == on_disk::file && obeyed_.of_files) {
        of.content = content_of(of);
        of.written.clear();
    }
    if (of.kind == on_disk::directory && obeyed_.of_directories) {
        of.durable_names = of.names;
        std::erase_if(changes_, [at](change const& each) { return each.directory == at; });
    }
}

void disk_model::add(file_call const& call) {
    auto const& [what, path, more] = call;
    if (what == "create") return put({{path, add_node(on_disk::file, "")}});
    if (what == "mkdir") return put({{path, add_node(on_disk::directory, "")}});
    if (what == "symlink") return put({{path, add_node(on_disk::link, more.at(0))}});
    if (what == "link") return put({{path, find(more.at(0))}});
    if (what == "unlink" || what == "rmdir") return put({{path, none}});
    if (what == "rename") return rename(path, more.at(0));
    if (what == "write") return write(nodes_[find(path)], std::stoul(more.at(0)), bytes_in(more.at(1)));
    if (what == "sync") return sync(nodes_[find(path)], find(path));
    if (what == "sync_all") {
        for (index i = 0; i != nodes_.size(); ++i) sync(nodes_[i], i);
        return;
    }
    if (what != "truncate") throw std::runtime_error(fmt::format("the call {} {} is not known", what, path));
    auto& file = nodes_[find(path)];
    auto cut = content_of(file);
    cut.resize(std::stoul(more.at(0)));
    file.written.push_back(std::move(cut));
}

// A change lasts only if those before it of the same names do.
void disk_model::lose_dependents(std::vector<bool>& lasting) const {
    std::set<std::pair<index, std::string>> lost;
    for (std::size_t i = 0; i != changes_.size(); ++i) {
        auto const& [directory, names] = changes_[i];
        for (auto const& each : names)
            if (lost.contains({directory, each.first})) lasting[i] = false;
        if (lasting[i]) continue;
        for (auto const& each : names) lost.emplace(directory, each.first);
    }
}

void disk_model::keep_needed(std::vector<bool>& lasting) const {
    std::set<std::pair<index, std::string>> needed;
    for (std::size_t i = changes_.size(); i-- != 0;) {
        auto const& [directory, names] = changes_[i];
        for (auto const& each : names)
            if (needed.contains({directory, each.first})) lasting[i] = true;
        if (!lasting[i]) continue;
        for (auto const& each : names) needed.emplace(directory, each.first);
    }
}

// As before, after each write, the first half, and as many zeros.
std::vector<std::string> disk_model::possible_contents(node const& of) {
    std::vector<std::string> made{of.content};
    if (of.written.empty()) return made;
    auto const& last = of.written.back();
    made.push_back(last.substr(0, last.size() / 2));
    made.emplace_back(last.size(), '\0');
    made.insert(made.end(), of.written.begin(), of.written.end());
    std::vector<std::string> distinct;
    for (auto& each : made)
        if (std::ranges::find(distinct, each) == distinct.end()) distinct.push_back(std::move(each));
    return distinct;
}

disk_model::choice disk_model::whole(bool lasts) const {
    choice made{std::vector<bool>(changes_.size(), lasts), {}};
    for (index i = 0; i != nodes_.size(); ++i)
        if (!nodes_[i].written.empty()) made.contents[i] = lasts ? content_of(nodes_[i]) : nodes_[i].content;
    return made;
}

// At most `enough`.
std::size_t disk_model::count_choices(std::size_t enough) const {
    std::size_t all = 1;
    for (std::size_t i = 0; i != changes_.size() && all < enough; ++i) all *= 2;
    for (auto const& each : nodes_)
        if (all < enough) all *= possible_contents(each).size();
    return std::min(all, enough);
}

std::vector<disk_model::choice> disk_model::every_choice() const {
    std::vector<choice> all{whole(false)};
    for (std::size_t i = 0; i != changes_.size(); ++i) {
        auto more = all;
        for (auto& each : more) each.changes[i] = true;
        std::ranges::move(more, std::back_inserter(all));
    }
    for (auto const& [file, before] : whole(false).contents) {
        std::vector<choice> more;
        for (auto const& content : possible_contents(nodes_[file]))
            for (auto const& each : all) more.emplace_back(each).contents[file] = content;
        all = std::move(more);
    }
    for (auto& each : all) lose_dependents(each.changes);
    return all;
}

std::vector<disk_model::choice> disk_model::some_choices(chosen_states const& chosen) const {
    auto const none_lasts = whole(false);
    auto const all_last = whole(true);
    std::vector<choice> made{none_lasts, all_last};
    for (std::size_t i = 0; i != changes_.size(); ++i) {
        auto alone = none_lasts;
        alone.changes[i] = true;
        keep_needed(alone.changes);
        // With the new contents, and with those of before.
        made.push_back({alone.changes, all_last.contents});
        made.push_back(std::move(alone));
        for (std::size_t j = i; j != (chosen.pairs ? changes_.size() : i + 1); ++j) {
            auto& without = made.emplace_back(all_last).changes;
            without[i] = without[j] = false;
            lose_dependents(without);
        }
    }
    for (auto const& [file, before] : none_lasts.contents)
        for (auto const& content : possible_contents(nodes_[file]))
            made.emplace_back(all_last).contents[file] = content;
    std::mt19937 random(41);
    for (std::size_t i = 0; i != chosen.sample; ++i) {
        auto& any = made.emplace_back(none_lasts);
        for (std::size_t j = 0; j != changes_.size(); ++j) any.changes[j] = random() % 3 != 0;
        lose_dependents(any.changes);
        for (auto& [file, content] : any.contents) {
            auto const possible = possible_contents(nodes_[file]);
            content = possible[random() % possible.size()];
        }
    }
    return made;
}

void disk_model::walk(index directory, std::string const& prefix,
                      std::vector<std::map<std::string, index>> const& names, choice const* of,
                      disk_tree& into) const {
    for (auto const& [name, at] : names[directory]) {
        auto const& found = nodes_[at];
        bool const is_chosen = of != nullptr && of->contents.contains(at);
        into[prefix + name] = {found.kind, is_chosen ? of->contents.at(at) : content_of(found)};
        if (found.kind == on_disk::directory) walk(at, prefix + name + "/", names, of, into);
    }
}

disk_tree disk_model::seen() const {
    std::vector<std::map<std::string, index>> names;
    for (auto const& each : nodes_) names.push_back(each.names);
    disk_tree made;
    walk(0, "", names, nullptr, made);
    return made;
}

disk_tree disk_model::tree_of(choice const& of) const {
    std::vector<std::map<std::string, index>> names;
    for (auto const& each : nodes_) names.push_back(each.durable_names);
    for (std::size_t i = 0; i != changes_.size(); ++i) {
        if (!of.changes[i]) continue;
        for (auto const& [name, what] : changes_[i].names) {
            if (what == none)
                names[changes_[i].directory].erase(name);
            else
                names[changes_[i].directory][name] = what;
        }
    }
    disk_tree made;
    walk(0, "", names, &of, made);
    return made;
}

std::vector<disk_tree> disk_model::after_power_failure(chosen_states const& chosen) const {
    bool const takes_all = count_choices(chosen.all + 1) <= chosen.all;
    std::vector<disk_tree> made;
    for (auto const& each : takes_all ? every_choice() : some_choices(chosen)) {
        auto tree = tree_of(each);
        if (std::ranges::find(made, tree) == made.end()) made.push_back(std::move(tree));
    }
    return made;
}

}  // namespace hotswap_test
