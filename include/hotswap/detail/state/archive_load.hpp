// How each kind of value is read. Included by archive.hpp.
#pragma once

#include <hotswap/detail/state/archive_core.hpp>

namespace hotswap::detail {

template <class T>
void load(input_archive& in, T& value);

template <class T>
T load_raw(input_archive& in) {
    T value;
    in.load_binary(&value, sizeof value);
    return value;
}

inline bool load_bool(input_archive& in) {
    auto const byte = load_raw<unsigned char>(in);
    if (byte > 1) refuse_archive("the snapshot holds a bool that is neither 0 nor 1");
    return byte == 1;
}

template <class T>
void load_elements(input_archive& in, T* data, std::size_t count) {
    if constexpr (is_flat<T>) {
        if (count > in.left() / sizeof(T)) refuse_archive("the snapshot ends in the middle of an array");
        in.load_binary(data, count * sizeof(T));
    } else {
        for (std::size_t i = 0; i != count; ++i) load(in, data[i]);
    }
}

template <class T>
void load_sequence(input_archive& in, T& value) {
    using element = typename T::value_type;
    std::size_t const count = in.take_count(smallest<element>());
    value.clear();
    if constexpr (is_flat<element> && requires {
                      value.data();
                      value.resize(count);
                  }) {
        value.resize(count);
        load_elements(in, value.data(), count);
    } else {
        if constexpr (requires { value.reserve(count); }) value.reserve(count);
        for (std::size_t i = 0; i != count; ++i) {
            value.emplace_back();
            load(in, value.back());
        }
    }
}

// Entries come in the order in which they were written, so an ordered container inserts each at its end.
template <class T>
void load_set(input_archive& in, T& value) {
    using element = typename T::value_type;
    std::size_t const count = in.take_count(smallest<element>());
    value.clear();
    if constexpr (requires { value.reserve(count); }) value.reserve(count);
    for (std::size_t i = 0; i != count; ++i) {
        element entry{};
        load(in, entry);
        value.emplace_hint(value.end(), std::move(entry));
    }
    if (value.size() != count) refuse_archive("the snapshot holds a set with an element twice");
}

template <class T>
void load_map(input_archive& in, T& value) {
    using key = typename T::key_type;
    using mapped = typename T::mapped_type;
    std::size_t const count = in.take_count(smallest<key>() + smallest<mapped>());
    value.clear();
    if constexpr (requires { value.reserve(count); }) value.reserve(count);
    for (std::size_t i = 0; i != count; ++i) {
        key name{};
        load(in, name);
        load(in, value.emplace_hint(value.end(), std::move(name), mapped{})->second);
    }
    if (value.size() != count) refuse_archive("the snapshot holds a map with a key twice");
}

template <class T, std::size_t I = 0>
void load_alternative(input_archive& in, T& value, std::size_t index) {
    if constexpr (I == std::variant_size_v<T>)
        refuse_archive("the snapshot holds an alternative that the std::variant does not have");
    else if (index == I)
        load(in, value.template emplace<I>());
    else
        load_alternative<T, I + 1>(in, value, index);
}

template <class T>
void load_class(input_archive& in, T& value) {
    auto const depth = in.nest();
    auto const version = load_raw<unsigned char>(in);
    if (version > class_version<T>())
        refuse_archive("the snapshot holds a class version newer than this module's");
    serialize_class(in, value, version);
}

template <class T>
void load_aggregate(input_archive& in, T& value) {
    static_assert(sizeof(state_aggregate<T>) != 0);
    auto const depth = in.nest();
    for_each_field(value, [&in](auto& field) { load(in, field); });
}

// Values that are made of other values.
template <class T>
void load_composite(input_archive& in, T& value) {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::array) {
        load_elements(in, value.data(), value.size());
    } else if constexpr (k == kind::sequence) {
        load_sequence(in, value);
    } else if constexpr (k == kind::bits) {
        std::size_t const count = in.take_count(1);
        value.clear();
        for (std::size_t i = 0; i != count; ++i) value.push_back(load_bool(in));
    } else if constexpr (k == kind::set) {
        load_set(in, value);
    } else if constexpr (k == kind::map) {
        load_map(in, value);
    } else if constexpr (k == kind::table) {
        table_archive<T>::load(in, value);
    } else if constexpr (k == kind::tuple) {
        std::apply([&in](auto&... element) { (load(in, element), ...); }, value);
    } else if constexpr (k == kind::optional || k == kind::unique_ptr) {
        auto const depth = in.nest();
        value.reset();
        if (!load_bool(in)) return;
        if constexpr (k == kind::optional)
            load(in, value.emplace());
        else
            value.reset(new typename T::element_type()), load(in, *value);
    } else if constexpr (k == kind::variant) {
        load_alternative(in, value, load_raw<std::uint32_t>(in));
    } else if constexpr (k == kind::member || k == kind::overload) {
        load_class(in, value);
    } else if constexpr (k == kind::aggregate) {
        load_aggregate(in, value);
    }
}

// The wrappers that Boost's headers put around values.
template <class T>
void load_wrapper(input_archive& in, T& value) {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::nvp)
        load(in, value.value());
    else if constexpr (k == kind::array_wrapper)
        load_elements(in, value.address(), value.count());
    else if constexpr (k == kind::binary_object)
        in.load_binary(const_cast<void*>(value.m_t), value.m_size);
    else if constexpr (k == kind::collection_size)
        value = T(in.take_count(1));
    else
        value = T(static_cast<unsigned>(load_raw<std::uint32_t>(in)));
}

template <class T>
void load(input_archive& in, T& value) {
    using plain = std::remove_const_t<T>;  // wrappers are const temporaries; the wrapped value is not const
    static_assert(sizeof(state_value<std::remove_all_extents_t<plain>>) != 0);
    constexpr kind k = kind_of<plain>();
    if constexpr (std::is_array_v<plain>) {
        load_elements(in, value, std::extent_v<plain>);
    } else if constexpr (k == kind::scalar) {
        if constexpr (stored_size<plain> != sizeof value) value = 0;
        in.load_binary(&value, stored_size<plain>);
    } else if constexpr (k == kind::boolean) {
        value = static_cast<plain>(load_bool(in));
    } else if constexpr (k == kind::duration) {
        typename plain::rep count{};
        load(in, count);
        value = plain(count);
    } else if constexpr (k == kind::time_point) {
        typename plain::duration::rep count{};
        load(in, count);
        value = plain(typename plain::duration(count));
    } else if constexpr (k == kind::string) {
        using character = typename plain::value_type;
        std::size_t const length = in.take_count(sizeof(character));
        if constexpr (sizeof(character) == 1) {
            value.assign(reinterpret_cast<character const*>(in.take(length)), length);
        } else {
            value.resize(length);
            load_elements(in, value.data(), length);
        }
    } else if constexpr (is_hollow<plain>()) {
        load_raw<unsigned char>(in);
    } else if constexpr (k == kind::nvp || k == kind::array_wrapper || k == kind::binary_object ||
                         k == kind::collection_size || k == kind::item_version) {
        load_wrapper(in, const_cast<plain&>(value));
    } else if constexpr (k != kind::refused) {
        load_composite(in, value);
    }
}

}  // namespace hotswap::detail

template <class T>
hotswap::input_archive& hotswap::input_archive::operator>>(T&& value) {
    detail::load(*this, value);
    return *this;
}
