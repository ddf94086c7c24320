#include "control/metrics_text.hpp"

#include <hotswap/version.hpp>

#include <fmt/format.h>

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace hotswap::detail {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using labels = std::vector<ClientMetric::Label>;

double seconds(std::chrono::nanoseconds length) noexcept {
    return std::chrono::duration<double>(length).count();
}

/// The families by name, in the order of their first use.
class families {
public:
    MetricFamily& at(std::string const& name, std::string const& help, MetricType type) {
        auto const [found, is_new] = places_.emplace(name, all_.size());
        if (is_new) all_.push_back({name, help, type, {}});
        return all_[found->second];
    }
    void add(MetricType type, std::string const& name, std::string const& help, labels of, double value) {
        ClientMetric one;
        one.label = std::move(of);
        if (type == MetricType::Counter)
            one.counter.value = value;
        else
            one.gauge.value = value;
        at(name, help, type).metric.push_back(std::move(one));
    }
    void add(std::string const& name, std::string const& help, labels of, duration_histogram const& all) {
        ClientMetric one;
        one.label = std::move(of);
        std::uint64_t so_far = 0;
        for (std::size_t i = 0; i != all.counts.size(); ++i) {
            so_far += all.counts[i];
            auto const bound =
                i == all.bounds.size() ? std::numeric_limits<double>::infinity() : seconds(all.bounds[i]);
            ClientMetric::Bucket bucket;
            bucket.cumulative_count = so_far;
            bucket.upper_bound = bound;
            one.histogram.bucket.push_back(bucket);
        }
        one.histogram.sample_count = so_far;
        one.histogram.sample_sum = seconds(all.sum);
        at(name, help, MetricType::Histogram).metric.push_back(std::move(one));
    }
    std::vector<MetricFamily> const& all() const noexcept { return all_; }

private:
    std::vector<MetricFamily> all_;
    std::map<std::string, std::size_t> places_;
};

/// A name that Prometheus accepts: other characters become `_`.
std::string valid_name(std::string name) {
    auto const is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    };
    for (auto& each : name)
        if (!is_letter(each) && !(each >= '0' && each <= '9')) each = '_';
    if (name.empty() || !is_letter(name.front())) name.insert(name.begin(), '_');
    return name;
}

void add_operations(families& to, component_metrics const& of) {
    for (auto const& each : of.operations) {
        bool const sent_back = each.operation == operation::probation;
        auto const outcome = each.refused ? "refused" : sent_back ? "sent_back" : "done";
        auto const code = each.refused ? to_string(*each.refused) : sent_back ? "rolled_back" : "";
        to.add(MetricType::Counter, "hotswap_operations_total",
               "Operations on components, by how they ended and, if they were refused, by their code.",
               {{"component", of.name},
                {"operation", std::string(to_string(each.operation))},
                {"outcome", outcome},
                {"code", std::string(code)}},
               static_cast<double>(each.times));
    }
}

void add_counts(families& to, component_metrics const& of) {
    labels const name{{"component", of.name}};
    add_operations(to, of);
    to.add("hotswap_pause_seconds", "How long the gate of a component was closed, each time.", name,
           of.pauses);
    to.add("hotswap_longest_wait_seconds", "The longest wait of a caller in each pause.", name, of.waits);
    to.add(MetricType::Counter, "hotswap_calls_held_total", "Callers that waited at a closed gate.", name,
           static_cast<double>(of.calls_held));
    to.add(MetricType::Gauge, "hotswap_state_bytes", "The size of the state when it moved last.", name,
           static_cast<double>(of.state_bytes));
    for (auto const& each : of.own) {
        auto const own = valid_name(each.name);
        to.add(own.ends_with("_total") ? MetricType::Counter : MetricType::Gauge, own,
               "A number of the component itself.", name, each.value);
    }
}

void add_status(families& to, component_status const& of) {
    labels const name{{"component", of.name}};
    auto const flag = [&](char const* which, char const* help, bool is_so) {
        to.add(MetricType::Gauge, which, help, name, is_so ? 1 : 0);
    };
    to.add(MetricType::Gauge, "hotswap_component_info", "What runs: 1, with the facts as labels.",
           {{"component", of.name},
            {"release", of.running.release},
            {"schema", of.schema},
            {"contract", of.contract}},
           1);
    to.add(MetricType::Gauge, "hotswap_generation", "The number of the running generation.", name,
           static_cast<double>(of.running.generation));
    to.add(MetricType::Gauge, "hotswap_schema_version", "The version of the running state.", name,
           of.running.schema_version);
    to.add(MetricType::Counter, "hotswap_swaps_total", "Generations that came to serve after the first.",
           name, static_cast<double>(of.swaps));
    flag("hotswap_on_probation", "Whether a probation may still send the running release back.",
         of.on_probation);
    flag("hotswap_operation_in_progress", "Whether an operation is in progress on the component.",
         of.swapping);
    flag("hotswap_old_code_retained", "Whether old code is still mapped.", !of.retained.empty());
    flag("hotswap_checkpoints_fail", "Whether the last periodic checkpoint failed.",
         of.checkpoint_fails.has_value());
}

}  // namespace

std::string metrics_text(runtime& of) {
    families all;
    auto const release =
        fmt::format("{}.{}.{}", HOTSWAP_VERSION_MAJOR, HOTSWAP_VERSION_MINOR, HOTSWAP_VERSION_PATCH);
    all.add(MetricType::Gauge, "hotswap_build_info", "The release of hotswap: 1, with it as a label.",
            {{"release", release}}, 1);
    for (auto const& each : of.status()) add_status(all, each);
    for (auto const& each : of.metrics()) add_counts(all, each);
    return prometheus::TextSerializer().Serialize(all.all());
}

}  // namespace hotswap::detail
