#include "pool/manifest.hpp"

#include "base/enum_name.hpp"
#include "base/refuse.hpp"
#include "pool/described.hpp"
#include "pool/json_places.hpp"
#include "report/json_reader.hpp"

#include <hotswap/describe.hpp>

#include <fmt/ranges.h>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>

namespace hotswap {

std::string_view to_string(pool_policy which) noexcept { return detail::enum_name(which); }
std::string_view to_string(pool_outcome which) noexcept { return detail::enum_name(which); }
std::string_view to_string(final_closure_outcome which) noexcept { return detail::enum_name(which); }

namespace detail {

namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::size_t longest_id = 100;

bool is_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

// Reads on after a fault, so that all of them can be corrected at once.
class manifest_reader {
public:
    explicit manifest_reader(placed_json const& from) : from_(from) {}

    pool_manifest read() {
        pool_manifest made;
        auto const* const all = object_at("", from_.value(), {"metadata", "pools", "finalClosure"});
        if (all == nullptr) return made;
        if (auto const* const metadata = member(*all, "", "metadata")) read_metadata(*metadata, made);
        if (auto const* const pools = member(*all, "", "pools"))
            each_of("/pools", *pools, [&](std::string const& at, json::value const& one) {
                read_pool(at, one, made.pools.emplace_back());
            });
        if (auto const* const last = all->if_contains("finalClosure"))
            made.final_closure = closure_of("/finalClosure", *last);
        return made;
    }

    std::string const& faults() const noexcept { return faults_; }

private:
    void wrong(std::string const& at, std::string_view what) {
        faults_ += fmt::format("{}{}: {}", faults_.empty() ? "" : "\n", from_.place_of(at), what);
    }
    void wrong_kind(std::string const& at, std::string_view expected, json::value const& found) {
        constexpr std::size_t longest = 60;
        auto text = json::serialize(found);
        if (text.size() > longest) text = text.substr(0, longest) + "…";
        wrong(at, fmt::format("expected {}, found {}", expected, text));
    }

    json::object const* object_at(std::string const& at, json::value const& value,
                                  std::initializer_list<std::string_view> known) {
        if (!value.is_object()) {
            wrong_kind(at, "an object", value);
            return nullptr;
        }
        for (auto const& each : value.get_object())
            if (std::ranges::find(known, std::string_view(each.key())) == known.end())
                wrong(pointer_to(at, each.key()),
                      fmt::format("there is no member \"{}\"; expected {}", std::string_view(each.key()),
                                  fmt::join(known, ", ")));
        return &value.get_object();
    }
    json::value const* member(json::object const& in, std::string const& at, std::string_view name) {
        auto const* const found = in.if_contains({name.data(), name.size()});
        if (found == nullptr) wrong(at, fmt::format("the member \"{}\" is missing", name));
        return found;
    }
    template <class F>
    void each_of(std::string const& at, json::value const& value, F const& f) {
        if (!value.is_array()) return wrong_kind(at, "a list", value);
        std::size_t i = 0;
        for (auto const& each : value.get_array()) f(pointer_to(at, std::to_string(i++)), each);
    }
    std::string text_at(std::string const& at, json::value const& value) {
        if (!value.is_string()) {
            wrong_kind(at, "a text", value);
            return {};
        }
        std::string text(value.get_string());
        if (text.find('\0') != text.npos) wrong(at, "the text has a zero byte in it");
        return text;
    }
    std::string text_of(json::object const& in, std::string const& at, std::string_view name) {
        auto const* const found = member(in, at, name);
        return found == nullptr ? std::string() : text_at(pointer_to(at, name), *found);
    }

    void read_metadata(json::value const& from, pool_manifest& into) {
        auto const* const in = object_at("/metadata", from, {"schema_version", "description"});
        if (in == nullptr) return;
        into.schema_version = text_of(*in, "/metadata", "schema_version");
        if (into.schema_version.empty() && in->contains("schema_version"))
            wrong("/metadata/schema_version", "the schema_version is empty");
        if (auto const* const words = in->if_contains("description"))
            into.description = text_at("/metadata/description", *words);
    }

    void read_pool(std::string const& at, json::value const& from, manifest_pool& into) {
        auto const* const in = object_at(at, from, {"id", "description", "operations", "closure"});
        if (in == nullptr) return;
        into.id = text_of(*in, at, "id");
        check_id(at, into.id, in->contains("id") && in->at("id").is_string());
        if (auto const* const words = in->if_contains("description"))
            into.description = text_at(pointer_to(at, "description"), *words);
        if (auto const* const operations = member(*in, at, "operations")) {
            auto const where = pointer_to(at, "operations");
            each_of(where, *operations, [&](std::string const& place, json::value const& one) {
                read_operation(place, one, into);
            });
            if (operations->is_array() && operations->get_array().empty())
                wrong(where, "the pool has no operation");
        }
        if (auto const* const closure = in->if_contains("closure"))
            into.closure = closure_of(pointer_to(at, "closure"), *closure);
    }

