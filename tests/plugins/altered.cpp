// A hundred thousand altered snapshots, half of them with a correct checksum: each is refused cleanly or is a
// valid state, and the component continues to serve.
#include "golden/scenario.hpp"
#include "plugins/shipped.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

using namespace hotswap_test;
using hotswap::errc;

namespace {

using bytes = std::vector<std::byte>;

bytes golden(std::string_view component, std::size_t version) {
    auto const path = std::filesystem::path(HOTSWAP_SOURCE_DIR) / "tests" / "golden" /
                      (std::string(component) + "-v" + std::to_string(version) + ".snapshot");
    std::ifstream in(path, std::ios::binary);
    REQUIRE_MESSAGE(in.good(), path.string());
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    auto const view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
}

/// Alters payloads, reproducibly.
class alteration {
public:
    explicit alteration(std::uint64_t seed) : random_(seed) {}

    bytes of(bytes frame) {
        auto const header = hotswap::read_frame(frame).value();
        hotswap::frame const about{header.schema, header.version, header.layout, {}};
        bool const under_a_right_checksum = random_() % 2 == 0;
        std::size_t const first = under_a_right_checksum ? hotswap::frame_header_size : 0;
        for (auto left = 1 + random_() % 4; left != 0; --left) alter(frame, first);
        if (under_a_right_checksum) hotswap::seal_frame(frame, about);
        return frame;
    }

private:
    std::size_t place(bytes const& frame, std::size_t first) {
        return first + random_() % std::max<std::size_t>(frame.size() - first, 1);
    }
    void alter(bytes& frame, std::size_t first) {
        if (frame.size() <= first + 8) return;
        auto const at = place(frame, first);
        switch (random_() % 5) {
            case 0:
                frame[at] ^= std::byte{1} << (random_() % 8);
                break;
            case 1:
                frame[at] = static_cast<std::byte>(random_());
                break;
            case 2:
                frame.resize(at);
                break;
            case 3:
                frame.insert(frame.begin() + static_cast<std::ptrdiff_t>(at), random_() % 32,
                             static_cast<std::byte>(random_()));
                break;
            default: {  // a length that nothing can hold
                std::uint64_t const huge = random_() >> (random_() % 60);
                std::memcpy(frame.data() + std::min(at, frame.size() - sizeof huge), &huge, sizeof huge);
            }
        }
        frame.resize(std::max(frame.size(), first));
    }

    std::mt19937_64 random_;
};

std::int64_t peak_kilobytes() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss;
}

void check_refusal(hotswap::failure const& why) {
    bool const is_clean = why.code == errc::bad_snapshot || why.code == errc::migration_failed ||
                          why.code == errc::validation_failed || why.code == errc::construct_failed ||
                          why.code == errc::schema_mismatch || why.code == errc::layout_changed ||
                          why.code == errc::no_migration_path;
    CHECK_MESSAGE(is_clean, to_string(why));
    CHECK(why.old_serving);
}

// Twelve times that is a hundred thousand; a sanitizer takes ten times as long.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr std::size_t each = 8'334;
#else
constexpr std::size_t each = 834;
#endif

/// `clock`: at its time no entry has expired, so that no timer changes anything between two snapshots.
template <class Contract>
void restore_altered(std::string const& component, std::size_t version, still_clock clock) {
    shipped<Contract> at(component, releases.back(), {}, std::move(clock));
    auto const whole = golden(component, version);
    alteration alterations(version * 7919 + component.size());
    REQUIRE(at.runtime.restore(component, whole).has_value());
    auto const peak_before = peak_kilobytes();
    std::size_t refused = 0;
    for (std::size_t i = 0; i != each; ++i) {
        auto const altered = alterations.of(whole);
        bool const is_compared = i % 32 == 0;  // a snapshot of tables takes some milliseconds
        auto before = is_compared ? at.snapshot() : bytes();
        auto const done = at.runtime.restore(component, altered);
        if (done) continue;
        ++refused;
        check_refusal(done.error());
        if (!is_compared) continue;
        // An altered state that was accepted before may hold rows whose time is over: the component's timer may remove
        // them just now, and has then nothing left to do.
        bool unchanged = at.snapshot() == before;
        for (int tries = 0; tries != 5 && !unchanged; ++tries) {
            before = at.snapshot();
            REQUIRE(at.runtime.restore(component, altered).has_error());
            unchanged = at.snapshot() == before;
        }
        CHECK(unchanged);
    }
    CHECK(refused > each / 2);
    CHECK(at.runtime.restore(component, whole).has_value());
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(peak_kilobytes() - peak_before < 64 * 1024);  // sanitizers keep what is freed
#else
    static_cast<void>(peak_before);
#endif
}

still_clock before_all_times() { return still_clock(still_clock::time_point(-9'000'000'000s)); }

}  // namespace

TEST_CASE("altered: altered snapshots harm no rate limiter, and no more memory is used") {
    for (std::size_t version = 0; version != releases.size(); ++version)
        restore_altered<hotswap::contracts::rate_limiter>("rate_limiter", version, before_all_times());
}

TEST_CASE("altered: altered snapshots harm no session manager, and no more memory is used") {
    for (std::size_t version = 0; version != releases.size(); ++version)
        restore_altered<hotswap::contracts::session>("session", version, before_all_times());
}

TEST_CASE("altered: altered snapshots harm no cache, and no more memory is used") {
    for (std::size_t version = 0; version != releases.size(); ++version)
        restore_altered<hotswap::contracts::cache>("cache", version, before_all_times());
}
