#include "swap/component_health.hpp"

#include "swap/while_inside.hpp"

#include <fmt/format.h>

#include <string_view>

namespace hotswap::detail {

std::string fault_by_itself(slot& of) {
    bool well = true;
    abi::error why;
    auto outcome = abi::status::ok;
    while_inside(of, [&](generation const& running) {
        if (auto const check = running.module->api().check_health)
            outcome = check(running.instance.object(), &well, &why);
    });
    if (outcome != abi::status::ok)
        return fmt::format("its healthy() threw: {}", std::string_view(why.message, why.size));
    return well ? std::string{} : "its healthy() says that it is not";
}

}  // namespace hotswap::detail
