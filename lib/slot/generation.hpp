// One loaded instance of a module, and its state.
#pragma once

#include "module/module_use.hpp"
#include "slot/host_services.hpp"
#include "slot/served_contract.hpp"

#include <hotswap/detail/abi/module_api.hpp>
#include <hotswap/detail/slot/generation_info.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace hotswap::detail {

/// A state, owned by the runtime and destroyed by a function of its module.
class owned_state {
public:
    owned_state() = default;
    owned_state(void* object, void (*destroy)(void*) noexcept) noexcept
        : object_(object), destroy_(destroy) {}
    owned_state(owned_state&& other) noexcept
        : object_(std::exchange(other.object_, nullptr)), destroy_(other.destroy_) {}
    owned_state& operator=(owned_state other) noexcept {
        std::swap(object_, other.object_);
        std::swap(destroy_, other.destroy_);
        return *this;
    }
    ~owned_state() {
        if (object_ != nullptr) destroy_(object_);
    }

    void* get() const noexcept { return object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }
    /// The same object, from now on destroyed by another module's function.
    owned_state handed_to(void (*destroy)(void*) noexcept) noexcept {
        return {std::exchange(object_, nullptr), destroy};
    }

private:
    void* object_ = nullptr;
    void (*destroy_)(void*) noexcept = nullptr;
};

/// The objects that a migration path has used up, freed by the module that made them.
class owned_remains {
public:
    owned_remains() = default;
    owned_remains(void* object, void (*release)(void*) noexcept) noexcept
        : object_(object), release_(release) {}
    owned_remains(owned_remains&& other) noexcept
        : object_(std::exchange(other.object_, nullptr)), release_(other.release_) {}
    owned_remains& operator=(owned_remains other) noexcept {
        std::swap(object_, other.object_);
        std::swap(release_, other.release_);
        return *this;
    }
    ~owned_remains() {
        if (object_ != nullptr) release_(object_);
    }

private:
    void* object_ = nullptr;
    void (*release_)(void*) noexcept = nullptr;
};

/// A component's object.
class owned_instance {
public:
    owned_instance() = default;
    owned_instance(abi::instance made, void (*destroy)(void*) noexcept) noexcept
        : made_(made), destroy_(destroy) {}
    owned_instance(owned_instance&& other) noexcept
        : made_(std::exchange(other.made_, {})), destroy_(other.destroy_) {}
    owned_instance& operator=(owned_instance other) noexcept {
        std::swap(made_, other.made_);
        std::swap(destroy_, other.destroy_);
        return *this;
    }
    ~owned_instance() {
        if (made_.object != nullptr) destroy_(made_.object);
    }

    void* contract() const noexcept { return made_.contract; }
    void* object() const noexcept { return made_.object; }

private:
    abi::instance made_;
    void (*destroy_)(void*) noexcept = nullptr;
};

/// The members are destroyed from the last to the first: the instance before its state, and both before the
/// services that the instance uses and the module with their code.
struct generation {
    std::uint64_t number = 0;
    std::filesystem::path source;  ///< the requested file
    module_use module;
    std::unique_ptr<host_services> services;
    owned_remains remains;  ///< of the path to its state; freed once callers are served again
    owned_state state;
    owned_instance instance;
    served_contract contract{};    ///< for calls while this generation serves
    std::size_t dropped_jobs = 0;  ///< dropped with the instance, so far
    bool is_released = false;      ///< the instance has released resources that exist only once
    std::string not_resumed{};     ///< why it serves without these resources; empty: it has them

    generation_info info() const {
        auto const& file = module->file();
        return {number,        std::string(file.release()), file.descriptor.schema_version,
                file.build_id, module->staged().digest(),   file.revisions().all()};
    }
};

}  // namespace hotswap::detail
