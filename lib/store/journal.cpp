#include "store/journal.hpp"

#include "store/json_fields.hpp"
#include "store/store_failure.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace hotswap::detail {

namespace {

constexpr std::string_view journal_kind = "journal";
constexpr char file_name[] = "journal";
constexpr std::ptrdiff_t ended_kept = 32;
constexpr std::uint64_t largest_journal = std::uint64_t{4} << 20;

}  // namespace

journal_entry* journal::find(std::uint64_t id) noexcept {
    auto const found = std::ranges::find(entries, id, &journal_entry::id);
    return found == entries.end() ? nullptr : &*found;
}

void journal::forget_old() {
    auto ended = std::ranges::count_if(entries, [](auto const& each) { return !each.unfinished(); });
    std::erase_if(entries,
                  [&ended](journal_entry const& each) { return !each.unfinished() && ended-- > ended_kept; });
}

result<void> write_journal(directory const& in, journal const& content, sealer const& seals) {
    auto const text = boost::json::serialize(field_writer()(content)) + "\n";
    auto const body = std::as_bytes(std::span(text));
    auto const line = seals.seal(journal_kind, content.last_id, {}, std::array{body});
    auto const file = in.prepare(std::array{std::as_bytes(std::span(line)), body}, 0600);
    if (!file) return file.error();
    if (auto named = in.name_it(*file, file_name); !named) return named.error();
    return in.sync();
}

result<journal> read_journal(directory const& in, sealer const& seals) {
    auto const path = in.path() / file_name;
    auto const file = in.read(file_name, largest_journal);
    if (!file) return file.error();
    if (!*file) return journal();
    auto const opened = seals.open(**file, journal_kind, path);
    if (!opened) return opened.error();
    std::string_view const text(reinterpret_cast<char const*>(opened->content.data()),
                                opened->content.size());
    boost::json::error_code error;
    auto const value = boost::json::parse(text, error, {}, any_text());
    journal content;
    if (error || !field_reader()(value, content) || content.last_id != opened->sequence)
        return store_damage(path, "its seal is right, but its text is not a journal");
    return content;
}

}  // namespace hotswap::detail
