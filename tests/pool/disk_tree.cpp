// Trees of files, between the model and the disk.
#include "pool/disk_model.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace hotswap_test {

namespace {

namespace fs = std::filesystem;

std::string shown(disk_tree const& in, std::string const& path) {
    auto const found = in.find(path);
    if (found == in.end()) return "absent";
    char const* const kinds[] = {"file", "directory", "link"};
    return fmt::format("a {} \"{}\"", kinds[static_cast<int>(found->second.kind)], found->second.content);
}

}  // namespace

disk_tree tree_at(fs::path const& root) {
    disk_tree made;
    for (auto const& each : fs::recursive_directory_iterator(root)) {
        auto& entry = made[each.path().lexically_relative(root).native()];
        if (each.is_symlink())
            entry = {on_disk::link, fs::read_symlink(each.path()).native()};
        else if (each.is_directory())
            entry = {on_disk::directory, ""};
        else {
            std::ifstream in(each.path(), std::ios::binary);
            entry.content.assign(std::istreambuf_iterator<char>(in), {});
        }
    }
    return made;
}

void put_tree(disk_tree const& tree, fs::path const& root) {
    for (auto const& each : fs::directory_iterator(root)) fs::remove_all(each.path());
    for (auto const& [path, entry] : tree) {
        auto const to = root / path;
        if (entry.kind == on_disk::directory) {
            fs::create_directory(to);
            fs::permissions(to, fs::perms::owner_all);
        } else if (entry.kind == on_disk::link)
            fs::create_symlink(entry.content, to);
        else if (!(std::ofstream(to, std::ios::binary) << entry.content))
            throw std::runtime_error(fmt::format("{} cannot be written", to.native()));
    }
}

std::string difference(disk_tree const& wanted, disk_tree const& found) {
    disk_tree all = wanted;
    all.insert(found.begin(), found.end());
    std::string made;
    for (auto const& [path, entry] : all)
        if (!wanted.contains(path) || !found.contains(path) || wanted.at(path) != found.at(path))
            made += fmt::format("{}: {}, instead of {}; ", path, shown(found, path), shown(wanted, path));
    return made;
}

}  // namespace hotswap_test
