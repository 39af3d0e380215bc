#include "exporter/storage/storage_totals.h"

#include <map>
#include <string_view>

#include "common/telemetry.h"
#include "exporter/refusal.h"

namespace weir {

std::vector<prometheus::MetricFamily> StorageFamilies(const std::optional<StorageReport>& report,
                                                      uint64_t displaced) {
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&](OwnFamily family, double value) {
    if (report) family.Add(value);
    families.push_back(family.Take());
  };
  const StorageReport r = report.value_or(StorageReport());
  const auto number = [](uint64_t count) { return static_cast<double>(count); };
  add(OwnFamily::Gauge("weir_storage_durable",
                       "1 while what the page before this one showed survives a crash."),
      r.log.durable);
  add(OwnFamily::Counter("weir_storage_failures_total",
                         "Times that the log could not be written, and all stored was removed."),
      number(r.log.failures));
  add(OwnFamily::Counter("weir_storage_syncs_total", "Times that the log was made durable."),
      number(r.log.syncs));
  add(OwnFamily::Counter("weir_storage_sync_seconds_total", "Time that took, waits included."),
      r.log.sync_seconds);
  add(OwnFamily::Gauge("weir_storage_log_bytes", "Size of the present log."), number(r.log.bytes));
  auto snapshots =
      OwnFamily::Counter("weir_storage_snapshots_total", "Snapshots, by how they ended.");
  if (report) {
    snapshots.Add({{"outcome", "success"}}, number(r.snapshots));
    snapshots.Add({{"outcome", "failure"}}, number(r.failed_snapshots));
  }
  families.push_back(snapshots.Take());
  add(OwnFamily::Gauge("weir_storage_snapshot_bytes", "Size of the last snapshot."),
      number(r.snapshot_bytes));
  add(OwnFamily::Gauge("weir_storage_snapshot_timestamp_seconds",
                       "When the last snapshot was whole; 0: there is none of this process yet."),
      r.snapshot_wall);
  add(OwnFamily::Gauge("weir_storage_restored_series", "Series restored at the start."),
      number(r.restored.merged));
  add(OwnFamily::Gauge("weir_storage_restored_age_seconds",
                       "How old what was restored was at the start; 0: there was nothing."),
      r.restored_age);
  add(OwnFamily::Gauge("weir_storage_set_aside_files",
                       "Stored files that could not be read at the start."),
      number(r.set_aside));
  auto dropped = OwnFamily::Counter("weir_storage_dropped_series_total",
                                    "Stored series that were not restored or gave way, by reason.");
  std::map<std::string_view, uint64_t> reasons = r.restored.left_out;
  if (displaced > 0) reasons[Name(Refusal::kConflict)] += displaced;
  for (const auto& [reason, count] : reasons) dropped.Add({{"reason", reason}}, number(count));
  families.push_back(dropped.Take());
  return families;
}

}  // namespace weir