    void check_id(std::string const& at, std::string const& id, bool has_id) {
        if (id.empty() && !has_id) return;  // that is reported already
        auto const where = pointer_to(at, "id");
        if (id.empty() || id.size() > longest_id || !std::ranges::all_of(id, is_id_character) ||
            id.starts_with('.'))
            wrong(where, fmt::format("\"{}\" is no id: expected 1 to {} letters, digits, '_', '-' and '.', "
                                     "not with a '.' first",
                                     id, longest_id));
        auto const [before, is_new] = ids_.emplace(id, from_.place_of(where));
        if (!is_new) wrong(where, fmt::format("there is a pool \"{}\" already, at {}", id, before->second));
    }

    void read_operation(std::string const& at, json::value const& from, manifest_pool& into) {
        bool const is_object = from.is_object();
        if (is_object && from.get_object().contains("swap"))
            read_swap(at, from, into);
        else if (is_object && from.get_object().contains("configure"))
            read_settings(at, from, into);
        else
            read_file(at, from, into.files.emplace_back());
    }

    // The members besides "swap" are those of a swap's options.
    void read_swap(std::string const& at, json::value const& from, manifest_pool& pool) {
        auto const* const in = object_at(at, from,
                                         {"swap", "module", "allow_loss", "arguments", "pre_releases",
                                          "rehearse", "settings", "transfer"});
        if (in == nullptr) return;
        auto& into = pool.swaps.emplace_back();
        into.component = component_of(*in, at, "swap");
        if (std::ranges::count(pool.swaps, into.component, &manifest_swap::component) > 1)
            wrong(at, fmt::format("the pool swaps \"{}\" already; name each component once", into.component));
        auto rest = *in;
        rest.erase("swap");
        json_reader reader(false);
        if (!reader.read(rest, into.options)) wrong(at, reader.wrong());
        auto const& module = into.options.module.text();
        into.is_own_file =
            into.options.module.which() == module_ref::kind::file && module.starts_with("src/");
        if (into.is_own_file) check_target(pointer_to(at, "module"), module);
    }

    void read_settings(std::string const& at, json::value const& from, manifest_pool& pool) {
        auto const* const in = object_at(at, from, {"configure", "settings"});
        if (in == nullptr) return;
        auto& into = pool.settings.emplace_back();
        into.component = component_of(*in, at, "configure");
        if (std::ranges::count(pool.settings, into.component, &manifest_settings::component) > 1)
            wrong(at, fmt::format("the pool configures \"{}\" already; name each component once",
                                  into.component));
        auto const* const values = member(*in, at, "settings");
        if (values == nullptr) return;
        json_reader reader(true);
        if (!reader.read(*values, into.values))
            wrong(pointer_to(at, "settings"), reader.wrong());
        else if (into.values.empty())
            wrong(pointer_to(at, "settings"), "there is no setting to change");
    }

    std::string component_of(json::object const& in, std::string const& at, std::string_view name) {
        auto text = text_of(in, at, name);
        if (text.empty() && in.if_contains({name.data(), name.size()})->is_string())
            wrong(pointer_to(at, name), "the component has no name");
        return text;
    }

    void read_file(std::string const& at, json::value const& from, manifest_file& into) {
        auto const* const in = object_at(at, from, {"target", "destination", "policy"});
        if (in == nullptr) return;
        into.place = from_.place_of(at);
        into.target = text_of(*in, at, "target");
        into.destination = text_of(*in, at, "destination");
        for (std::string_view const name : {"target", "destination"})
            if (auto const* const text = in->if_contains(name); text != nullptr && text->is_string())
                if (text->get_string().empty())
                    wrong(pointer_to(at, name), fmt::format("the {} is empty", name));
        check_target(pointer_to(at, "target"), into.target);
        check_destination(pointer_to(at, "destination"), into.destination);
        auto const* const policy = in->if_contains("policy");
        if (policy == nullptr) return;
        auto const found = enum_of_name<pool_policy>(text_at(pointer_to(at, "policy"), *policy));
        if (found)
            into.policy = *found;
        else
            wrong_kind(pointer_to(at, "policy"), "\"try\", \"skip\" or \"refuse\"", *policy);
    }

