// Looks up entries of a state's containers with this module's code: entries that another module inserted may
// lie elsewhere.
#pragma once

#include <hotswap/detail/state/archive.hpp>
#include <hotswap/detail/state/key_order.hpp>
#include <hotswap/detail/state/layout.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace hotswap::detail {

/// An entry is not found where another module placed it.
class lookup_error : public std::runtime_error {
public:
    explicit lookup_error(std::string const& why) : std::runtime_error(why.c_str()) {}
};

/// Looks up the rows of a table; defined in <hotswap/table.hpp>.
template <class Table>
struct table_lookups;

/// Goes through a state, and looks up entries of every container whose order or hash is not the standard library's:
/// all of a small one, samples of a large one.
/// Errors:   throws lookup_error.
/// Cost:     one lookup for each of at most 1024 entries of a container, and of at most 16384 entries in all.
class lookup_check {
public:
    static constexpr std::size_t entries_of_each = 1024;
    static constexpr std::size_t entries_in_all = 16 * 1024;

    template <class T>
    void look_at(T const& value) {
        if constexpr (orders_of_its_own<T>) {
            // An archive of a state nested deeper could not be made either.
            if (depth_ == max_depth) return;
            ++depth_;
            look_into(value);
            --depth_;
        }
    }

    /// Whether another entry may be checked.
    bool take() noexcept { return left_ != 0 && left_-- != 0; }

    template <class T>
    [[noreturn, gnu::cold]] static void refuse() {
        std::string text("in a ");
        text.append(name_order<T>());
        text.append(
            " an entry is not found where the running code put it: order, hash or equality of its keys "
            "changed");
        throw lookup_error(text);
    }

private:
    template <class T>
    void look_into(T const& value) {
        constexpr kind k = kind_of<T>();
        if constexpr (k == kind::aggregate) {
            for_each_field(value, [this](auto const& field) { this->look_at(field); });
        } else if constexpr (k == kind::array || k == kind::sequence) {
            look_at_some(value);
        } else if constexpr (k == kind::tuple) {
            std::apply([this](auto const&... element) { (this->look_at(element), ...); }, value);
        } else if constexpr (k == kind::optional || k == kind::unique_ptr) {
            if (value) look_at(*value);
        } else if constexpr (k == kind::variant) {
            if (!value.valueless_by_exception())
                std::visit([this](auto const& held) { this->look_at(held); }, value);
        } else if constexpr (k == kind::set || k == kind::map) {
            if constexpr (has_own_order<T>()) look_up(value);
            if constexpr (orders_of_its_own<typename T::value_type>) look_at_some(value);
        } else if constexpr (k == kind::table) {
            table_lookups<T>::look(*this, value);
        }
    }
    template <class T>
    void look_at_some(T const& value) {
        std::size_t left = entries_of_each;
        for (auto const& element : value) {
            if (left-- == 0 || !take()) return;
            look_at(element);
        }
    }

    template <class T>
    void look_up(T const& value) {
        if constexpr (requires { typename T::key_compare; })
            look_up_ordered(value);
        else
            look_up_hashed(value);
    }
    template <class T>
    void find(T const& value, typename T::value_type const& entry) {
        if (take() && !is_found(value, entry) && is_findable<T>(key_in<T>(entry))) refuse<T>();
    }

    // Checks neighbours, at both ends or at even distances.
    template <class T>
    void look_up_ordered(T const& value) {
        if constexpr (requires { value.begin()[0]; }) {
            std::size_t const step = value.size() / entries_of_each + 1;
            for (std::size_t i = 0; i < value.size(); i += step) {
                find(value, value.begin()[static_cast<std::ptrdiff_t>(i)]);
                if (i != 0 && !is_ascending(value, value.begin()[static_cast<std::ptrdiff_t>(i - 1)],
                                            value.begin()[static_cast<std::ptrdiff_t>(i)]))
                    refuse<T>();
            }
        } else {
            look_up_run(value, value.begin(), value.end());
            if (value.size() > entries_of_each / 2) look_up_run(value, value.rbegin(), value.rend());
        }
    }
    template <class T, class Iterator>
    void look_up_run(T const& value, Iterator at, Iterator end) {
        typename T::value_type const* last = nullptr;
        for (std::size_t left = entries_of_each / 2; at != end && left != 0; ++at, --left) {
            auto const& entry = *at;
            find(value, entry);
            bool const is_in_order = last == nullptr || (std::is_same_v<Iterator, typename T::const_iterator>
                                                             ? is_ascending(value, *last, entry)
                                                             : is_ascending(value, entry, *last));
            if (!is_in_order) refuse<T>();
            last = std::addressof(entry);
        }
    }

    // Checks the first entries, and then the first entry of some buckets at even distances.
    template <class T>
    void look_up_hashed(T const& value) {
        bool const is_small = value.size() <= entries_of_each;
        std::size_t left = is_small ? entries_of_each : entries_of_each / 4;
        for (auto const& entry : value) {
            if (left-- == 0) break;
            find(value, entry);
        }
        if constexpr (requires(std::size_t n) { value.begin(n) != value.end(n); }) {
            if (is_small) return;
            constexpr std::size_t samples = entries_of_each / 4 * 3;
            std::size_t const step = value.bucket_count() / samples + 1;
            for (std::size_t bucket = 0; bucket < value.bucket_count(); bucket += step)
                if (auto const first = value.begin(bucket); first != value.end(bucket)) find(value, *first);
        }
    }

    std::size_t left_ = entries_in_all;
    unsigned depth_ = 0;
};

}  // namespace hotswap::detail
