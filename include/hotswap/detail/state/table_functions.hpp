// A migration's functions for a table, in the form in which they can be recorded.
#pragma once

#include <hotswap/detail/state/archive.hpp>
#include <hotswap/detail/state/copying.hpp>
#include <hotswap/detail/state/memory_sink.hpp>
#include <hotswap/detail/state/table_hash.hpp>
#include <hotswap/detail/state/table_pass.hpp>

#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

namespace hotswap::detail {

template <class T>
struct without_optional {
    using type = T;
};
template <class T>
struct without_optional<std::optional<T>> {
    using type = T;
};

/// Calls a recorded function, with its data if it has any.
template <class F, class Data, class... Arguments>
decltype(auto) call_recorded(F const& f, Data const& data, Arguments&&... arguments) {
    if constexpr (std::is_same_v<Data, no_data>)
        return f(std::forward<Arguments>(arguments)...);
    else
        return f(std::forward<Arguments>(arguments)..., data);
}

/// The common part of both forms: a function, its data, and the bytes that identify them.
template <class F, class Data>
class recorded_function : public table_link {
    static_assert(
        std::is_empty_v<F> || (std::is_pointer_v<F> && std::is_function_v<std::remove_pointer_t<F>>),
        "hotswap: a table's row function captures nothing, so that it can be recorded; give transform() the "
        "values that it needs as data");

public:
    recorded_function(F f, Data const& data) : f_(f), data_(data) {}

    void describe(std::vector<unsigned char>& out) const override {
        static constexpr char identity = 0;
        append(out, reinterpret_cast<std::uintptr_t>(&identity));
        if constexpr (!std::is_empty_v<F>) append(out, reinterpret_cast<std::uintptr_t>(f_));
        if constexpr (!std::is_same_v<Data, no_data>) {
            memory_sink memory(out);
            output_archive(memory.out) << data_;
            memory.finish();
        }
    }

protected:
    static void append(std::vector<unsigned char>& out, std::uintptr_t number) {
        auto const* const bytes = reinterpret_cast<unsigned char const*>(&number);
        out.insert(out.end(), bytes, bytes + sizeof number);
    }

    F f_;
    Data data_;
};

template <class Key, class Row, class Hash, class Equal, class F, class Data>
class row_function<table<Key, Row, Hash, Equal>, F, Data> final : public recorded_function<F, Data> {
    using result = std::remove_cvref_t<decltype(call_recorded(
        std::declval<F const&>(), std::declval<Data const&>(), std::declval<Row&&>()))>;

public:
    using table = hotswap::table<Key, typename without_optional<result>::type, Hash, Equal>;
    using recorded_function<F, Data>::recorded_function;

    bool changes_keys() const noexcept override { return false; }
    void run(key_in_flight key, void* row, table_flow const& next) const override {
        result made = call_recorded(this->f_, this->data_, std::move(*static_cast<Row*>(row)));
        if constexpr (is_instance<result, std::optional>) {
            if (made) next.send(key, &*made);
        } else {
            next.send(key, &made);
        }
    }
};

template <class Key, class Row, class Hash, class Equal, class F, class Data>
class entry_function<table<Key, Row, Hash, Equal>, F, Data> final : public recorded_function<F, Data> {
    using result =
        std::remove_cvref_t<decltype(call_recorded(std::declval<F const&>(), std::declval<Data const&>(),
                                                   std::declval<Key&&>(), std::declval<Row&&>()))>;
    using entry = typename without_optional<result>::type;
    using key_type = std::remove_cv_t<typename entry::first_type>;

    // If the key type stays the same, so do its hash and equality.
    template <class NewKey, bool Same>
    struct policies {
        using table =
            hotswap::table<NewKey, typename entry::second_type, table_hash<NewKey>, table_equal<NewKey>>;
    };
    template <class NewKey>
    struct policies<NewKey, true> {
        using table = hotswap::table<NewKey, typename entry::second_type, Hash, Equal>;
    };

public:
    using table = typename policies<key_type, std::is_same_v<key_type, Key>>::table;
    using recorded_function<F, Data>::recorded_function;

    bool changes_keys() const noexcept override { return true; }
    void run(key_in_flight key, void* row, table_flow const& next) const override {
        Key own = key.lent ? copy_of(*static_cast<Key const*>(key.key))
                           : std::move(*static_cast<Key*>(const_cast<void*>(key.key)));
        result made =
            call_recorded(this->f_, this->data_, std::move(own), std::move(*static_cast<Row*>(row)));
        if constexpr (is_instance<result, std::optional>) {
            if (made) next.send({&made->first, false}, &made->second);
        } else {
            next.send({&made.first, false}, &made.second);
        }
    }
};

}  // namespace hotswap::detail