    void check_target(std::string const& at, fs::path const& target) {
        if (target.empty()) return;
        bool const is_below_src = target.is_relative() && target.begin() != target.end() &&
                                  *target.begin() == "src" &&
                                  std::ranges::find(target, fs::path("..")) == target.end() &&
                                  target.has_filename() && target.lexically_normal() != "src";
        if (!is_below_src)
            wrong(at, fmt::format("the target \"{}\" is not below src/; expected a path such as src/auth.tsx",
                                  target.native()));
    }

    void check_destination(std::string const& at, fs::path& destination) {
        if (destination.empty()) return;
        if (!destination.is_absolute() ||
            std::ranges::find(destination, fs::path("..")) != destination.end() ||
            !destination.has_filename())
            return wrong(at,
                         fmt::format("the destination \"{}\" is no absolute path of a file, without \"..\"",
                                     destination.native()));
        destination = destination.lexically_normal();
        for (char const* const system : {"/proc/", "/sys/", "/dev/"})
            if (destination.native().starts_with(system))
                return wrong(at, fmt::format("the destination {} is in {}, where no files are kept",
                                             destination.native(), system));
        auto const [before, is_new] = destinations_.emplace(destination.native(), from_.place_of(at));
        if (!is_new)
            wrong(at, fmt::format("{} is the destination of another operation already, at {}",
                                  destination.native(), before->second));
        auto const below = destinations_.lower_bound(destination.native() + "/");
        if (below != destinations_.end() && below->first.starts_with(destination.native() + "/"))
            wrong(at, fmt::format("{} is a directory for another destination, {}, at {}",
                                  destination.native(), below->first, below->second));
        for (auto above = destination.parent_path(); above.has_relative_path(); above = above.parent_path())
            if (auto const other = destinations_.find(above.native()); other != destinations_.end())
                wrong(at, fmt::format("{} would lie in {}, which is a destination of its own, at {}",
                                      destination.native(), above.native(), other->second));
    }

    std::vector<closure_step> closure_of(std::string const& at, json::value const& from) {
        std::vector<closure_step> steps;
        each_of(at, from, [&](std::string const& place, json::value const& one) {
            if (one.is_string())
                steps.emplace_back(text_at(place, one));
            else if (auto check = check_of(place, one))
                steps.emplace_back(std::move(*check));
        });
        return steps;
    }

    std::optional<closure_check> check_of(std::string const& at, json::value const& from) {
        constexpr std::string_view expected =
            R"(a line for the shell, {"exists": PATH}, {"tcp": "HOST:PORT"}, {"http": "http://HOST/PATH"} or {"healthy": COMPONENT})";
        if (!from.is_object() || from.get_object().size() != 1) {
            wrong_kind(at, expected, from);
            return std::nullopt;
        }
        auto const& only = *from.get_object().begin();
        auto const what = kind_named(std::string_view(only.key()));
        if (!what) {
            wrong_kind(at, expected, from);
            return std::nullopt;
        }
        closure_check made{*what, text_at(pointer_to(at, only.key()), only.value())};
        if (!is_good(made)) wrong_kind(at, expected, from);
        return made;
    }

    static bool is_good(closure_check const& check) {
        switch (check.what) {
            case check_kind::exists:
                return check.of.starts_with('/');
            case check_kind::tcp:
                return check.of.find(':') != check.of.npos;
            case check_kind::http:
                return check.of.starts_with("http://");
            case check_kind::healthy:
                return !check.of.empty();
        }
        return false;
    }

    placed_json const& from_;
    std::string faults_;
    std::map<std::string, std::string, std::less<>> ids_;           // and where each is
    std::map<std::string, std::string, std::less<>> destinations_;  // and where each is
};

}  // namespace

std::string_view kind_name(check_kind which) noexcept { return enum_name(which); }
std::optional<check_kind> kind_named(std::string_view name) noexcept {
    return enum_of_name<check_kind>(name);
}

std::string to_string(closure_step const& step) {
    if (auto const* const line = std::get_if<std::string>(&step)) return *line;
    auto const& check = std::get<closure_check>(step);
    return fmt::format("{} {}", kind_name(check.what), check.of);
}

result<pool_manifest> read_manifest(std::string const& name, std::string_view text) {
    auto const placed = placed_json::read(name, text);
    if (!placed) return placed.error();
    manifest_reader reader(*placed);
    auto made = reader.read();
    if (reader.faults().empty()) return made;
    return refuse(errc::pool_refused, phase::none, "{}", reader.faults());
}

}  // namespace detail
}  // namespace hotswap
