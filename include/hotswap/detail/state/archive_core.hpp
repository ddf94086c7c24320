// Reads and writes states as bytes: Boost.Serialization's archive concept over one contiguous buffer.
//
// Every `serialize` member, every free `serialize` and every container header of Boost works with these
// classes. They leave out the parts that a state does not need: streams, tracking, type registration. Values
// are stored as the machine holds them (little-endian), counts and lengths as 64-bit numbers; only an empty
// struct's byte is padding.
#pragma once

#include <hotswap/detail/abi/module_api.hpp>
#include <hotswap/detail/state/refusal.hpp>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

namespace hotswap {

/// Thrown by the archives: the bytes do not match the type, or the state cannot be written.
/// Lifetime: never leaves the code that walks a state; the module boundary turns it into a value.
class archive_error : public std::runtime_error {
public:
    explicit archive_error(char const* why) : std::runtime_error(why) {}
    // By the other constructor, so that a module imports only one of the two.
    explicit archive_error(std::string const& why) : std::runtime_error(why.c_str()) {}
};

namespace detail {

class table_ledger;
struct sampling;

// One function for all refusals, so each refusal costs its caller only one call.
[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_archive(char const* why) {
    throw archive_error(why);
}
// By snprintf: std::to_string and operator+ of strings would put two kilobytes of code into every module.
[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_bytes_left(std::size_t left) {
    char why[80];
    std::snprintf(why, sizeof why, "the snapshot has %zu bytes after the end of the state", left);
    refuse_archive(why);
}
[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_archive(std::string const& why) {
    throw archive_error(why);
}

// A state nested deeper than this would overflow the stack.
inline constexpr unsigned max_depth = 500;

struct nesting {
    explicit nesting(unsigned& depth) : depth_(depth) {
        if (depth_ == max_depth)
            refuse_archive(
                "the state is nested deeper than 500 levels (in a chain of unique_ptr each node is two: 249 "
                "nodes at most); keep a long sequence in a vector, deque or list");
        ++depth_;
    }
    ~nesting() { --depth_; }
    nesting(nesting const&) = delete;

private:
    unsigned& depth_;
};

}  // namespace detail

/// Appends values to a buffer of the host.
/// Cost:     one bounds check and one copy for a scalar or a string; contiguous scalars are copied in one
///           piece.
class output_archive {
public:
    using is_saving = std::true_type;
    using is_loading = std::false_type;

    explicit output_archive(abi::sink& out, detail::table_ledger* tables = nullptr,
                            detail::sampling* samples = nullptr) noexcept
        : out_(out), tables_(tables), samples_(samples) {}
    output_archive(output_archive const&) = delete;

    void save_binary(void const* data, std::size_t size) {
        if (static_cast<std::size_t>(out_.end - out_.cursor) < size) make_room(size);
        if (size != 0) std::memcpy(out_.cursor, data, size);
        out_.cursor += size;
    }
    template <class T>
    output_archive& operator<<(T const& value);
    template <class T>
    output_archive& operator&(T const& value) {
        return *this << value;
    }
    /// Required by Boost's headers: the number of Boost's format, so that the headers write their current
    /// form.
    unsigned get_library_version() const noexcept { return 19; }
    [[nodiscard]] detail::nesting nest() { return detail::nesting(depth_); }
    /// Holds the rows of tables in place of the bytes; null if the rows are part of the bytes.
    detail::table_ledger* ledger() const noexcept { return tables_; }
    /// Set if only the beginnings of containers are written, to estimate their size; else null.
    detail::sampling* samples() const noexcept { return samples_; }

private:
    void make_room(std::size_t size) {
        if (!out_.grow(&out_, size)) throw std::bad_alloc();
    }

    abi::sink& out_;
    detail::table_ledger* const tables_;
    detail::sampling* const samples_;
    unsigned depth_ = 0;
};

/// Reads values from a buffer; a read past its end is an `archive_error`, and so is a count that is too large
/// for the remaining bytes.
class input_archive {
public:
    using is_saving = std::false_type;
    using is_loading = std::true_type;

    explicit input_archive(abi::bytes payload, detail::table_ledger* tables = nullptr) noexcept
        : cursor_(static_cast<unsigned char const*>(payload.data)), left_(payload.size), tables_(tables) {}
    input_archive(input_archive const&) = delete;

    void load_binary(void* data, std::size_t size) {
        if (size != 0) std::memcpy(data, take(size), size);
    }
    template <class T>
    input_archive& operator>>(T&& value);
    template <class T>
    input_archive& operator&(T&& value) {
        return *this >> value;
    }
    /// Required by Boost's headers.
    unsigned get_library_version() const noexcept { return 19; }
    /// Part of the concept; without tracking it does nothing.
    template <class T>
    void reset_object_address(T const*, T const*) noexcept {}
    void reset_object_address(void const*, void const*) noexcept {}

    /// The bytes not read yet.
    std::size_t left() const noexcept { return left_; }
    /// Lends the next `size` bytes.
    unsigned char const* take(std::size_t size) {
        if (size > left_) detail::refuse_archive("the snapshot ends in the middle of a value");
        auto const* at = cursor_;
        cursor_ += size;
        left_ -= size;
        return at;
    }
    /// Reads a count of elements that take at least `each` bytes.
    std::size_t take_count(std::size_t each) {
        std::uint64_t count = 0;
        load_binary(&count, sizeof count);
        if (count > left_ / each)
            detail::refuse_archive("the snapshot holds a count that exceeds its length");
        return static_cast<std::size_t>(count);
    }
    [[nodiscard]] detail::nesting nest() { return detail::nesting(depth_); }
    /// Holds the rows of tables in place of the bytes; null if the rows are part of the bytes.
    detail::table_ledger* ledger() const noexcept { return tables_; }

private:
    unsigned char const* cursor_;
    std::size_t left_;
    detail::table_ledger* const tables_;
    unsigned depth_ = 0;
};

namespace detail {

template <class T>
constexpr std::size_t smallest() noexcept;

template <class Tuple, std::size_t... I>
constexpr std::size_t smallest_tuple(std::index_sequence<I...>) noexcept {
    return (smallest<std::remove_const_t<std::tuple_element_t<I, Tuple>>>() + ... + std::size_t{0});
}
template <class T, std::size_t... I>
constexpr std::size_t smallest_aggregate(std::index_sequence<I...>) noexcept {
    return (smallest<field_type<T, I>>() + ... + std::size_t{0});
}

// The written size of a scalar: ten bytes for x87's long double, because its padding is not part of the
// value.
template <class T>
inline constexpr std::size_t stored_size = sizeof(T);
template <>
inline constexpr std::size_t stored_size<long double> = __LDBL_MANT_DIG__ == 64 ? 10 : sizeof(long double);

constexpr std::size_t at_least_one(std::size_t size) noexcept { return size == 0 ? 1 : size; }

/// The fewest bytes that a `T` takes when written, never 0: it bounds a count.
template <class T>
constexpr std::size_t smallest() noexcept {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::scalar)
        return stored_size<T>;
    else if constexpr (k == kind::duration)
        return smallest<typename T::rep>();
    else if constexpr (k == kind::time_point)
        return smallest<typename T::rep>();
    else if constexpr (k == kind::string || k == kind::sequence || k == kind::bits || k == kind::set ||
                       k == kind::map || k == kind::table)
        return sizeof(std::uint64_t);
    else if constexpr (k == kind::array)
        return at_least_one(std::tuple_size_v<T> * smallest<typename T::value_type>());
    else if constexpr (k == kind::tuple)
        return at_least_one(smallest_tuple<T>(std::make_index_sequence<std::tuple_size_v<T>>{}));
    else if constexpr (k == kind::variant)
        return sizeof(std::uint32_t);
    else if constexpr (k == kind::aggregate)
        return at_least_one(smallest_aggregate<T>(std::make_index_sequence<plain_field_count<T>>{}));
    else
        return 1;
}

/// Whether an array of `T` is stored as one piece of memory.
template <class T>
inline constexpr bool is_flat = kind_of<T>() == kind::scalar&& stored_size<T> == sizeof(T);

/// Whether a `T` has no content to write, so one byte must represent it.
template <class T>
constexpr bool is_hollow() noexcept {
    if constexpr (kind_of<T>() == kind::aggregate)
        return field_count<T> == 0;
    else if constexpr (kind_of<T>() == kind::array || kind_of<T>() == kind::tuple)
        return std::tuple_size_v<T> == 0;
    else
        return false;
}

/// The class version of Boost's BOOST_CLASS_VERSION, if that header is included and the class has one.
template <class T>
constexpr unsigned char class_version() noexcept {
    if constexpr (requires { boost::serialization::version<T>::value; }) {
        static_assert(boost::serialization::version<T>::value < 256);
        return static_cast<unsigned char>(boost::serialization::version<T>::value);
    } else {
        return 0;
    }
}

/// Calls the class's own `serialize`.
template <class Archive, class T, class Version = boost::serialization::version_type>
void serialize_class(Archive& archive, T& value, unsigned version) {
    if constexpr (kind_of<T>() == kind::member) {
        value.serialize(archive, version);
    } else if constexpr (complete<Version>) {
        serialize(archive, value, Version(version));
    } else {
        serialize(archive, value, version);
    }
}

}  // namespace detail

}  // namespace hotswap
