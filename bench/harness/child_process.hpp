// A program that answers lines with lines.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace bench {

/// A child whose standard input and output are ours to write and read. Found by PATH; its errors go where ours do.
/// Lifetime: the destructor ends its input, which a well-behaved child takes as its end, and waits for it.
class child_process {
public:
    /// Errors:   std::system_error: no such program, or no more processes.
    explicit child_process(std::vector<std::string> const& words);
    ~child_process();
    child_process(child_process const&) = delete;
    child_process& operator=(child_process const&) = delete;

    /// Errors:   std::system_error if the child is gone.
    void write_line(std::string const& line);
    /// Errors:   std::runtime_error if the child ended instead; it says how.
    std::string read_line();

private:
    std::string how_it_ended();

    std::string name_;
    std::string unread_;
    int socket_ = -1;
    pid_t pid_ = -1;
};

}  // namespace bench
