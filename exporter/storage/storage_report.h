// StorageReport: what Storage counted, as one copy.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

namespace weir {

struct LogReport {
  bool durable = false;  // what the last page showed is
  uint64_t syncs = 0;
  double sync_seconds = 0;  // that pages waited, for each other too
  uint64_t failures = 0;    // times that all was removed
  uint64_t bytes = 0;       // of the present file
};

struct MergeCounts {
  uint64_t merged = 0;
  // Series left out, by why: "expired"; "damaged": a later value may have been lost;
  // "buckets_changed"; "mapping_rule": its rule says drop now; or as a Refusal is called.
  std::map<std::string_view, uint64_t> left_out;
};

struct StorageReport {
  LogReport log;
  uint64_t snapshots = 0;
  uint64_t failed_snapshots = 0;
  uint64_t snapshot_bytes = 0;  // of the last one
  double snapshot_wall = 0;     // seconds of the wall clock when the last one was whole; 0: never
  MergeCounts restored;
  double restored_age = 0;  // seconds, at the start; 0 when there was nothing
  uint64_t set_aside = 0;   // files
};

}  // namespace weir
