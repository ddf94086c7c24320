#include "module/inspect_bytes.hpp"

#include "module/descriptor_note.hpp"
#include "module/lints.hpp"
#include "module/release.hpp"
#include "module/signature.hpp"
#include "module/static_block.hpp"

#include <algorithm>
#include <utility>

namespace hotswap::detail {

namespace {

void describe(inspection& said, abi::descriptor const& d) {
    said.component = d.component;
    said.release = d.release;
    said.contract = d.contract;
    said.contract_number = d.contract_number;
    said.serves = {d.oldest_contract, d.contract_number};
    said.schema = d.schema;
    said.schema_version = d.schema_version;
    said.oldest_start = d.oldest_start;
    said.oldest_back = d.oldest_back;
    said.toolchain = d.toolchain;
    for (abi::state_entry const& e : std::span(d.states).first(d.state_count))
        said.states.push_back({e.version, (e.flags & abi::state_upgrades) != 0,
                               (e.flags & abi::state_downgrades) != 0, (e.flags & abi::state_lossy) != 0,
                               (e.flags & abi::state_tables) != 0, e.layout});
}

void read_layouts(verdict& found, elf_image const& image) {
    auto const note = image.note(abi::note_name, abi::layouts_note_type);
    if (!note) return;
    found.layouts = detail::read_layouts({reinterpret_cast<char const*>(note->data()), note->size()});
    for (auto& each : found.inspection.states)
        if (auto const known = found.layouts.find(each.version); known != found.layouts.end())
            each.layout = known->second;
}

void check_seal(verdict& found, elf_image const& image, std::string_view name, module_policy const& policy) {
    auto const sealed = read_seal(image, found.descriptor, name);
    if (!sealed) return found.inspection.findings.push_back(sealed.error());
    found.inspection.sealed = *sealed;
    if (*sealed) return;
    found.inspection.findings.push_back(
        {policy.require_seal ? severity::refuse : severity::warn, errc::unsealed_module, "the seal",
         fmt::format("{} was never sealed, so damage to it cannot be detected", name),
         "build it with hotswap_add_component, or seal it with hotswap-lint --seal"});
}

// The file's name decides which file is a family's newest; reports show the module's own description.
void check_name(verdict& found, std::string_view name) {
    auto const promised = release_in_name(std::string(name));
    if (promised.empty() || promised == found.inspection.release) return;
    found.inspection.findings.push_back(
        warning(errc::lint_refused, promised,
                fmt::format("{} is release {} by its name and {} by its descriptor: it is chosen by the name",
                            name, promised, found.inspection.release),
                fmt::format("rename the file to {}-{}.so, or build it with that release",
                            family_of(std::string(name)), found.inspection.release)));
}

}  // namespace

verdict inspect_bytes(module_bytes const& file, module_policy const& policy, bool as_host) {
    verdict found;
    auto const name = file.name;
    auto& findings = found.inspection.findings;
    found.inspection.name = name;
    found.inspection.digest = file.digest;
    auto const image = elf_image::read(file.content, name);
    if (!image) {
        findings.push_back(image.error());
        return found;
    }
    found.inspection.build_id = image->build_id();
    found.inspection.keeps_mapped = what_keeps_mapped(*image);
    found.leaves_without_trace = leaves_without_trace(*image);
    found.static_block_bytes = static_block_bytes(*image);
    auto const descriptor = read_descriptor(*image, name, as_host);
    if (!descriptor) {
        findings.push_back(descriptor.error());
        return found;
    }
    found.descriptor = *descriptor;
    describe(found.inspection, *descriptor);
    read_layouts(found, *image);
    check_name(found, name);
    check_seal(found, *image, name, policy);
    if (!policy.trusted_keys.empty()) {
        auto by = check_signature(
            file.signature, {found.inspection.component, found.inspection.release, found.inspection.digest},
            name, policy.trusted_keys);
        if (by)
            found.inspection.signed_by = std::move(*by);
        else
            findings.push_back(by.error());
    }
    for (auto& each : lint(*image, name, as_host)) findings.push_back(std::move(each));
    std::stable_partition(findings.begin(), findings.end(),
                          [](finding const& f) { return f.severity == severity::refuse; });
    return found;
}

}  // namespace hotswap::detail
