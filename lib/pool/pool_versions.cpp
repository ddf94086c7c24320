#include "pool/pool_versions.hpp"

#include "base/refuse.hpp"
#include "module/file_io.hpp"
#include "pool/described.hpp"
#include "pool/file_image.hpp"
#include "pool/file_steps.hpp"
#include "pool/tree_signature.hpp"
#include "report/json_reader.hpp"
#include "report/json_writer.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>
#include <system_error>

namespace hotswap::detail {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view half_copied_suffix = ".new";
constexpr std::size_t shortest_digest = 8;  // of a digest's begin that counts as one
constexpr std::string_view half_removed_suffix = ".gone";

fs::path with_suffix(fs::path const& path, std::string_view suffix) {
    return path.native() + std::string(suffix);
}
bool is_half(fs::path const& path) {
    return path.native().ends_with(half_copied_suffix) || path.native().ends_with(half_removed_suffix);
}

fs::path about(fs::path const& version) { return version / "version.json"; }

result<pool_version> read_version(fs::path const& directory) {
    auto const file = about(directory);
    auto const text = read_text(file);
    if (!text) return refuse(errc::pool_damaged, phase::none, "{}", text.error().message);
    boost::system::error_code wrong;
    auto const value = boost::json::parse(*text, wrong);
    pool_version made;
    json_reader reader(true);
    if (!wrong && reader.read(value, made)) return made;
    return refuse(errc::pool_damaged, phase::none,
                  "{} cannot be understood ({}); remove {} if it is not needed", file.native(),
                  wrong ? wrong.message() : reader.wrong(), directory.native());
}

result<void> copy_tree(fs::path const& from, fs::path const& to, source_tree const& tree) {
    std::error_code error;
    fs::remove_all(to, error);
    std::set<fs::path> directories;
    for (auto const& each : tree) {
        auto const copy = to / each.first;
        if (!error && directories.insert(copy.parent_path()).second)
            fs::create_directories(copy.parent_path(), error);
        if (!error) fs::copy(from / each.first, copy, fs::copy_options::copy_symlinks, error);
        if (error) return file_failed("copy", from / each.first, error.value());
    }
    if (fs::exists(signature_of(from), error)) {
        fs::copy(signature_of(from), signature_of(to), error);
        if (error) return file_failed("copy", signature_of(from), error.value());
    }
    return {};
}

// First it is none of the versions any more: one that is removed in part would be damaged.
result<void> remove_version(fs::path const& directory) {
    auto const gone = is_half(directory) ? directory : with_suffix(directory, half_removed_suffix);
    std::error_code error;
    if (gone != directory) fs::rename(directory, gone, error);
    if (!error && gone != directory)
        if (auto synced = sync_directory(directory.parent_path()); !synced) return synced;
    if (!error) fs::remove_all(gone, error);
    return error ? file_failed("remove", directory, error.value()) : result<void>();
}

}  // namespace

result<void> pool_versions::keep(fs::path const& directory, pool_manifest const& manifest,
                                 source_tree const& tree, std::size_t most) const {
    if (most == 0) return {};
    pool_version made{.digest = digest_of_tree(tree),
                      .schema_version = manifest.schema_version,
                      .description = manifest.description,
                      .when = std::chrono::system_clock::now()};
    auto const final_place = place_ / made.digest;
    std::error_code error;
    bool const is_new = !fs::exists(final_place, error);
    auto const place = is_new ? with_suffix(final_place, half_copied_suffix) : final_place;
    if (is_new)
        if (auto copied = copy_tree(directory, place, tree); !copied) return copied;
    auto const text = boost::json::serialize(json_writer()(made)) + "\n";
    if (auto written = write_record(about(place), text); !written) return written;
    if (is_new) {
        if (auto synced = sync_file_system(place); !synced) return synced;
        fs::rename(place, final_place, error);
        if (error) return file_failed("rename", place, error.value());
        if (auto synced = sync_directory(place_); !synced) return synced;
    }
    return remove_old(most);
}

// Those beyond the newest, and what a run that did not end has left.
result<void> pool_versions::remove_old(std::size_t most) const {
    auto const kept = all();
    if (!kept) return kept.error();
    for (auto i = most; i < kept->size(); ++i)
        if (auto removed = remove_version(place_ / (*kept)[i].digest); !removed) return removed;
    std::error_code error;
    for (auto const& each : fs::directory_iterator(place_, error))
        if (is_half(each.path()))
            if (auto removed = remove_version(each.path()); !removed) return removed;
    return error ? file_failed("read", place_, error.value()) : result<void>();
}

result<std::vector<pool_version>> pool_versions::all() const {
    std::vector<pool_version> found;
    std::error_code error;
    if (!fs::exists(place_, error)) return found;
    for (auto const& each : fs::directory_iterator(place_, error)) {
        if (is_half(each.path())) continue;
        auto one = read_version(each.path());
        if (!one) return one.error();
        found.push_back(std::move(*one));
    }
    if (error) return file_failed("read", place_, error.value());
    std::ranges::sort(found, std::ranges::greater(), &pool_version::when);
    if (!found.empty()) found.front().is_last = true;
    return found;
}

result<fs::path> pool_versions::find(std::string_view words,
                                     std::chrono::system_clock::time_point tried_last) const {
    auto const kept = all();
    if (!kept) return kept.error();
    if (words.empty()) {
        std::size_t const which = !kept->empty() && tried_last > kept->front().when ? 0 : 1;
        if (kept->size() > which) return place_ / (*kept)[which].digest;
        return refuse(errc::pool_refused, phase::none,
                      "no manifest was applied before the last one, or it is not kept");
    }
    std::vector<fs::path> fitting;
    for (auto const& each : *kept)
        if (each.schema_version == words ||
            (words.size() >= shortest_digest && each.digest.starts_with(words)))
            fitting.push_back(place_ / each.digest);
    if (fitting.size() == 1) return fitting.front();
    return refuse(errc::pool_refused, phase::none,
                  "{} of the {} manifests that are kept are \"{}\"; `hotswap pools --versions` shows them",
                  fitting.empty() ? "none" : "several", kept->size(), words);
}

}  // namespace hotswap::detail
