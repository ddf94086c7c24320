#include "transfer/released_instance.hpp"

#include "base/refuse.hpp"
#include "transfer/module_calls.hpp"

#include <new>
#include <utility>

namespace hotswap::detail {

result<void> release_instance(generation& of) {
    auto const& functions = of.module->api();
    if (functions.release_instance == nullptr || std::exchange(of.is_released, true)) return {};
    abi::error why;
    if (functions.release_instance(of.instance.object(), &why) == abi::status::ok) return {};
    return refuse(
        errc::release_failed, phase::construct,
        "release() of {} threw: {}; no other instance can be constructed while it holds its resources: fix "
        "it, or unload() and load()",
        of.module->staged().name(), words(why));
}

result<void> resume_instance(generation& of) {
    if (!of.is_released) return {};
    abi::error why;
    if (of.module->api().resume_instance(of.instance.object(), &why) == abi::status::ok) {
        of.is_released = false;
        of.not_resumed.clear();
        return {};
    }
    return refuse(errc::release_failed, phase::construct, "resume() of {} threw: {}",
                  of.module->staged().name(), words(why));
}

bool released_instance::is_wanted() const noexcept {
    auto const& running = in_.running();
    return running.module->api().release_instance != nullptr;
}

result<void> released_instance::release() {
    if (!is_wanted()) return {};
    auto const began = std::chrono::steady_clock::now();
    released_ = true;  // also if it throws: it may have released a part
    auto done = release_instance(in_.running());
    took_ = std::chrono::steady_clock::now() - began;
    return done;
}

result<void> released_instance::take_back() noexcept {
    if (!std::exchange(released_, false) || steps_.committed()) return {};
    auto& running = in_.running();
    try {
        bool const was_not_resumed = !running.not_resumed.empty();
        auto done = resume_instance(running);
        bool const has_news = !done || was_not_resumed;
        if (!done) {
            auto lacks = done.error();
            lacks.message +=
                "; it serves without the resources that it released: swap again, or unload() and load()";
            running.not_resumed = lacks.message;
            steps_.error(phase::construct, lacks.message);
            done = std::move(lacks);
        }
        if (has_news) in_.publish_facts();
        return done;
    } catch (std::bad_alloc const&) {
        failure none;
        none.code = errc::release_failed;
        none.message = "no memory";  // short enough for a string without an allocation
        return none;
    }
}

}  // namespace hotswap::detail
