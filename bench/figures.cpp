#include "table.hpp"

#include <fmt/format.h>

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace bench {

figure summarize(std::vector<double> samples) {
    return {percentile(samples, 0.5), percentile(samples, 0), percentile(samples, 1)};
}

double percentile(std::vector<double> samples, double share) {
    if (samples.empty()) return 0;
    std::sort(samples.begin(), samples.end());
    auto const at = static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1) + 0.5);
    return samples[at];
}

std::string machine() {
    std::string model = "unknown processor";
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) {
            model = line.substr(line.find(':') + 2);
            break;
        }
    utsname kernel{};
    uname(&kernel);
    return fmt::format("{} × {}, {} {}, g++ {}", std::thread::hardware_concurrency(), model, kernel.sysname,
                       kernel.release, __VERSION__);
}

}  // namespace bench
