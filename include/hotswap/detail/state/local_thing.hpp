// Types whose values are valid in one process only, and so cannot be part of a state: as far as the type
// shows it.
#pragma once

#include <hotswap/detail/state/value.hpp>

#include <initializer_list>
#include <string_view>

namespace hotswap {

/// Whether a time point of `Clock` means the same in every process and after a reboot: the epoch is fixed.
/// Specialize it for your own clock: `template <> inline constexpr bool hotswap::has_fixed_epoch<my_clock> =
/// true;`.
template <class Clock>
inline constexpr bool has_fixed_epoch = [] {
    constexpr auto name = detail::compilers_name<Clock>();
    if (!name.starts_with("std::")) return false;
    // By name: <chrono> and <filesystem> would cost every component half a second. `local_t` is the calendar without a zone.
    for (std::string_view const fixed : {"system_clock", "utc_clock", "tai_clock", "gps_clock", "_file_clock",
                                         "_FilesystemClock", "local_t"})
        if (name.ends_with(fixed)) return true;
    return false;
}();

}  // namespace hotswap

namespace hotswap::detail {

template <class T>
constexpr bool has_clock_of_this_process() noexcept {
    if constexpr (is_time_point<T>)
        return !has_fixed_epoch<typename T::clock>;
    else
        return false;
}

/// The category of a standard library class whose values are valid in this process only.
enum class local_thing { none, lock, thread, error, type, location, code };

// The name of a class of the standard library within it, without the inline namespaces of its implementation; empty for others.
template <class T>
constexpr std::string_view name_within_std() noexcept {
    constexpr std::string_view std_namespace = "std::";
    auto name = compilers_name<T>();
    if (!name.starts_with(std_namespace)) return {};
    name.remove_prefix(std_namespace.size());
    while (name.starts_with("_") && name.substr(0, name.find('<')).find("::") != name.npos)
        name.remove_prefix(name.find("::") + 2);
    return name;
}

constexpr bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) noexcept {
    for (auto const each : names)
        if (name == each || (each.ends_with('<') && name.starts_with(each))) return true;
    return false;
}

// Used only for classes that are refused, so it costs a good state nothing.
template <class T>
constexpr local_thing local_thing_of() noexcept {
    constexpr auto name = name_within_std<T>();
    if (is_one_of(name, {"mutex", "recursive_mutex", "timed_mutex", "recursive_timed_mutex", "shared_mutex",
                         "shared_timed_mutex", "condition_variable", "condition_variable_any", "once_flag",
                         "atomic<", "atomic_flag", "atomic_ref<", "latch", "barrier<", "counting_semaphore<",
                         "unique_lock<", "shared_lock<", "lock_guard<", "scoped_lock<"}))
        return local_thing::lock;
    if (is_one_of(name, {"thread", "jthread", "thread::id", "__thread_id", "future<", "shared_future<",
                         "promise<", "packaged_task<", "stop_token", "stop_source", "stop_callback<"}))
        return local_thing::thread;
    if (is_one_of(name, {"error_code", "error_condition", "exception_ptr"})) return local_thing::error;
    if (is_one_of(name, {"type_index"})) return local_thing::type;
    if (is_one_of(name, {"source_location"})) return local_thing::location;
    if (is_one_of(name, {"function<", "move_only_function<", "coroutine_handle<", "reference_wrapper<"}))
        return local_thing::code;
    return local_thing::none;
}

}  // namespace hotswap::detail
