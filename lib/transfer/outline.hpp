// A state with the rows of its tables left out.
#pragma once

#include "slot/generation.hpp"
#include "transfer/byte_buffer.hpp"

#include <hotswap/failure.hpp>

#include <memory>
#include <vector>

namespace hotswap::detail {

/// Lifetime: holds only the addresses of the tables.
class outline {
public:
    outline() : content_(std::make_unique<content>()) {}

    abi::sink* plain() noexcept { return content_->plain.sink(); }
    abi::table_sink* tables() noexcept { return &content_->list; }
    std::uint64_t size() const noexcept { return content_->plain.size(); }
    std::uint64_t rows() const noexcept {
        std::uint64_t sum = 0;
        for (abi::table const& each : content_->list.all) sum += each.rows;
        return sum;
    }
    abi::outline view() const noexcept {
        auto const bytes = content_->plain.bytes();
        return {{bytes.data(), bytes.size()}, {content_->list.all.data(), content_->list.all.size()}};
    }

private:
    struct listing : abi::table_sink {
        std::vector<abi::table> all;

        listing() noexcept { add = &listing::append; }
        static bool append(abi::table_sink* self, abi::table what) noexcept {
            try {
                static_cast<listing*>(self)->all.push_back(what);
                return true;
            } catch (std::bad_alloc const&) {
                return false;
            }
        }
    };
    struct content {
        byte_buffer plain;
        listing list;
    };

    std::unique_ptr<content> content_;  // must not move: the sinks hold its address
};

/// Writes the outline of a generation's state, at its own version.
/// Errors:   export_failed.
/// Threads:  [quiesced]
result<outline> outline_of(generation const& from);

}  // namespace hotswap::detail
