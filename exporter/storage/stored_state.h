// StoredState: the series that files of exporter/storage tell of, put together.
//
// Read in the order in which they were begun: a snapshot, then the logs that were written from
// before it began on. Every value is the whole value of its series, so of one series the latest
// counts: of counts the greatest, of gauges the one that was touched last; a snapshot is gathered
// while logs are written, so the order in files says nothing about that. What was forgotten is
// gone.
//
// Hostile input can not crash it: what makes no sense is damage.
// Thread safety: one thread at a time. Memory: some 200 bytes a series and its texts.
// Tested by tests/unit/exporter/storage/state_test.cc.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/series_view.h"
#include "exporter/storage/bytes.h"
#include "exporter/storage/frame.h"
#include "exporter/storage/state_frame.h"

namespace weir {

struct StoredHistogram {
  std::vector<double> bounds;
  std::vector<uint64_t> counts;
  double sum = 0;
  uint64_t count = 0;
  std::unique_ptr<NativeHistogram> native;  // null: none
};

struct StoredSeries {
  std::string family;
  std::string labels;  // label text
  SeriesKind kind = SeriesKind::kCounter;
  uint32_t rule = 0;         // in StoredState::rules()
  int64_t touched_wall = 0;  // nanoseconds of the wall clock
  Counter counter{};
  double gauge = 0;
  double sum = 0;
  uint64_t count = 0;
  std::unique_ptr<StoredHistogram> histogram;

  // Which incarnation it is.
  uint32_t run = 0;
  uint8_t shard = 0;
  uint64_t birth = 0;
  int64_t touched = 0;  // on the shard's clock of its run
  bool live = true;     // false: forgotten
  bool trusted = true;  // false: a later value of it may have been lost
};

struct StoredRule {
  std::string identity;  // empty: no rule
  std::chrono::nanoseconds ttl{0};
};

class StoredState {
 public:
  // Reads a file from where `fd` is. kEnd: it is whole; a snapshot that lacks its end is kTorn.
  // All else leaves in the state what came before. `kind` is what the file must be; one that is
  // not, or that is damaged, is kDamaged.
  FrameEnd Read(int fd, FileKind kind);

  // Values were lost: counts and sums that were read so far may be older than what was shown, and
  // are not to be had any more unless a later value of theirs is read. Gauges stay.
  void Distrust();

  const std::vector<StoredSeries>& series() const { return series_; }  // also those not live
  const std::vector<StoredRule>& rules() const { return rules_; }
  // The wall clock when the latest frame was written; 0: there is none.
  int64_t written_wall() const { return written_wall_; }
  // Records of series whose name was lost.
  uint64_t nameless() const { return nameless_; }
  // How far the last Read came, in bytes, and the version of a kOtherVersion.
  uint64_t offset() const { return offset_; }
  uint64_t version() const { return version_; }

 private:
  struct Frame;
  static constexpr uint32_t kNone = UINT32_MAX;

  bool ReadOrigin(ByteReader* bytes, FileKind kind);
  bool ReadSeries(ByteReader* bytes);
  bool ReadRecord(uint8_t tag, Frame* frame, ByteReader* bytes);
  bool ReadRule(Frame* frame, ByteReader* bytes);
  static bool ReadBuckets(Frame* frame, ByteReader* bytes);
  bool ReadValue(uint8_t tag, Frame* frame, ByteReader* bytes);
  bool ReadForgotten(uint8_t tag, const Frame& frame, ByteReader* bytes);
  // The series of a record, made if it is told by name and not known; kNone: it has gone.
  uint32_t Find(bool named, const Frame& frame, ByteReader* bytes, uint64_t* birth);
  void Update(uint32_t index, uint64_t birth, const Frame& frame, StoredSeries value);

  std::vector<StoredSeries> series_;
  std::vector<StoredRule> rules_;
  absl::flat_hash_map<std::string, uint32_t> by_name_;
  absl::flat_hash_map<std::string, uint32_t> rule_numbers_;
  absl::flat_hash_map<std::pair<uint8_t, uint64_t>, uint32_t> by_birth_;  // of this run
  uint64_t run_id_ = 0;
  uint32_t run_ = 0;  // 1 is the first
  int64_t written_wall_ = 0;
  uint64_t nameless_ = 0;
  uint64_t offset_ = 0;
  uint64_t version_ = 0;
};

}  // namespace weir
