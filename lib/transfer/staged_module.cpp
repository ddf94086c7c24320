#include "transfer/staged_module.hpp"

#include "slot/contract_fit.hpp"

#include <hotswap/detail/base/mutex.hpp>

#include <utility>
#include <vector>

namespace hotswap::detail {

namespace {

// Keeps the claim, which holds the code, and the module, which holds its private copy, where a leak checker
// finds them.
void keep_mapped(std::shared_ptr<loaded_module> const& module) {
    static auto& kept = *new std::vector<module_use>;
    static auto& one_at_a_time = *new mutex;
    mutex_lock const lock(one_at_a_time);
    kept.emplace_back(module);
}

}  // namespace

result<staged_module> stage_and_verify(staging_area& area, step_recorder& steps,
                                       std::filesystem::path const& file, std::string const& name,
                                       contract wanted, std::string_view remedy, module_copy const* earlier) {
    auto staged = steps.run(phase::stage, [&] {
        return earlier != nullptr ? area.stage(*earlier, name) : area.stage(file, name);
    });
    if (!staged) return staged.error();
    for (auto& warning : area.take_warnings()) steps.warn(phase::stage, std::move(warning));
    steps.bytes(staged->size());
    auto verified = steps.run(phase::verify, [&]() -> result<module_file> {
        auto read = verify_module(*staged, area.policy());
        if (!read) return read;
        auto fit = check_contract(read->implements(), wanted, phase::verify, name, remedy);
        if (!fit) return fit.error();
        return read;
    });
    if (!verified) return verified.error();
    for (auto& warning : verified->warnings_in_words()) steps.warn(phase::verify, std::move(warning));
    return staged_module{std::move(*staged), std::move(*verified)};
}

result<std::shared_ptr<loaded_module>> load_staged(staging_area& area, staged_module next) {
    if (auto there = area.put_back(next.file); !there) return there.error();
    auto loaded = loaded_module::load(std::move(next.file), std::move(next.verified));
    if (loaded && area.keeps_files()) keep_mapped(*loaded);
    return loaded;
}

bool runs_already(slot const& slot, staged_module const& next) {
    return next.file.digest() == slot.running().module->staged().digest();
}

}  // namespace hotswap::detail
