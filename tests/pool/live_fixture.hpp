// A host whose components are changed by pools, together with files.
#pragma once

#include "control/command.hpp"
#include "pool/fixture.hpp"
#include "swap/fixtures/dial.hpp"

#include <string>

namespace hotswap_test {

/// A manifest with TALLY2, TALLY3, … for the modules of these releases, besides what `pools` replaces.
inline void live_manifest(pools const& of, std::string text) {
    auto const put = [&text](std::string const& name, fs::path const& file) {
        for (auto at = text.find(name); at != text.npos; at = text.find(name))
            text.replace(at, name.size(), file.native());
    };
    for (std::string const number : {"1", "2", "3"}) put("TALLY" + number, tally_file(number + ".0.0"));
    put("ONEWAY", built("tally_oneway", "2.2.0"));
    of.manifest(text);
}

/// One pool "p" with these operations and this closure.
inline void live_pool(pools const& of, std::string const& operations, std::string const& closure,
                      std::string const& schema = "1.0.0") {
    live_manifest(
        of,
        fmt::format(
            R"({{"metadata": {{"schema_version": "{}"}}, "pools": [{{"id": "p", "operations": [{}], "closure": {}}}]}})",
            schema, operations, closure));
}

/// A host with a tally 1.0.0 and a dial, a file "conf" that is old, and a new one in the manifest.
struct live_pools : site {
    live_pools()
        : sums(load("tally", tally_file("1.0.0"))), knob(load<dial>("dial", built("dial", "1.0.0"))) {
        files.there("conf", "old");
        files.source("conf", "new");
    }

    hotswap::pool_options options() {
        auto made = files.options();
        made.host = &runtime;
        return made;
    }
    hotswap::pool_report apply_one(hotswap::pool_options const& with) {
        return hotswap::apply_pools(files.hotfix(), with).value().pools.at(0);
    }
    hotswap::pool_report apply_one() { return apply_one(options()); }
    std::string release() { return status("tally").running.release; }
    std::string conf() const { return content(files.www("conf")); }

    pools files;
    hotswap::handle<tally> sums;
    hotswap::handle<dial> knob;
};

inline constexpr char conf_file[] = R"({"target": "src/conf", "destination": "WWW/conf"})";

}  // namespace hotswap_test
