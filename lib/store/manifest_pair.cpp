#include "store/manifest_pair.hpp"

#include "base/failpoint.hpp"
#include "base/refuse.hpp"

#include <array>
#include <utility>

namespace hotswap::detail {

namespace {

constexpr char newest_name[] = "manifest";
constexpr char previous_name[] = "manifest.previous";

struct one_manifest {
    std::optional<manifest> whole{};
    std::string damage{};  ///< empty: whole, or not there
};

result<one_manifest> read_one(directory const& in, sealer const& seals, char const* name) {
    one_manifest found;
    auto const file = in.read(name, largest_manifest);
    if (!file && file.error().code != errc::store_damaged) return file.error();
    if (file && !*file) return found;
    auto read = file ? read_manifest(**file, seals, in.path() / name) : result<manifest>(file.error());
    if (read)
        found.whole = std::move(*read);
    else
        found.damage = read.error().message;
    return found;
}

// On a file system without hard links, makes a copy.
result<void> keep_as_previous(directory const& in, sealer const& seals, std::uint64_t current) {
    auto const file = in.read(newest_name, largest_manifest);
    if (!file && file.error().code != errc::store_damaged) return file.error();
    if (!file || !*file) return {};
    auto const found = read_manifest(**file, seals, in.path() / newest_name);
    if (!found || found->number != current) return {};  // the existing previous one is the better one
    auto linked = in.link(newest_name, previous_name);
    if (linked) return linked;
    auto const copy = in.prepare(std::array{std::span<std::byte const>(**file)}, 0600);
    if (!copy) return copy.error();
    return in.name_it(*copy, previous_name);
}

void put_back(directory const& in) {
    if (!in.has(previous_name))
        in.remove(newest_name);
    else
        static_cast<void>(in.link(previous_name, newest_name));
}

}  // namespace

result<manifest_pair> read_manifests(directory const& in, sealer const& seals) {
    auto newest = read_one(in, seals, newest_name);
    if (!newest) return newest.error();
    auto previous = read_one(in, seals, previous_name);
    if (!previous) return previous.error();
    manifest_pair pair;
    for (auto const* each : {&*newest, &*previous})
        if (!each->damage.empty()) pair.notes.push_back(each->damage);
    if (newest->whole && previous->whole && newest->whole->number < previous->whole->number) {
        pair.notes.push_back(
            fmt::format("{} is set {}, older than the set {} before it: an old file was put in its place",
                        (in.path() / newest_name).string(), newest->whole->number, previous->whole->number));
        newest->whole.reset();
    }
    if (newest->whole) {
        pair.current = std::move(*newest->whole);
        if (previous->whole && previous->whole->number != pair.current.number)
            pair.previous = std::move(previous->whole);
    } else if (previous->whole) {
        pair.current = std::move(*previous->whole);
        pair.notes.push_back(
            fmt::format("the set {}, from before the last commit, is used instead", pair.current.number));
    } else if (!pair.notes.empty()) {
        return refuse(
            errc::store_damaged, phase::persist,
            "the store {} holds no intact manifest: {}; restore the directory from a backup, or begin with "
            "an empty one",
            in.path().string(), fmt::join(pair.notes, "; "));
    }
    return pair;
}

result<void> replace_manifest(directory const& in, sealer const& seals, manifest const& next,
                              std::uint64_t current, bool& doubtful) {
    auto const text = write_manifest(next, seals);
    if (!text) return text.error();
    auto const file = in.prepare(std::array{std::as_bytes(std::span(*text))}, 0600);
    if (!file) return file.error();
    if (auto kept = keep_as_previous(in, seals, current); !kept) return kept;
    auto const before = std::exchange(doubtful, true);  // true also if building the error message throws
    if (auto named = in.name_it(*file, newest_name); !named) {
        doubtful = before;
        return named;
    }
    auto synced = in.sync();
    doubtful = !synced;
    if (doubtful) put_back(in);
    return synced;
}

}  // namespace hotswap::detail
