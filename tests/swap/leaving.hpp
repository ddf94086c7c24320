// The host whose components leave something behind, as a separate process.
#pragma once

#include "module/command.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/leaver.hpp"

#include <string>

namespace hotswap_test {

inline test::answer run_leaving_host(std::string const& what, std::string const& how = {}) {
    temporary_directory const directory;
    return test::run_command("LD_LIBRARY_PATH='" HOTSWAP_TEST_LIBRARIES "' '" HOTSWAP_TEST_LEAVING_HOST "'",
                             "'" + directory.path().string() + "' " + what + " " + how);
}

}  // namespace hotswap_test
