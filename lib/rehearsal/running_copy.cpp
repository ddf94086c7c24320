#include "rehearsal/running_copy.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace hotswap::detail {

namespace {

using wire::next_to;
using wire::stage;

std::string_view could_not(stage at) noexcept {
    switch (at) {
        case stage::load_running:
            return "be loaded";
        case stage::import_running:
            return "read the state";
        case stage::construct_running:
            return "be constructed";
        case stage::release_running:
            return "release its exclusive resources";
        default:
            return "be destroyed and unloaded";
    }
}

std::vector<std::string> words_for(std::filesystem::path const& next, std::string const& running,
                                   next_to how) {
    if (how == next_to::nothing) return {next.string()};
    return {next.string(), running, std::string(wire::next_to_words[static_cast<std::uint32_t>(how)])};
}

}  // namespace

running_copy::running_copy(slot const& slot, staging_area& area)
    : release_(slot.running().module->file().release()) {
    staged_file const& staged = slot.running().module->staged();
    file_ = staged.path().string();
    if (!staged.is_gone()) return;
    auto again = area.stage(*staged.copy(), staged.name());
    if (again) {
        file_ = again->path().string();
        anew_ = std::move(*again);
    } else {
        how_ = next_to::nothing;
        why_not_more_ = again.error().message;
    }
}

void running_copy::has_no_state(std::string why) {
    if (how_ != next_to::constructed) return;
    how_ = next_to::loaded;
    why_not_more_ = std::move(why);
}

// Each time less of the running module is in place, down to nothing.
void running_copy::step_down(helper_run const& ended) {
    bool const has_code = how_ == next_to::constructed && ended.told.at != stage::load_running;
    how_ = has_code ? next_to::loaded : next_to::nothing;
    why_not_more_ = fmt::format("it could not {} in the helper{}: {}", could_not(ended.told.at),
                                ended.told.at >= stage::release_running ? ", alone as well" : "",
                                ending_in_words(ended.told, ended.how));
}

result<helper_run> running_copy::try_next_to_it(
    std::filesystem::path const& next,
    std::function<result<helper_run>(std::vector<std::string> words)> const& run) {
    for (;;) {
        auto done = run(words_for(next, file_, how_));
        if (!done || how_ == next_to::nothing || !done->told.ended_in_running()) return done;
        if (how_ == next_to::constructed && done->told.at >= stage::release_running) {
            auto const alone = run(words_for(next, file_, next_to::alone));
            if (!alone || alone->told.passed) return alone ? done : alone;
        }
        step_down(*done);
    }
}

std::string running_copy::while_next_to(helper_report const& told) const {
    if (told.in_place == next_to::nothing) return {};
    if (told.at >= stage::release_running) return fmt::format(", which succeeds if {} runs alone", release_);
    return told.at <= stage::construct ? fmt::format(", while {} was loaded next to it", release_)
                                       : std::string{};
}

std::string running_copy::in_words(helper_report const& told) const {
    auto const& why = why_not_more_.empty() ? told.why_not_more : why_not_more_;
    switch (told.in_place) {
        case next_to::constructed:
            return release_ + ", loaded and constructed" + (why.empty() ? "" : "; " + why);
        case next_to::loaded:
            return fmt::format("{}, loaded and not constructed: {}", release_, why);
        default:
            return fmt::format("nothing: {} was not loaded: {}", release_, why);
    }
}

}  // namespace hotswap::detail
