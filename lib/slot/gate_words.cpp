// The gate's messages: the threads inside, and the reason of a refusal.
#include "base/refuse.hpp"
#include "slot/thread_registry.hpp"

#include <hotswap/detail/slot/gate.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

namespace hotswap::detail {

std::string gate::why_gone_in_words() const {
    if (ended_.load(std::memory_order_acquire) && has_moved_)
        return fmt::format(
            "the component \"{}\" now serves the contract {} and no longer {} {}; find it by the "
            "new contract",
            name_, moves_to_, contract_name_, contract().number);
    return "the component \"" + name_ + "\" is no longer loaded";
}

void gate::refuse_entry() const {
    errc const code = why_gone();
    auto const about = [&]() -> std::string {
        if (code == errc::other_process)
            return " in a child that was forked while its gate was closed: no thread here opens it; make a "
                   "runtime after fork()";
        if (has_moved_) return ": " + why_gone_in_words();
        return ", which was unloaded or whose runtime was destroyed; load it again and use the new handle";
    }();
    auto why = refuse(code, phase::none, "a call to {} {}{}", contract_name_, contract().number, about);
    why.component = name_;
    throw swap_error(std::move(why));
}

std::string gate::holders() const {
    constexpr std::size_t most = 8;
    auto const now = std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
    std::string text;
    auto const found = thread_registry::get().holders(index_);
    for (std::size_t i = 0; i != std::min(found.size(), most); ++i) {
        auto const& each = found[i];
        std::string thread_name;
        std::getline(std::ifstream(fmt::format("/proc/self/task/{}/comm", each.thread)), thread_name);
        text += fmt::format("{}thread {} ({})", text.empty() ? "" : ", ", each.thread, thread_name);
        if (each.file != nullptr)
            text += fmt::format(", for {:.1f} s, by a lease taken at {}:{}",
                                static_cast<double>(std::max<std::int64_t>(now - each.since, 0)) / 1e9,
                                each.file, each.line);
        else
            text += ", in a call that began before the gate closed";
    }
    if (found.size() > most) text += fmt::format(", and {} more threads", found.size() - most);
    if (auto const shared = thread_registry::get().shared[index_].load(std::memory_order_relaxed);
        shared != 0)
        text += fmt::format("{}{} shared lease{}", text.empty() ? "" : ", ", shared, shared == 1 ? "" : "s");
    return text;
}

std::string gate::way_back_here() const {
    std::string chain = fmt::format("\"{}\", whose gate this operation has closed", name_);
    for (auto const& each : thread_registry::get().held_by_this_thread())
        chain += fmt::format(" → \"{}\"", each);
    return fmt::format(
        "the call would wait for itself: {} → \"{}\"; a constructor, a destructor under a handoff, a "
        "migration and validate must not call back: make the call later, by host.post",
        chain, name_);
}

}  // namespace hotswap::detail
