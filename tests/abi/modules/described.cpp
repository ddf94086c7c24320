// A component that fills every field of its descriptor, and whose state is written by
// Boost's headers.
#include <boost/serialization/complex.hpp>
#include <boost/serialization/list.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/optional.hpp>
#include <boost/serialization/set.hpp>
#include <boost/serialization/split_member.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/unordered_map.hpp>
#include <boost/serialization/vector.hpp>
#include <boost/serialization/version.hpp>

#include <hotswap/component.hpp>

#include <complex>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct described {
    static constexpr hotswap::contract contract{"test.described", 7};
    virtual ~described() = default;
    virtual int answer() = 0;
};

namespace v0 {
struct state {
    std::map<std::string, int> totals;
};
}  // namespace v0

namespace v1 {
struct state {
    static constexpr hotswap::schema schema{"test.state", 1};
    std::map<std::string, long> totals;
    int calls = 0;
};
}  // namespace v1

namespace v2 {
class details {
public:
    BOOST_SERIALIZATION_SPLIT_MEMBER()

private:
    friend class boost::serialization::access;
    template <class Archive>
    void save(Archive& archive, unsigned) const {
        archive << BOOST_SERIALIZATION_NVP(names) << numbers << complex << maybe;
    }
    template <class Archive>
    void load(Archive& archive, unsigned) {
        archive >> BOOST_SERIALIZATION_NVP(names) >> numbers >> complex >> maybe;
    }
    std::vector<std::string> names;
    std::unordered_map<int, std::list<std::string>> numbers;
    std::complex<double> complex;
    std::optional<std::set<int>> maybe;
};
struct state {
    static constexpr hotswap::schema schema{"test.state", 2};
    std::map<std::string, long> totals;
    details more;
};
}  // namespace v2

v1::state first(v0::state&& old) { return {{old.totals.begin(), old.totals.end()}, 0}; }
v2::state second(v1::state&& old) { return {std::move(old.totals), {}}; }
v1::state back(v2::state&& now) { return {std::move(now.totals), 0}; }

class described_impl final : public described {
public:
    using state = v2::state;
    using history = hotswap::history<&first, &second, hotswap::lossy<&back>>;
    described_impl(hotswap::host&, state& state) : state_(state) {}
    static void validate(state const&) {}
    static v0::state adopt(std::span<std::byte const>) { return {}; }
    int answer() override { return static_cast<int>(state_.totals.size()); }

private:
    state& state_;
};

}  // namespace

BOOST_CLASS_VERSION(v2::details, 4)

HOTSWAP_COMPONENT(described_impl)
