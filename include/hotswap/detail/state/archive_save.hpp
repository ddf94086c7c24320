// How each kind of value is written. Included by archive.hpp.
#pragma once

#include <hotswap/detail/state/archive_core.hpp>
#include <hotswap/detail/state/key_order.hpp>
#include <hotswap/detail/state/sampling.hpp>

namespace hotswap::detail {

template <class T>
void save(output_archive& out, T const& value);

template <class T>
void save_raw(output_archive& out, T const& value) {
    out.save_binary(&value, sizeof value);
}

inline void save_count(output_archive& out, std::size_t count) {
    save_raw(out, static_cast<std::uint64_t>(count));
}

template <class T>
void save_elements(output_archive& out, T const* data, std::size_t count) {
    if constexpr (is_flat<T>)
        out.save_binary(data, count * sizeof(T));
    else
        for (std::size_t i = 0; i != count; ++i) save(out, data[i]);
}

// Writes every element, or samples of them.
template <class T, class Save>
void save_each(output_archive& out, T const& value, Save save_one) {
    if (out.samples() != nullptr) [[unlikely]]
        return out.samples()->take(value, value.size(), save_one);
    for (auto const& element : value) save_one(element);
}

template <class T>
void save_sequence(output_archive& out, T const& value) {
    save_count(out, value.size());
    if constexpr (is_flat<typename T::value_type> && requires { value.data(); })
        save_elements(out, value.data(), value.size());
    else
        save_each(out, value, [&out](auto const& element) { save(out, element); });
}

// Writes entries whose keys must be unique. `save_one` writes an entry.
template <class T, class Save>
void save_unique(output_archive& out, T const& value, Save save_one) {
    if constexpr (has_own_order<T>() && has_unique_keys<T>) {
        key_watch<T> watch(value);
        save_each(out, value, [&](auto const& entry) {
            watch.meet(entry);
            save_one(entry);
        });
        if (out.samples() == nullptr && watch.has_key_twice()) refuse_archive(name_key_twice<T>());
    } else {
        save_each(out, value, save_one);
    }
}

template <class T>
void save_set(output_archive& out, T const& value) {
    if constexpr (!has_own_order<T>()) return save_sequence(out, value);
    save_count(out, value.size());
    save_unique(out, value, [&out](auto const& element) { save(out, element); });
}

template <class T, std::size_t I = 0>
void save_alternative(output_archive& out, T const& value) {
    if constexpr (I == std::variant_size_v<T>)
        refuse_archive("a std::variant of the state holds no value");
    else if (auto const* held = std::get_if<I>(&value))
        save_raw(out, static_cast<std::uint32_t>(I)), save(out, *held);
    else
        save_alternative<T, I + 1>(out, value);
}

template <class T>
void save_class(output_archive& out, T const& value) {
    // One serialize() both reads and writes, so by Boost's convention the const is cast away; saving must not
    // change the value.
    auto const depth = out.nest();
    constexpr unsigned char version = class_version<T>();
    save_raw(out, version);
    serialize_class(out, const_cast<T&>(value), version);
}

template <class T>
void save_aggregate(output_archive& out, T const& value) {
    static_assert(sizeof(state_aggregate<T>) != 0);
    auto const depth = out.nest();
    for_each_field(value, [&out](auto const& field) { save(out, field); });
}

// Values that are made of other values.
template <class T>
void save_composite(output_archive& out, T const& value) {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::array) {
        save_elements(out, value.data(), value.size());
    } else if constexpr (k == kind::sequence) {
        save_sequence(out, value);
    } else if constexpr (k == kind::set) {
        save_set(out, value);
    } else if constexpr (k == kind::bits) {
        save_count(out, value.size());
        for (bool const bit : value) save(out, bit);
    } else if constexpr (k == kind::map) {
        save_count(out, value.size());
        save_unique(out, value, [&out](auto const& entry) {
            save(out, entry.first);
            save(out, entry.second);
        });
    } else if constexpr (k == kind::table) {
        table_archive<T>::save(out, value);
    } else if constexpr (k == kind::tuple) {
        std::apply([&out](auto const&... element) { (save(out, element), ...); }, value);
    } else if constexpr (k == kind::optional || k == kind::unique_ptr) {
        auto const depth = out.nest();
        save(out, static_cast<bool>(value));
        if (value) save(out, *value);
    } else if constexpr (k == kind::variant) {
        save_alternative(out, value);
    } else if constexpr (k == kind::member || k == kind::overload) {
        save_class(out, value);
    } else if constexpr (k == kind::aggregate) {
        save_aggregate(out, value);
    }
}

// The wrappers that Boost's headers put around values.
template <class T>
void save_wrapper(output_archive& out, T const& value) {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::nvp)
        save(out, value.const_value());
    else if constexpr (k == kind::array_wrapper)
        save_elements(out, value.address(), value.count());
    else if constexpr (k == kind::binary_object)
        out.save_binary(value.m_t, value.m_size);
    else if constexpr (k == kind::collection_size)
        save_count(out, static_cast<std::size_t>(value));
    else
        save_raw(out, static_cast<std::uint32_t>(static_cast<unsigned>(value)));
}

template <class T>
inline constexpr bool is_wrapper = kind_of<T>() == kind::nvp || kind_of<T>() == kind::array_wrapper
                                   || kind_of<T>() == kind::binary_object
                                   || kind_of<T>() == kind::collection_size
                                   || kind_of<T>() == kind::item_version;

template <class T>
void save(output_archive& out, T const& value) {
    static_assert(sizeof(state_value<std::remove_all_extents_t<T>>) != 0);
    constexpr kind k = kind_of<T>();
    if constexpr (std::is_array_v<T>)  // from a class's own serialize; layout_of refuses arrays as fields
        save_elements(out, value, std::extent_v<T>);
    else if constexpr (k == kind::scalar)
        out.save_binary(&value, stored_size<T>);
    else if constexpr (k == kind::boolean)
        save_raw(out, static_cast<unsigned char>(value));
    else if constexpr (k == kind::duration)
        save(out, value.count());
    else if constexpr (k == kind::time_point)
        save(out, value.time_since_epoch().count());
    else if constexpr (k == kind::string) {
        save_count(out, value.size());
        save_elements(out, value.data(), value.size());
    } else if constexpr (is_hollow<T>())
        save_raw(out, static_cast<unsigned char>(0));
    else if constexpr (is_wrapper<T>)
        save_wrapper(out, value);
    else if constexpr (k != kind::refused)
        save_composite(out, value);
}

}  // namespace hotswap::detail

template <class T>
hotswap::output_archive& hotswap::output_archive::operator<<(T const& value) {
    detail::save(*this, value);
    return *this;
}
