#include "module/signature.hpp"
#include "runtime/set_recovery.hpp"

#include <array>

namespace hotswap::detail {

namespace {

// The signature next to the file, if it is of exactly this content and a trusted key has made it.
std::optional<std::string> signature_at(std::filesystem::path const& file, std::string const& digest,
                                        module_policy const& policy) {
    auto found = read_module(file, policy);
    if (!found || !found->signature) return std::nullopt;
    auto const given = signature::parse(*found->signature);
    if (!given || given->facts.digest != digest) return std::nullopt;
    if (!check_signature(found->signature, given->facts, file.filename().string(), policy.trusted_keys))
        return std::nullopt;
    return std::move(found->signature);
}

void renew(stored_module const& of, std::string const& name, recovery_site const& at, step_recorder& steps) {
    if (of.digest.empty()) return;
    std::array const places{std::filesystem::path(of.source), at.options.modules / name};
    for (auto const& place : places) {
        if (!place.has_filename()) continue;
        auto const newer = signature_at(place, of.digest, at.policy);
        if (!newer) continue;
        auto& files = at.store.files();
        auto const stored = files.signature(of.digest);
        if (!stored || *stored == *newer) return;
        if (auto done = files.keep_signature(of.digest, *newer); !done)
            steps.warn(phase::persist, fmt::format("the newer signature of {} cannot be kept: {}", name,
                                                   done.error().message));
        else
            steps.progress(phase::persist, fmt::format("{} was signed again: the store keeps {}{}", name,
                                                       place.string(), signature_suffix));
        return;
    }
}

}  // namespace

void renew_signatures(stored_component const& of, recovery_site const& at, step_recorder& steps) {
    if (at.policy.trusted_keys.empty()) return;
    renew({of.digest, of.release, of.source}, of.module_name, at, steps);
    renew(of.previous, of.previous_name, at, steps);
}

}  // namespace hotswap::detail
