#include "module/judge.hpp"

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
                               (e.flags & abi::state_tables) != 0});
}

void check_seal(judgement& j, elf_image const& image, std::string_view name, module_policy const& policy) {
    auto const sealed = read_seal(image, j.descriptor, name);
    if (!sealed) return j.said.findings.push_back(sealed.error());
    j.said.sealed = *sealed;
    if (*sealed) return;
    j.said.findings.push_back({policy.require_seal ? severity::refuse : severity::warn, errc::unsealed_module,
                               "the seal",
                               fmt::format("{} was never sealed, so that damage to it cannot be told", name),
                               "build it with hotswap_add_component, or seal it with hotswap-lint --seal"});
}

// The file's name decides which file is a family's newest; reports show the module's own description.
void check_name(judgement& j, std::string_view name) {
    auto const promised = release_in_name(std::string(name));
    if (promised.empty() || promised == j.said.release) return;
    j.said.findings.push_back(
        warning(errc::lint_refused, promised,
                fmt::format("{} is release {} by its name and {} by its descriptor: it is chosen by the name",
                            name, promised, j.said.release),
                fmt::format("call the file {}-{}.so, or build it with that release",
                            family_of(std::string(name)), j.said.release)));
}

}  // namespace

judgement judge(module_bytes const& file, module_policy const& policy, bool as_host) {
    judgement j;
    auto const name = file.name;
    auto& findings = j.said.findings;
    j.said.name = name;
    j.said.digest = file.digest;
    auto const image = elf_image::read(file.content, name);
    if (!image) {
        findings.push_back(image.error());
        return j;
    }
    j.said.build_id = image->build_id();
    j.said.keeps_mapped = what_keeps_mapped(*image);
    j.leaves_without_trace = leaves_without_trace(*image);
    j.static_block_bytes = static_block_bytes(*image);
    auto const descriptor = read_descriptor(*image, name, as_host);
    if (!descriptor) {
        findings.push_back(descriptor.error());
        return j;
    }
    j.descriptor = *descriptor;
    describe(j.said, *descriptor);
    check_name(j, name);
    check_seal(j, *image, name, policy);
    if (!policy.trusted_keys.empty()) {
        auto by = check_signature(file.signature, {j.said.component, j.said.release, j.said.digest}, name,
                                  policy.trusted_keys);
        if (by)
            j.said.signed_by = std::move(*by);
        else
            findings.push_back(by.error());
    }
    for (auto& found : lint(*image, name, as_host)) findings.push_back(std::move(found));
    std::stable_partition(findings.begin(), findings.end(),
                          [](finding const& f) { return f.severity == severity::refuse; });
    return j;
}

}  // namespace hotswap::detail
