#include "module/release.hpp"

#include "base/refuse.hpp"

#include <hotswap/detail/base/release_text.hpp>

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace hotswap::detail {

namespace {

namespace fs = std::filesystem;

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

std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
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
    return a.empty() == b.empty() ? std::strong_ordering::equal
           : a.empty()            ? std::strong_ordering::less
                                  : std::strong_ordering::greater;
}

std::strong_ordering compare_pre_releases(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // 1.0.0-rc < 1.0.0
    return compare_identifiers(a, b);
}

/// A file with a name of the family, as written or as probably intended.
struct candidate {
    fs::path file;
    hotswap::detail::release release;

    std::string name() const { return file.filename().string(); }
};

/// The files of a family in a directory.
struct family_listing {
    std::vector<candidate> all{};         // the newest first
    std::vector<std::string> misnamed{};  // with the reason, in words
    std::string others{};

    void note_other(std::string const& name) {
        if (others.size() < 200) others += (others.empty() ? "" : ", ") + name;
    }
};

/// Why a file that is not called FAMILY-RELEASE.so was probably intended to be; empty if it was not.
std::string reason_misnamed(std::string_view name, std::string_view family) {
    if (!boost::algorithm::istarts_with(name, family) || !boost::algorithm::iends_with(name, ".so"))
        return {};
    auto rest = name.substr(family.size());
    if (!rest.starts_with('-')) return {};
    rest = rest.substr(1, rest.size() - 4);
    if (release::parse(rest)) return "differs in upper and lower case";
    bool const is_meant = is_number(rest.substr(0, 1)) ||
                          (boost::algorithm::istarts_with(rest, "v") && is_number(rest.substr(1, 1)));
    return is_meant && family_of(std::string(name)).empty()
               ? fmt::format("is not a release ({} is not MAJOR.MINOR.PATCH)", rest)
               : std::string();
}

void look_at(std::filesystem::path const& file, std::string_view family, family_listing& into) {
    auto const name = file.filename().string();
    if (boost::algorithm::starts_with(name, family) && name.ends_with(".so")) {
        auto const rest = std::string_view(name).substr(family.size(), name.size() - family.size() - 3);
        if (rest.starts_with('-'))
            if (auto found = release::parse(rest.substr(1))) {
                into.all.push_back({file, std::move(*found)});
                return;
            }
    }
    if (auto const reason = reason_misnamed(name, family); !reason.empty())
        into.misnamed.push_back(fmt::format("{}, whose name {}", name, reason));
    if (boost::algorithm::iends_with(name, ".so")) into.note_other(name);
}

result<family_listing> list_family(fs::path const& directory, std::string_view family) {
    std::error_code error;
    fs::directory_iterator entries(directory, error);
    if (error)
        return refuse(
            errc::no_such_file, phase::stage,
            "modules of \"{}\" cannot be searched for: the modules directory {} cannot be read ({}); set "
            "runtime_options::modules",
            family, directory.string(), error.message());
    family_listing listed;
    for (auto const end = fs::directory_iterator{}; entries != end; entries.increment(error)) {
        if (error) break;
        look_at(entries->path(), family, listed);
    }
    // Between two of equal rank the later name counts: the directory's order is random.
    std::sort(listed.all.begin(), listed.all.end(), [](candidate const& a, candidate const& b) {
        auto const order = order_of_builds(a.release, b.release);
        return order != 0 ? order > 0 : a.file > b.file;
    });
    std::sort(listed.misnamed.begin(), listed.misnamed.end());
    return listed;
}

}  // namespace

std::optional<release> release::parse(std::string_view text) {
    auto const parts = release_text::parse(text);
    if (!parts.valid || text.size() > release_text::longest) return std::nullopt;
    return release{std::string(parts.major), std::string(parts.minor), std::string(parts.patch),
                   std::string(parts.pre_release), std::string(parts.build)};
}

std::strong_ordering release::operator<=>(release const& other) const {
    if (auto const order = compare_numbers(major, other.major); order != 0) return order;
    if (auto const order = compare_numbers(minor, other.minor); order != 0) return order;
    if (auto const order = compare_numbers(patch, other.patch); order != 0) return order;
    return compare_pre_releases(pre_release, other.pre_release);
}

std::strong_ordering order_of_builds(release const& a, release const& b) {
    auto const order = a <=> b;
    return order != 0 ? order : compare_identifiers(a.build, b.build);
}

std::string family_of(fs::path const& file) {
    auto const release = release_in_name(file);
    auto const stem = file.stem().string();
    return release.empty() ? std::string() : stem.substr(0, stem.size() - release.size() - 1);
}

