// A directory for sockets and files of one measurement.
#pragma once

#include <filesystem>

namespace bench {

/// Lifetime: the destructor removes it with all that is in it.
class scratch {
public:
    /// Errors:   std::system_error if it cannot be made.
    explicit scratch(std::filesystem::path const& in = std::filesystem::temp_directory_path());
    ~scratch();
    scratch(scratch const&) = delete;
    scratch& operator=(scratch const&) = delete;

    std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace bench
