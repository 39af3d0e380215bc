// SelfMetrics: what weir-exporter tells about itself, on the same page as everything else.
//
// Names that start with statsd_exporter_, statsd_metric_mapper_ and promhttp_ are the peer's and
// keep its meanings and labels; facts it does not have are called weir_. All of them are listed,
// with what to do about them, in docs/metrics.md.
//
// What happens rarely (reloads, scrapes) is counted in a prometheus-cpp registry, from any thread;
// what the shards count is turned into families from their reports when a page is made.
// Thread safety: any thread.
// Tested by tests/unit/exporter/self_metrics_test.cc.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http_intake.h"
#include "common/telemetry_inherited.h"
#include "common/telemetry_reloads.h"
#include "exporter/ownership.h"
#include "exporter/series_budget.h"
#include "exporter/shard.h"
#include "exporter/storage/storage_report.h"

namespace weir {

class SelfMetrics {
 public:
  // `inherited`: what is added to our counters; outlives this. Null: nothing.
  explicit SelfMetrics(const InheritedCounters* inherited = nullptr);

  void CountReload(bool success);
  void CountRingReload(bool success) { ring_reloads_.Count(success); }
  void CountGuardReload(bool success) { guard_reloads_.Count(success); }
  void CountWebReload(bool success) { web_reloads_.Count(success); }
  // The state of the ring, from when there is one on.
  void SetRing(const Ownership& ownership);
  // What the relay's metrics call its target. To be set before the first Collect.
  void SetRelayTarget(std::string target) { relay_target_ = std::move(target); }
  // What bounds the series; null: nothing does. To be set before the first Collect.
  void SetBudget(const SeriesBudget* budget) { budget_ = budget; }
  // Asked at each Collect, on its thread. To be set before the first.
  void SetHttpIntake(std::function<HttpIntakeReport()> report) { http_intake_ = std::move(report); }
  // The same for --storage.path.
  void SetStorage(std::function<StorageReport()> report) { storage_ = std::move(report); }
  void SetLoadedRules(size_t count) { loaded_mappings_.Set(static_cast<double>(count)); }

  // Around each request for the page.
  void BeginScrape() { scrapes_in_flight_.Increment(); }
  void EndScrape(int status);

  // Every family of ours in the page's order, those without series left out.
  std::vector<prometheus::MetricFamily> Collect(const std::vector<ShardReport>& reports) const;

  // The names no client may use: every family that Collect can ever give, as text pages and as
  // OpenMetrics call it.
  std::vector<std::string> Names() const;

 private:
  struct RingState {
    std::string fingerprint;
    std::string_view placement;
    std::string_view key;
    std::vector<std::pair<std::string, bool>> nodes;  // label, whether it is live
  };

  std::vector<prometheus::MetricFamily> CollectAll(const std::vector<ShardReport>& reports) const;
  void AddRing(const std::optional<std::array<uint64_t, kSeriesKindCount>>& let_go,
               std::vector<prometheus::MetricFamily>* families) const;

  const SeriesBudget* budget_ = nullptr;
  const InheritedCounters* const inherited_;
  std::string relay_target_;
  std::function<HttpIntakeReport()> http_intake_;  // empty: it is off
  std::function<StorageReport()> storage_;         // empty: it is off
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& reloads_;
  ReloadCounter ring_reloads_;
  ReloadCounter guard_reloads_;
  ReloadCounter web_reloads_;
  prometheus::Gauge& loaded_mappings_;
  prometheus::Family<prometheus::Counter>& scrapes_;
  prometheus::Gauge& scrapes_in_flight_;
  mutable std::mutex ring_mutex_;  // the main thread writes, scrapes read
  std::optional<RingState> ring_;
};

}  // namespace weir