std::string release_in_name(fs::path const& file) {
    auto const stem = file.stem().string();
    if (file.extension() != ".so") return {};
    for (auto dash = stem.find('-'); dash != std::string::npos; dash = stem.find('-', dash + 1))
        if (release::parse(std::string_view(stem).substr(dash + 1))) return stem.substr(dash + 1);
    return {};
}

std::vector<std::string> notes_on_step(std::string_view from, std::string_view to) {
    std::vector<std::string> notes;
    auto const running = release::parse(from);
    auto const next = release::parse(to);
    if (!running || !next) return notes;
    if (order_of_builds(*next, *running) < 0)
        notes.push_back(fmt::format("{} is older than {}, which is running: a downgrade", to, from));
    if (next->is_pre_release() && !running->is_pre_release())
        notes.push_back(fmt::format("{} is a pre-release", to));
    return notes;
}

result<chosen_module> module_of_release(fs::path const& directory, std::string_view family,
                                        std::string_view number) {
    if (!release::parse(number))
        return refuse(errc::invalid_argument, phase::stage,
                      "\"{}\" is not a release: expected MAJOR.MINOR.PATCH, as in 2.1.0", number);
    auto listed = list_family(directory, family);
    if (!listed) return listed.error();
    auto const wanted = fmt::format("{}-{}.so", family, number);
    std::string others;
    for (candidate const& each : listed->all) {
        if (each.name() == wanted) return chosen_module{each.file, {}};
        others += (others.empty() ? "" : ", ") + each.name();
    }
    return refuse(
        errc::no_such_file, phase::stage,
        "release {} of \"{}\" is not in {}: expected {}, found {}; put it there, or take another one", number,
        family, directory.string(), wanted, others.empty() ? "none of the family" : others);
}

namespace {

/// The chosen file of a family, and the reasons against the files before it.
class choice {
public:
    choice(choice_rules const& rules, family_listing const& listed) : rules_(rules), listed_(listed) {}

    /// Called with the newest first; returns whether the file is taken.
    bool take(candidate const& each, bool is_last) {
        auto const name = each.name();
        if (each.release.is_pre_release() && !rules_.pre_releases) {
            name_in(pre_releases, name);
            made.passed_over.push_back(name + ", which is a pre-release");
            return false;
        }
        if (rules_.is_out && rules_.is_out(each.file)) {
            name_in(rolled_back, name);
            made.passed_over.push_back(name + ", which a probation sent back");
            return false;
        }
        bool const is_only_one = is_last && unfit_ == nullptr;
        auto const misfit = rules_.misfit && !is_only_one ? rules_.misfit(each.file) : std::string();
        if (misfit.empty()) {
            made.file = each.file;
            return true;
        }
        if (unfit_ == nullptr) {
            unfit_ = &each;
            passed_before_ = made.passed_over;
        }
        made.passed_over.push_back(name + ", which " + misfit);
        return false;
    }
    /// No file was taken: takes the newest one that does not fit, if there is one.
    bool take_unfit() {
        if (unfit_ == nullptr) return false;
        made.file = unfit_->file;
        made.passed_over = passed_before_;
        return true;
    }
    chosen_module finish() {
        made.passed_over.insert(made.passed_over.end(), listed_.misnamed.begin(), listed_.misnamed.end());
        return std::move(made);
    }

    std::string rolled_back{};
    std::string pre_releases{};

private:
    static void name_in(std::string& list, std::string const& name) {
        list += (list.empty() ? "" : ", ") + name;
    }

    choice_rules const& rules_;
    family_listing const& listed_;
    chosen_module made{};
    candidate const* unfit_ = nullptr;
    std::vector<std::string> passed_before_{};
};

}  // namespace

result<chosen_module> newest_module(fs::path const& directory, std::string_view family,
                                    choice_rules const& rules) {
    auto listed = list_family(directory, family);
    if (!listed) return listed.error();
    choice among(rules, *listed);
    for (candidate const& each : listed->all)
        if (among.take(each, &each == &listed->all.back())) return among.finish();
    if (among.take_unfit()) return among.finish();
    if (!among.rolled_back.empty())
        return refuse(
            errc::rolled_back, phase::stage,
            "every module of \"{}\" in {} was sent back by a probation: {}; put a fixed release there, "
            "or name the file to try it again",
            family, directory.string(), among.rolled_back);
    if (!among.pre_releases.empty())
        return refuse(errc::no_such_file, phase::stage,
                      "of \"{}\" there are only pre-releases in {}: {}; name a file, or set the option "
                      "pre_releases",
                      family, directory.string(), among.pre_releases);
    return refuse(errc::no_such_file, phase::stage,
                  "no module of \"{}\" is in {}: expected a file {}-MAJOR.MINOR.PATCH.so, found {}; name a "
                  "file, or put one there",
                  family, directory.string(), family,
                  listed->others.empty() ? "no .so at all" : listed->others);
}

}  // namespace hotswap::detail
