// JSON with the place of each value, for messages about files that people write.
#pragma once

#include <hotswap/failure.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// A text of JSON that was read: its value, and where each part of it begins.
class placed_json {
public:
    /// Reads the text. `name` is the file's, for messages.
    /// Errors:   pool_refused, with line and column: it is no JSON, nested more than 32 deep, or an object has a member twice.
    static result<placed_json> read(std::string name, std::string_view text);

    boost::json::value const& value() const noexcept { return value_; }
    /// "index.json:3:15" of the value with this pointer (RFC 6901); of the nearest one around it, if there is none.
    std::string place_of(std::string pointer) const;

private:
    std::string at(std::size_t offset) const;

    std::string name_;
    std::vector<std::size_t> lines_{0};  // where each begins
    boost::json::value value_;
    std::map<std::string, std::size_t, std::less<>> offsets_;  // by pointer
};

/// The pointer of a member of what `pointer` points to.
std::string pointer_to(std::string_view pointer, std::string_view member);

}  // namespace hotswap::detail
