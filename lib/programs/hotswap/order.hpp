// What `plan` and `swap` are told: components, their modules, and how to swap them.
#pragma once

#include "programs/hotswap/verbs.hpp"

#include <string>
#include <vector>

namespace hotswap::cli {

/// The module that a word names; a file that is named by a path is the one that this process sees.
std::string module_of(std::string const& text);

struct order {
    std::vector<std::string> components{};  ///< "cache" or "cache=cache-3.0.0.so"
    std::string drain_deadline{};
    std::string pause_budget{};
    std::string probation{};
    bool allow_loss = false;
    bool pre_releases = false;

    /// Adds the options to a verb.
    void add_to(CLI::App& verb);
    /// The body of the request.
    json::object body() const;
};

}  // namespace hotswap::cli
