#include <hotswap/module_ref.hpp>

#include <hotswap/detail/base/release_text.hpp>

namespace hotswap {

module_ref module_ref::parsed(std::string text) {
    if (text.empty()) return {};
    bool const is_file = text.find('/') != text.npos || text.ends_with(".so");
    auto const which = is_file ? kind::file : release_text::parse(text).valid ? kind::release : kind::family;
    return {which, std::move(text)};
}

module_ref release(std::string number) { return {module_ref::kind::release, std::move(number)}; }

module_ref family(std::string name) { return {module_ref::kind::family, std::move(name)}; }

std::string to_string(module_ref const& module) { return module.text(); }

}  // namespace hotswap
