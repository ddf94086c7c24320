// The chain of an audit: each line has the hash of the line before, so that a line that is removed or altered is found.
#pragma once

#include <hotswap/failure.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// The end of a chain: what the next line follows.
struct audit_head {
    std::uint64_t sequence = 0;  ///< of the last line; 0: there is none
    std::string hash{};          ///< of the last line, hexadecimal; empty: there is none
};

/// `content` as the line after `head`, with "seq", "prev" and "hash" added and a line feed at its end; `head` becomes its end.
std::string chained_line(boost::json::object content, audit_head& head);

/// Reads one line. Errors: audit_damaged, if it is no line of an audit or its hash is not that of its content.
result<audit_head> read_chained_line(std::string_view line);

/// The newest lines of a file, the oldest of them first; lines that are none of an audit are left out.
/// Errors:   control_failed: the file cannot be read.
result<std::vector<boost::json::object>> newest_lines(std::filesystem::path const& file, std::size_t most);

/// The outcome of checking the files of one audit.
struct audit_check {
    std::uint64_t lines = 0;
    std::uint64_t first =
        0;  ///< the number of the first line; above 1, older files are not among those that were checked
    audit_head head{};
    /// What is wrong, each with file and line: a line that is removed, altered, cut or doubled.
    std::vector<std::string> faults{};
};

/// Checks the files of one audit, the oldest first.
/// Errors:   control_failed: a file cannot be read.
result<audit_check> check_audit(std::span<std::filesystem::path const> files);

}  // namespace hotswap::detail
