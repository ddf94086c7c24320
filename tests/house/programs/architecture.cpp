// hotswap_architecture: writes the picture of the house to the standard output, for tools/architecture.
#include "house/drawing.hpp"

#include <exception>
#include <iostream>

int main() try {
    std::cout << house::draw_library() << std::flush;
    if (std::cout.good()) return 0;
    std::cerr << "hotswap_architecture: the picture cannot be written to the standard output\n";
    return 1;
} catch (std::exception const& why) {
    std::cerr << "hotswap_architecture: " << why.what() << '\n';
    return 1;
}
