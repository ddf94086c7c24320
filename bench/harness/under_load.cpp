#include "harness/under_load.hpp"

#include <thread>

namespace bench {

swap_sample measure_under_load(std::uint64_t rows, row_call const& call,
                               std::function<double()> const& swap) {
    crew busy([rows](unsigned seed) { return ask_evenly(rows, 1, seed); }, call);
    std::this_thread::sleep_for(window);
    busy.enter(stretch::pause);
    swap_sample sample{.pause = swap()};
    busy.enter(stretch::after);
    std::this_thread::sleep_for(window);
    busy.finish();
    sample.before = busy.of(stretch::before);
    sample.during = busy.of(stretch::pause);
    sample.after = busy.of(stretch::after);
    return sample;
}

}  // namespace bench
