#include "runtime/host_store.hpp"

#include "base/refuse.hpp"

namespace hotswap::detail {

namespace {

result<std::unique_ptr<store>> open_store(runtime_options const& options) {
    if (options.store.empty()) return std::unique_ptr<store>{};
    return store::open({options.store, options.store_key});
}

}  // namespace

host_store::host_store(runtime_options const& options) : store_(open_store(options)) {
    if (store_ && *store_) durability_.emplace(**store_);
}

result<void> host_store::opened() const {
    if (!store_) return store_.error();
    return {};
}

result<durability*> host_store::expect_durability() noexcept {
    if (!store_) return store_.error();
    if (durability_) return &*durability_;
    return refuse(errc::no_store, phase::persist,
                  "this runtime has no store; name a directory in runtime_options::store");
}

result<void> host_store::expect_writable() {
    if (!store_) return store_.error();
    if (!durability_ || set_is_here_) return {};
    auto const found = files().read();
    if (!found) return found.error();
    if (found->current.components.empty()) {
        set_is_here_ = true;
        return {};
    }
    return refuse(errc::invalid_argument, phase::persist,
                  "the store {} holds {} components that were not brought back, and their state would be "
                  "overwritten; call recover() first, or name an empty directory",
                  files().path().string(), found->current.components.size());
}

}  // namespace hotswap::detail
