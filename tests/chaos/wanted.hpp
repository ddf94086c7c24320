// The options of a chaos run.
#pragma once

#include <cstdint>
#include <random>

namespace chaos {

struct wanted {
    std::uint64_t seed = 0;  ///< decides every choice of the program, but not the timing of the machine
    unsigned steps = 0;
    unsigned kills = 0;
    bool quick = false;  ///< leaves out operations that take many seconds or much memory
};

/// One source of choices.
class dice {
public:
    explicit dice(std::uint64_t seed) : engine_(seed) {}

    /// From 0 to `end` − 1.
    std::size_t below(std::size_t end) { return static_cast<std::size_t>(engine_() % end); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    template <class Container>
    auto const& any_of(Container const& all) {
        return all[below(all.size())];
    }
    std::uint64_t number() { return engine_(); }

private:
    std::mt19937_64 engine_;
};

}  // namespace chaos
