// State frames: what the payloads of the files in exporter/storage say. Written by StateWriter,
// read by StoredState.
//
//   payload: kind (1 byte), then
//     kOrigin: kind of file (1 byte), run (8), number of the file (8)       the first of every file
//     kSeries: shard (1), its clock (8), the wall clock (8), records
//     kEnd:    the wall clock (8)                                           the last of a snapshot
//   record: tag (1 byte), then one of
//     kRule:      TTL in nanoseconds, 0 for none; identity of the rule
//                 (it is the next rule by number)
//     kBuckets:   number of bounds, bounds
//                 (they are the next bounds by number)
//     kValue:     series, age in ms, number of its rule, value
//     kForgotten: series
//   series: birth; with kNamed also family and label text
//   value: counter: whole, fraction; gauge: value; summary: sum, count;
//          histogram: number of its bounds, counts, sum, count, native (0 or 1), and if native:
//          schema, zero count, buckets above and below zero: number, (index, count) each
//
// Rules and bounds are numbered within a frame, from 0 in order of their records. A series is known
// by (run, shard, birth); its name is told once at least: in the snapshot, or in a log since.
// A run is a process: births of another one mean other series, but a name is a name.
#pragma once

#include <cstdint>

namespace weir {

enum class FrameKind : uint8_t { kOrigin = 1, kSeries = 2, kEnd = 3 };

enum class FileKind : uint8_t { kSnapshot = 1, kLog = 2 };

// The upper half of a tag; the lower is the SeriesKind of a value.
enum class RecordTag : uint8_t {
  kRule = 0x10,
  kBuckets = 0x20,
  kValue = 0x30,
  kForgotten = 0x40,
};
constexpr uint8_t kNamed = 0x08;
constexpr uint8_t kTagMask = 0xF0;
constexpr uint8_t kKindMask = 0x07;

}  // namespace weir
