// hotswap_architecture: writes the picture of the house to the standard output, for tools/architecture.
#include "house/drawing.hpp"

#include <exception>
#include <iostream>

int main() try {
    std::cout << house::draw_library() << std::flush;
    return std::cout.good() ? 0 : 1;
} catch (std::exception const& why) {
    std::cerr << "hotswap_architecture: " << why.what() << '\n';
    return 1;
}
