#include "pool/tree_signature.hpp"

#include "base/refuse.hpp"
#include "module/digest.hpp"
#include "module/file_io.hpp"
#include "module/key_files.hpp"
#include "pool/file_steps.hpp"

#include <hotswap/pool.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace hotswap {

namespace detail {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view first_line = "hotswap-pools-signature 1\n";
constexpr std::string_view last_word = "signature ";

struct signed_tree {
    std::string message{};  // all lines but the last
    std::string key_id{};
    source_tree files{};
    std::array<unsigned char, 64> bytes{};
};

std::string message_of(std::string const& key_id, source_tree const& tree) {
    auto text = fmt::format("{}key {}\n", first_line, key_id);
    for (auto const& [path, digest] : tree) text += fmt::format("{} {}\n", digest, path);
    return text;
}

std::optional<signed_tree> parse(std::string_view text) {
    signed_tree made;
    auto const last = text.rfind(last_word);
    if (!text.starts_with(first_line) || last == text.npos || text.substr(last - 1, 1) != "\n" ||
        !text.ends_with('\n'))
        return std::nullopt;
    auto const digits = text.substr(last + last_word.size(), text.size() - last - last_word.size() - 1);
    if (!from_hexadecimal(digits, made.bytes)) return std::nullopt;
    made.message = text.substr(0, last);
    auto lines = std::string_view(made.message).substr(first_line.size());
    while (!lines.empty()) {
        auto const end = lines.find('\n');
        auto const line = lines.substr(0, end);
        lines.remove_prefix(end + 1);
        if (made.key_id.empty() && line.starts_with("key ")) {
            made.key_id = line.substr(4);
            continue;
        }
        auto const at = line.starts_with("link ") ? line.rfind(' ') : line.find(' ');
        if (at == line.npos) return std::nullopt;
        made.files.emplace(line.substr(at + 1), line.substr(0, at));
    }
    return made;
}

// Each file that is not as it was signed.
std::vector<std::string> differences(source_tree const& as_signed, source_tree const& found) {
    std::vector<std::string> all;
    for (auto const& [path, digest] : found) {
        auto const known = as_signed.find(path);
        if (known == as_signed.end())
            all.push_back(path + " is not signed");
        else if (known->second != digest)
            all.push_back(path + " is not as it was signed");
    }
    for (auto const& [path, digest] : as_signed)
        if (!found.contains(path)) all.push_back(path + " is missing");
    return all;
}

}  // namespace

fs::path signature_of(fs::path const& directory) { return directory / "index.json.sig"; }

result<void> check_tree_signature(fs::path const& directory, source_tree const& tree,
                                  std::vector<public_key> const& trusted) {
    std::vector<std::string> ids;
    for (auto const& each : trusted) ids.push_back(each.id());
    auto const file = signature_of(directory);
    auto const text = read_text(file);
    if (!text)
        return refuse(errc::pool_refused, phase::none,
                      "{}: a signature by {} is expected ({}); sign it by `hotswap pool sign`", file.native(),
                      fmt::join(ids, " or "), text.error().message);
    auto const given = parse(*text);
    if (!given)
        return refuse(errc::pool_refused, phase::none,
                      "{} is cut short, damaged or no signature; sign the manifest again", file.native());
    auto const by = std::ranges::find(ids, given->key_id);
    if (by == ids.end())
        return refuse(errc::pool_refused, phase::none, "{} is of the key {}, and trusted are {}",
                      file.native(), given->key_id, fmt::join(ids, ", "));
    if (!is_signed_by(trusted[static_cast<std::size_t>(by - ids.begin())], given->message, given->bytes))
        return refuse(errc::pool_refused, phase::none, "{} was not made with the key {}, as it claims",
                      file.native(), given->key_id);
    auto const wrong = differences(given->files, tree);
    if (wrong.empty()) return {};
    return refuse(errc::pool_refused, phase::none, "{}: {}; sign the manifest again if that is right",
                  directory.native(), fmt::join(wrong, ", "));
}

}  // namespace detail

result<std::string> sign_pools(std::filesystem::path const& directory,
                               std::filesystem::path const& secret_key) {
    auto const key = detail::read_secret_key(secret_key);
    if (!key) return key.error();
    auto const tree = detail::read_tree(directory);
    if (!tree) return tree.error();
    auto const id = key->public_half().id();
    auto const message = detail::message_of(id, *tree);
    auto const text =
        fmt::format("{}{}{}\n", message, detail::last_word, detail::hexadecimal(key->sign_text(message)));
    auto const written = detail::write_record(detail::signature_of(directory), text);
    if (!written) return written.error();
    return id;
}

}  // namespace hotswap
