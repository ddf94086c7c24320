#include <hotswap/format.hpp>

#include <hotswap/event.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/plan.hpp>
#include <hotswap/report.hpp>

#include <fmt/format.h>

namespace hotswap::detail {

template <class T>
fmt::format_context::iterator text_formatter<T>::format(T const& value, fmt::format_context& context) const {
    return fmt::formatter<fmt::string_view>::format(to_string(value), context);
}

template struct text_formatter<errc>;
template struct text_formatter<failure_kind>;
template struct text_formatter<phase>;
template struct text_formatter<failure>;
template struct text_formatter<event>;
template struct text_formatter<unload_report>;
template struct text_formatter<configure_report>;
template struct text_formatter<swap_report>;
template struct text_formatter<set_report>;
template struct text_formatter<swap_plan>;
template struct text_formatter<set_plan>;

}  // namespace hotswap::detail
