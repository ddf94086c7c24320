#include "module/module_file.hpp"

#include "module/checked.hpp"
#include "module/digest.hpp"
#include "module/inspect_bytes.hpp"

#include <algorithm>
#include <utility>

namespace hotswap::detail {

namespace {

result<module_file> verify(module_bytes const& file, module_policy const& policy) {
    auto verdict = inspect_bytes(file, policy, true);
    if (auto const* const refused = verdict.inspection.refusal()) return as_failure(*refused, phase::verify);
    return module_file{verdict.descriptor,
                       std::move(verdict.inspection.build_id),
                       std::move(verdict.inspection.digest),
                       std::move(verdict.inspection.keeps_mapped),
                       std::move(verdict.inspection.findings),
                       verdict.leaves_without_trace,
                       verdict.static_block_bytes,
                       std::move(verdict.layouts)};
}

}  // namespace

std::vector<std::string> module_file::warnings_in_words() const {
    std::vector<std::string> all;
    for (finding const& each : warnings) all.push_back(fmt::format("{}; {}", each.message, each.remedy));
    return all;
}

abi::state_entry const* module_file::state(std::uint32_t version) const noexcept {
    auto const* const end = descriptor.states + descriptor.state_count;
    auto const* const found = std::find_if(
        descriptor.states, end, [version](abi::state_entry const& e) { return e.version == version; });
    return found == end ? nullptr : found;
}

result<module_file> verify_module(staged_file const& file, module_policy const& policy) {
    return verify({file.bytes(), file.name(), file.digest(), file.signature()}, policy);
}

result<module_file> verify_module(std::span<std::byte const> file, std::string_view name,
                                  module_policy const& policy) {
    return verify({file, name, content_digest(file), std::nullopt}, policy);
}

}  // namespace hotswap::detail
