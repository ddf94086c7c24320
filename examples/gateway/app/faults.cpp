#include "app/faults.hpp"

#if defined(HOTSWAP_FAILPOINTS)

#include "base/failpoint.hpp"
#include "http/message.hpp"

#include <hotswap/contracts/cache.hpp>
#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/contracts/session.hpp>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/strand.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

namespace gateway {

namespace json = boost::json;
namespace contracts = hotswap::contracts;
namespace failpoints = hotswap::detail::failpoints;

namespace {

/// A thread that has a lease, and keeps it until it is released.
class stuck_caller {
public:
    template <class Contract>
    explicit stuck_caller(hotswap::handle<Contract> const& on)
        : thread_([this, on] {
              auto const held = on.lease();
              taken_.set_value();
              released_.get_future().wait();
          }) {
        taken_.get_future().wait();
    }
    ~stuck_caller() {
        released_.set_value();
        thread_.join();
    }
    stuck_caller(stuck_caller const&) = delete;
    stuck_caller& operator=(stuck_caller const&) = delete;

private:
    std::promise<void> taken_;
    std::promise<void> released_;
    std::thread thread_;
};

std::unique_ptr<stuck_caller> hold(hotswap::runtime& of, std::string_view name) {
    auto const on = [&]<class Contract>(Contract const*) {
        return std::make_unique<stuck_caller>(of.find<Contract>(name).value());
    };
    if (name == "cache") return on(static_cast<contracts::cache const*>(nullptr));
    if (name == "session") return on(static_cast<contracts::session const*>(nullptr));
    return on(static_cast<contracts::rate_limiter const*>(nullptr));
}

}  // namespace

struct faults::state {
    std::atomic<std::int64_t> clock_ns{0};
    std::mutex mutex;
    std::unique_ptr<stuck_caller> stuck;  // guarded by mutex

    answer obey(hotswap::runtime& in, std::string const& body) {
        json::error_code error;
        auto const asked = json::parse(body, error);
        if (error || !asked.is_object()) throw bad_body("the body must be a JSON object");
        json::array passed;
        for (auto const& point : failpoints::visited()) passed.emplace_back(point);
        for (auto const& [what, value] : asked.get_object()) {
            std::lock_guard const lock(mutex);
            if (what == "arm")
                failpoints::arm(std::string_view(value.as_string()));
            else if (what == "disarm")
                failpoints::clear();
            else if (what == "hold")
                stuck = hold(in, std::string_view(value.as_string()));
            else if (what == "release")
                stuck = nullptr;
            else if (what == "clock_ns")
                clock_ns = value.to_number<std::int64_t>();
            else
                throw bad_body("a fault is arm, disarm, hold, release or clock_ns");
        }
        return {.body = {{"passed", std::move(passed)}}};
    }
};

faults::faults() : self_(std::make_unique<state>()) {}
faults::~faults() = default;

std::function<std::chrono::system_clock::time_point()> faults::clock() const {
    return [self = self_.get()] {
        return std::chrono::system_clock::now() + std::chrono::nanoseconds(self->clock_ns.load());
    };
}

void faults::serve(hotswap::runtime& into, boost::asio::io_context& io, http_server& by,
                   std::filesystem::path const& socket) {
    using local = boost::asio::local::stream_protocol;
    std::filesystem::remove(socket);
    local::acceptor acceptor(boost::asio::make_strand(io), local::endpoint(socket.native()));
    by.listen(std::move(acceptor), [self = self_.get(), &into](request const& what, respond const& done) {
        try {
            done(self->obey(into, what.body));
        } catch (std::exception const& error) {
            done(problem(400, "bad_request", error.what()));
        }
    });
}

}  // namespace gateway

#else

namespace gateway {

struct faults::state {};

faults::faults() = default;
faults::~faults() = default;

std::function<std::chrono::system_clock::time_point()> faults::clock() const { return {}; }
void faults::serve(hotswap::runtime&, boost::asio::io_context&, http_server&, std::filesystem::path const&) {}

}  // namespace gateway

#endif
