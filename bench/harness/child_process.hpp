// A child process that answers each line with a line.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace bench {

/// A child process with pipes for standard input and output; PATH finds its program, and its errors go to our
/// stderr.
/// Lifetime: the destructor closes the child's input, at which the child should end, and waits for the end.
class child_process {
public:
    /// Errors:   std::system_error: no such program, or too many processes.
    explicit child_process(std::vector<std::string> const& words);
    ~child_process();
    child_process(child_process const&) = delete;
    child_process& operator=(child_process const&) = delete;

    /// Errors:   std::system_error if the child is gone.
    void write_line(std::string const& line);
    /// Errors:   std::runtime_error with the exit status if the child has ended.
    std::string read_line();

private:
    std::string how_it_ended();

    std::string name_;
    std::string unread_;
    int socket_ = -1;
    pid_t pid_ = -1;
};

}  // namespace bench
