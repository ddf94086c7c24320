// hotswap with a table, whose rows are rewritten before the pause.
#include "harness/contestant.hpp"
#include "harness/under_load.hpp"
#include "transfer/swapped_table.hpp"

namespace bench {

namespace {

class precopied final : public contestant {
public:
    explicit precopied(std::uint64_t rows) : rows_(rows), table_(rows) {}

    swap_sample swap() override {
        return measure_under_load(
            rows_, [this](std::string_view key, deed what) { table_.call(key, what); },
            [this] { return std::chrono::duration<double, std::micro>(table_.swap().pause).count(); });
    }

private:
    std::uint64_t const rows_;
    swapped_table table_;
};

}  // namespace

std::unique_ptr<contestant> make_precopy(std::uint64_t rows) { return std::make_unique<precopied>(rows); }

}  // namespace bench
