// Metric families as they are collected for one scrape: each name once, whatever the number of
// databases. What goes in is bounded by who calls: labels come from the program's own lists.
// Not thread-safe.
#pragma once

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/histogram.hpp"

namespace barid::worker {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Labels = std::vector<ClientMetric::Label>;

class Families {
  public:
    /// What is added from now on is of this one among several databases.
    void of_database(const std::string& name) {
        labels_.clear();
        if (!name.empty()) labels_.push_back({"database", name});
    }
    /// Begins it, or goes on with it: each may stand in the text once only.
    void family(const char* name, const char* help, MetricType type) {
        const auto found = std::ranges::find(families_, name, &MetricFamily::name);
        current_ = static_cast<std::size_t>(found - families_.begin());
        if (found == families_.end()) families_.push_back({name, help, type, {}});
    }
    void value(double value, const Labels& labels = {}) {
        MetricFamily& family = families_[current_];
        ClientMetric metric = labelled(labels);
        if (family.type == MetricType::Counter)
            metric.counter.value = value;
        else
            metric.gauge.value = value;
        family.metric.push_back(std::move(metric));
    }
    void value(const Histogram& histogram, const Labels& labels = {}) {
        ClientMetric metric = labelled(labels);
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
            total += histogram.counts[i];
            const double bound = i < Histogram::kBounds.size()
                                     ? Histogram::kBounds[i]
                                     : std::numeric_limits<double>::infinity();
            metric.histogram.bucket.push_back({total, bound});
        }
        metric.histogram.sample_count = total;
        metric.histogram.sample_sum = histogram.sum;
        families_[current_].metric.push_back(std::move(metric));
    }
    template <class T>
    void single(const char* name, const char* help, MetricType type, const T& what) {
        family(name, help, type);
        if constexpr (std::is_same_v<T, Histogram>)
            value(what);
        else
            value(static_cast<double>(what));
    }
    [[nodiscard]] std::string text() const {
        return prometheus::TextSerializer().Serialize(families_);
    }

  private:
    [[nodiscard]] ClientMetric labelled(const Labels& labels) const {
        ClientMetric metric;
        metric.label = labels_;
        metric.label.insert(metric.label.end(), labels.begin(), labels.end());
        return metric;
    }

    std::vector<MetricFamily> families_;
    std::size_t current_ = 0;
    Labels labels_;
};

}  // namespace barid::worker
