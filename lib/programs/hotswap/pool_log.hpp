// What stays of the use of pools without a host: an audit in the state directory, and a line for each pool in the system's log.
#pragma once

#include "control/audit_log.hpp"

#include <hotswap/pool.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::cli {

/// The outcomes in the text format of Prometheus.
std::string metrics_of(std::vector<pool_status> const& all);

/// Runs operations on pools, and records each before it begins and when it has ended.
class audited_pools {
public:
    /// `is_dry`: nothing is recorded.
    audited_pools(std::string reason, std::filesystem::path const& state, bool is_dry);

    /// Errors:   those of `f`; control_failed, audit_damaged: it cannot be recorded, and was not begun.
    template <class F>
    auto run(std::string_view verb, std::string const& of, F const& f) -> decltype(f()) {
        if (auto begun = note_begin(verb, of); !begun) return begun.error();
        auto done = f();
        if (done)
            note_end(verb, *done);
        else
            note_end(verb, done.error());
        return done;
    }

private:
    result<void> note_begin(std::string_view verb, std::string const& of);
    void note_end(std::string_view verb, apply_report const& how);
    void note_end(std::string_view verb, pool_report const& how);
    void note_end(std::string_view verb, failure const& why);
    void write(std::string_view verb, boost::json::object line);

    std::string const reason_;
    bool const is_dry_;
    detail::audit_log log_;
};

}  // namespace hotswap::cli
