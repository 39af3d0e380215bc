#include "exporter/storage/state_writer.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "common/check.h"
#include "exporter/storage/bytes.h"
#include "exporter/storage/frame.h"

namespace weir {
namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;

uint64_t WallNanos() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

uint8_t Tag(RecordTag tag, uint8_t low = 0) { return static_cast<uint8_t>(tag) | low; }

void PutBuckets(std::span<const NativeBucket> buckets, std::string* out) {
  PutVarint(buckets.size(), out);
  for (const NativeBucket& bucket : buckets) {
    PutSigned(bucket.index, out);
    PutVarint(bucket.count, out);
  }
}

}  // namespace

std::string OriginFrame(FileKind kind, uint64_t run, uint64_t number) {
  std::string payload, frame;
  PutByte(static_cast<uint8_t>(FrameKind::kOrigin), &payload);
  PutByte(static_cast<uint8_t>(kind), &payload);
  PutFixed(run, &payload);
  PutFixed(number, &payload);
  AppendFrame(payload, &frame);
  return frame;
}

std::string EndFrame() {
  std::string payload, frame;
  PutByte(static_cast<uint8_t>(FrameKind::kEnd), &payload);
  PutFixed(WallNanos(), &payload);
  AppendFrame(payload, &frame);
  return frame;
}

std::string StateWriter::Take(int64_t now_nanos) {
  std::string head;
  PutByte(static_cast<uint8_t>(FrameKind::kSeries), &head);
  PutByte(shard_, &head);
  PutFixed(static_cast<uint64_t>(now_nanos), &head);
  PutFixed(WallNanos(), &head);
  payload_.insert(0, head);
  std::string frame;
  frame.reserve(payload_.size() + 16);
  AppendFrame(payload_, &frame);
  payload_.clear();
  rules_.clear();
  buckets_.clear();
  last_rule_ = nullptr;
  return frame;
}

void StateWriter::AddSeries(const SeriesView& view, bool named) {
  PutVarint(view.birth, &payload_);
  if (!named) return;
  PutText(view.family, &payload_);
  PutText(view.labels, &payload_);
}

uint64_t StateWriter::RuleNumber(const SeriesView& view) {
  if (view.rule.data() == last_rule_) return last_number_;
  const auto [at, is_new] = rules_.try_emplace(view.rule.data(), rules_.size());
  if (is_new) {
    PutByte(Tag(RecordTag::kRule), &payload_);
    PutVarint(static_cast<uint64_t>(std::max<int64_t>(view.ttl.count(), 0)), &payload_);
    PutText(view.rule, &payload_);
  }
  last_rule_ = view.rule.data();
  return last_number_ = at->second;
}

uint64_t StateWriter::BucketsNumber(const HistogramOptions& options) {
  const auto [at, is_new] = buckets_.try_emplace(&options, buckets_.size());
  if (is_new) {
    PutByte(Tag(RecordTag::kBuckets), &payload_);
    PutVarint(options.buckets.size(), &payload_);
    for (const double bound : options.buckets) PutDouble(bound, &payload_);
  }
  return at->second;
}

void StateWriter::AddHistogram(const HistogramView& histogram, uint64_t buckets) {
  PutVarint(buckets, &payload_);
  for (const uint64_t count : histogram.counts) PutVarint(count, &payload_);
  PutDouble(histogram.sum, &payload_);
  PutVarint(histogram.count, &payload_);
  PutByte(histogram.native != nullptr, &payload_);
  if (histogram.native == nullptr) return;
  PutSigned(histogram.native->schema(), &payload_);
  PutVarint(histogram.native->zero_count(), &payload_);
  PutBuckets(histogram.native->positive(), &payload_);
  PutBuckets(histogram.native->negative(), &payload_);
}

void StateWriter::AddValue(const SeriesView& view, bool named, int64_t now_nanos) {
  const Cell& cell = view.cell;
  const uint64_t rule = RuleNumber(view);
  const uint64_t buckets = cell.kind == SeriesKind::kHistogram ? BucketsNumber(*view.buckets) : 0;
  const auto low = static_cast<uint8_t>(static_cast<uint8_t>(cell.kind) | (named ? kNamed : 0));
  PutByte(Tag(RecordTag::kValue, low), &payload_);
  AddSeries(view, named);
  const int64_t age = std::max<int64_t>(now_nanos - cell.touched, 0);
  PutVarint(static_cast<uint64_t>(age / kNanosPerMilli), &payload_);
  PutVarint(rule, &payload_);
  switch (cell.kind) {
    case SeriesKind::kCounter:
      PutVarint(cell.counter.whole, &payload_);
      PutDouble(cell.counter.fraction, &payload_);
      break;
    case SeriesKind::kGauge:
      PutDouble(cell.gauge, &payload_);
      break;
    case SeriesKind::kSummary:
      PutDouble(cell.summary->sum(), &payload_);
      PutVarint(cell.summary->count(), &payload_);
      break;
    case SeriesKind::kHistogram:
      AddHistogram(cell.histogram->View(), buckets);
      break;
    case SeriesKind::kSet:
      WEIR_CHECK(false);
  }
}

void StateWriter::AddForgotten(const SeriesView& view, bool named) {
  PutByte(Tag(RecordTag::kForgotten, named ? kNamed : 0), &payload_);
  AddSeries(view, named);
}

}  // namespace weir
