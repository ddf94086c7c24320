#include "module/digest.hpp"
#include "module/inspect_bytes.hpp"
#include "module/module_source.hpp"

#include <hotswap/inspect.hpp>

#include <utility>

namespace hotswap {

result<public_key> public_key::read(std::filesystem::path const& file) {
    auto content = detail::read_regular_file(file);
    if (!content) return content.error();
    return parse({reinterpret_cast<char const*>(content->data()), content->size()});
}

result<inspection> inspect(std::filesystem::path const& file, inspect_options const& options) {
    auto policy = options.policy;
    std::optional<failure> untrusted;
    auto source = detail::read_module(file, policy);
    if (!source && source.error().code == errc::untrusted_path) {
        untrusted = source.error();
        policy.check_ownership = false;
        source = detail::read_module(file, policy);
    }
    if (!source) return source.error();
    auto const name = file.filename().string();
    auto verdict = detail::inspect_bytes(
        {source->bytes, name, detail::content_digest(source->bytes), std::move(source->signature)}, policy,
        options.as_host);
    if (untrusted)
        verdict.inspection.findings.insert(
            verdict.inspection.findings.begin(),
            {severity::refuse, errc::untrusted_path, file.string(), untrusted->message,
             "move it to a directory that only the host's user or root can write"});
    return std::move(verdict.inspection);
}

}  // namespace hotswap
