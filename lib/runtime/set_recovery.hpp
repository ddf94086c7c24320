// Brings a stored set back: all of it, or nothing.
#pragma once

#include "report/step_recorder.hpp"
#include "runtime/component_loader.hpp"
#include "runtime/host_store.hpp"
#include "runtime/registry.hpp"

#include <hotswap/detail/module/policy.hpp>
#include <hotswap/options.hpp>
#include <hotswap/runtime.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hotswap::detail {

/// The parts of a runtime that a recovery works on.
struct recovery_site {
    runtime_options const& options;
    module_policy const& policy;
    host_store& store;
    registry& components;
    component_loader& loader;
    event_sink const& sink;
};

/// One recovery. The runtime has no component yet.
class set_recovery {
public:
    set_recovery(recovery_site const& at, stored_set const& set, recover_options const& options,
                 step_recorder& steps)
        : at_(at), files_(at.store.files()), set_(set), how_(options), steps_(steps) {}

    /// Effects:  after a refusal no component is loaded, and the store is as it was.
    /// Errors:   as `runtime::recover`; the message names every component that cannot be brought back.
    result<void> run();

private:
    struct brought {
        recovered_slot as;
        bool is_changed;  ///< the set names another module or snapshot
    };

    result<void> expect_known_names() const;
    result<void> bring_all();
    result<void> bring_back(stored_component const& of);
    result<void> bring_either(stored_component const& of);
    result<void> bring_one(stored_component const& of);
    result<void> bring_on_newest(stored_component const& of, std::span<std::byte const> frame,
                                 result<void> const& stored);
    result<void> go_back(stored_component const& of);
    result<void> load(stored_component const& of, first_module const& from, contract wanted,
                      std::span<std::byte const> frame);
    void remember(slot& slot, stored_module const& before, std::string const& name, step_recorder& own);
    result<void> make_durable();
    void undo() noexcept;
    bool is_left_out(std::string const& name) const;

    recovery_site const& at_;
    store& files_;
    stored_set const& set_;
    recover_options const& how_;
    step_recorder& steps_;
    std::vector<brought> brought_;
};

/// If a module of a set was signed again after it was stored, the newer signature replaces the stored one, so
/// that keys can be rotated. A file that cannot be read is left as it is.
void renew_signatures(stored_component const& of, recovery_site const& at, step_recorder& steps);

/// "2026-11-26T14:08:24Z", of nanoseconds since 1970.
std::string utc_date(std::int64_t nanoseconds);

}  // namespace hotswap::detail
