// hotswap with a plain struct: read in place, by snapshot and by handoff.
#include "components/ledger.hpp"
#include "harness/contestant.hpp"
#include "harness/under_load.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace bench {

namespace {

class plain_struct final : public contestant {
public:
    plain_struct(std::string component, std::uint64_t rows, hotswap::transfer how)
        : component_(std::move(component)),
          rows_(rows),
          how_(how),
          release_(how == hotswap::transfer::handoff ? 2 : 1),
          handle_(runtime_.load<ledger>(component_, {.module = module()}).value()) {
        handle_->fill(rows);
    }

    swap_sample swap() override {
        return measure_under_load(
            rows_,
            [this](std::string_view key, deed what) {
                what == deed::read ? void(handle_->read(key)) : handle_->add(key, 1);
            },
            [this] {
                if (how_ != hotswap::transfer::handoff) release_ = 3 - release_;
                auto const report = runtime_.swap(
                    component_, {.module = module(), .transfer = how_, .even_if_unchanged = true});
                if (!report) throw hotswap::swap_error(report.error());
                if (report->transfer != how_) throw std::runtime_error(report->serialized_because);
                return std::chrono::duration<double, std::micro>(report->pause).count();
            });
    }

private:
    std::filesystem::path module() const {
        return fmt::format("{}/{}-{}.0.0.so", BENCH_MODULES, component_, release_);
    }

    std::string const component_;
    std::uint64_t const rows_;
    hotswap::transfer const how_;
    int release_;
    hotswap::runtime runtime_{{.modules = BENCH_MODULES, .rehearse = hotswap::rehearse::never}};
    hotswap::handle<ledger> handle_;
};

}  // namespace

std::unique_ptr<contestant> make_direct(std::uint64_t rows) {
    return std::make_unique<plain_struct>("bench_ledger", rows, hotswap::transfer::direct);
}

std::unique_ptr<contestant> make_lent(std::uint64_t rows) {
    return std::make_unique<plain_struct>("bench_lent_ledger", rows, hotswap::transfer::direct);
}

std::unique_ptr<contestant> make_flat(std::uint64_t rows) {
    return std::make_unique<plain_struct>("bench_flat_ledger", rows, hotswap::transfer::direct);
}

std::unique_ptr<contestant> make_snapshot(std::uint64_t rows) {
    return std::make_unique<plain_struct>("bench_ledger", rows, hotswap::transfer::snapshot);
}

std::unique_ptr<contestant> make_handoff(std::uint64_t rows) {
    return std::make_unique<plain_struct>("bench_ledger", rows, hotswap::transfer::handoff);
}

}  // namespace bench
