// Classes that look like the library's, but are not.
#include <hotswap/detail/state/layout.hpp>

#include <boost/container/deque.hpp>
#include <boost/container/flat_map.hpp>
#include <boost/container/map.hpp>
#include <boost/container/small_vector.hpp>

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

using hotswap::layout_of;

namespace origin_types {

template <class T>
struct pool_allocator {
    using value_type = T;
    pool_allocator() = default;
    template <class U>
    pool_allocator(pool_allocator<U> const&) noexcept {}
    T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
    void deallocate(T* at, std::size_t n) noexcept { std::allocator<T>().deallocate(at, n); }
    bool operator==(pool_allocator const&) const = default;
};

template <class T>
class own_vector : public std::vector<T> {};

template <class T>
class own_pointer {
public:
    using element_type = T;
    using deleter_type = std::default_delete<T>;
    T& operator*() const { return *held_; }
    explicit operator bool() const { return held_ != nullptr; }
    T* get() const { return held_.get(); }
    T* release() { return held_.release(); }
    void reset(T* to = nullptr) { held_.reset(to); }

private:
    std::unique_ptr<T> held_;
};

template <class T>
struct holding {
    T value{};
};

template <class T>
constexpr auto of = layout_of<holding<T>>();

template <class T>
constexpr bool is_free = !of<T>.bound && !of<T>.opaque;

using blocks = boost::container::deque_options_t<boost::container::block_size<128u>>;
using balanced =
    boost::container::tree_assoc_options_t<boost::container::tree_type<boost::container::avl_tree>>;

}  // namespace origin_types
using namespace origin_types;

TEST_CASE("layout: containers of the library with its own allocators tie a state to no module") {
    CHECK(is_free<std::string>);
    CHECK(is_free<std::wstring>);
    CHECK(is_free<std::vector<int>>);
    CHECK(is_free<std::vector<bool>>);
    CHECK(is_free<std::map<std::string, std::unique_ptr<int>>>);
    CHECK(is_free<boost::container::flat_map<std::string, int>>);
    CHECK(is_free<boost::container::small_vector<int, 4>>);
    CHECK(is_free<boost::container::map<int, int>>);
}

TEST_CASE("layout: an allocator of the author's binds a state to its module, also one without fields") {
    CHECK(of<std::vector<int, pool_allocator<int>>>.bound);
    CHECK(of<std::basic_string<char, std::char_traits<char>, pool_allocator<char>>>.bound);
    CHECK(of<std::map<int, std::vector<int, pool_allocator<int>>>>.bound);
    CHECK(of<boost::container::small_vector<int, 4, pool_allocator<int>>>.bound);
    CHECK(of<std::pmr::vector<int>>.bound);
}

TEST_CASE("layout: the fields of a container or pointer of the author's are not known") {
    CHECK(of<own_vector<int>>.opaque);
    CHECK(of<std::vector<own_vector<int>>>.opaque);
    CHECK(of<own_pointer<int>>.opaque);
}

TEST_CASE("layout: options that change the fields of a container of Boost make it opaque") {
    CHECK(of<boost::container::deque<int, void, blocks>>.opaque);
    CHECK(of<boost::container::map<int, int, std::less<int>, void, balanced>>.opaque);
    CHECK_FALSE(of<boost::container::deque<int>>.opaque);
}
