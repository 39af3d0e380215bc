#include "exporter/storage/stored_state.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace weir {
namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr uint64_t kMostAgeMillis = uint64_t{1} << 42;  // 139 years

std::string NameOf(std::string_view family, std::string_view labels) {
  std::string name(family);
  return name.append("{").append(labels);
}

std::optional<std::vector<NativeBucket>> ReadNative(ByteReader* bytes) {
  const uint64_t size = bytes->Varint();
  if (size > bytes->left()) return std::nullopt;
  std::vector<NativeBucket> buckets;
  buckets.reserve(size);
  for (uint64_t i = 0; i < size; ++i) {
    const int64_t index = bytes->Signed();
    const uint64_t count = bytes->Varint();
    if (index < -NativeHistogram::kMostIndex || index > NativeHistogram::kMostIndex) {
      return std::nullopt;
    }
    if (!buckets.empty() && index <= buckets.back().index) return std::nullopt;
    buckets.push_back({static_cast<int32_t>(index), count});
  }
  return buckets;
}

bool ReadHistogram(const std::vector<std::vector<double>>& bounds, ByteReader* bytes,
                   StoredHistogram* out) {
  const uint64_t number = bytes->Varint();
  if (number >= bounds.size()) return false;
  out->bounds = bounds[number];
  for (size_t i = 0; i < out->bounds.size(); ++i) out->counts.push_back(bytes->Varint());
  out->sum = bytes->Double();
  out->count = bytes->Varint();
  if (bytes->Byte() == 0) return bytes->ok();
  const int64_t schema = bytes->Signed();
  const uint64_t zero_count = bytes->Varint();
  auto positive = ReadNative(bytes);
  auto negative = ReadNative(bytes);
  if (!bytes->ok() || !positive || !negative) return false;
  if (schema < NativeHistogram::kMinSchema || schema > NativeHistogram::kMaxSchema) return false;
  out->native = std::make_unique<NativeHistogram>(static_cast<int32_t>(schema), zero_count,
                                                  std::move(*positive), std::move(*negative));
  return true;
}

// Whether `next`, a value of the same incarnation, is not older than `last`.
bool Follows(const StoredSeries& next, const StoredSeries& last) {
  switch (next.kind) {
    case SeriesKind::kCounter:
      return !(next.counter.value() < last.counter.value());
    case SeriesKind::kSummary:
      return next.count >= last.count;
    case SeriesKind::kHistogram:
      return next.histogram->count >= last.histogram->count;
    case SeriesKind::kGauge:
    case SeriesKind::kSet:
      break;
  }
  return next.touched >= last.touched;
}

// From 1970 to 2116, in nanoseconds: what is added to such a time, or taken from it, does not
// overflow.
bool IsTime(int64_t nanos) { return nanos >= 0 && nanos < int64_t{1} << 62; }

}  // namespace

struct StoredState::Frame {
  uint8_t shard = 0;
  int64_t clock = 0;
  int64_t wall = 0;
  std::vector<uint32_t> rules;  // by number in the frame: the number here
  std::vector<std::vector<double>> bounds;
};

FrameEnd StoredState::Read(int fd, FileKind kind) {
  FrameReader reader(fd);
  bool has_origin = false, has_end = false;
  for (;;) {
    std::string_view payload;
    const FrameEnd end = reader.Next(&payload);
    offset_ = reader.offset();
    version_ = reader.version();
    if (end == FrameEnd::kEnd && (!has_origin || (kind == FileKind::kSnapshot && !has_end))) {
      return FrameEnd::kTorn;
    }
    if (end != FrameEnd::kNone) return end;
    ByteReader bytes(payload);
    const auto frame = static_cast<FrameKind>(bytes.Byte());
    bool good = false;
    if (frame == FrameKind::kOrigin) {
      good = !has_origin && ReadOrigin(&bytes, kind);
      has_origin = true;
    } else if (frame == FrameKind::kSeries) {
      good = has_origin && !has_end && ReadSeries(&bytes);
    } else if (frame == FrameKind::kEnd) {
      const auto wall = static_cast<int64_t>(bytes.Fixed());
      good = has_origin && !has_end && IsTime(wall);
      has_end = true;
      if (good) written_wall_ = std::max(written_wall_, wall);
    }
    if (!good || !bytes.ok()) return FrameEnd::kDamaged;
  }
}

bool StoredState::ReadOrigin(ByteReader* bytes, FileKind kind) {
  if (static_cast<FileKind>(bytes->Byte()) != kind) return false;
  const uint64_t run = bytes->Fixed();
  bytes->Fixed();
  if (run_ == 0 || run != run_id_) {
    ++run_;
    by_birth_.clear();
  }
  run_id_ = run;
  return bytes->ok();
}

bool StoredState::ReadSeries(ByteReader* bytes) {
  Frame frame;
  frame.shard = bytes->Byte();
  frame.clock = static_cast<int64_t>(bytes->Fixed());
  frame.wall = static_cast<int64_t>(bytes->Fixed());
  if (!bytes->ok() || !IsTime(frame.clock) || !IsTime(frame.wall)) return false;
  written_wall_ = std::max(written_wall_, frame.wall);
  while (!bytes->done()) {
    if (!ReadRecord(bytes->Byte(), &frame, bytes) || !bytes->ok()) return false;
  }
  return bytes->ok();
}

bool StoredState::ReadRecord(uint8_t tag, Frame* frame, ByteReader* bytes) {
  switch (static_cast<RecordTag>(tag & kTagMask)) {
    case RecordTag::kRule:
      return ReadRule(frame, bytes);
    case RecordTag::kBuckets:
      return ReadBuckets(frame, bytes);
    case RecordTag::kValue:
      return ReadValue(tag, frame, bytes);
    case RecordTag::kForgotten:
      return ReadForgotten(tag, *frame, bytes);
  }
  return false;
}

bool StoredState::ReadRule(Frame* frame, ByteReader* bytes) {
  const auto ttl = std::chrono::nanoseconds(bytes->Varint());
  const std::string_view identity = bytes->Text();
  const auto [at, is_new] =
      rule_numbers_.try_emplace(std::string(identity), static_cast<uint32_t>(rules_.size()));
  if (is_new) rules_.push_back({std::string(identity), {}});
  rules_[at->second].ttl = ttl;
  frame->rules.push_back(at->second);
  return ttl.count() >= 0;
}

bool StoredState::ReadBuckets(Frame* frame, ByteReader* bytes) {
  const uint64_t size = bytes->Varint();
  if (size > bytes->left() / sizeof(double)) return false;
  std::vector<double>& bounds = frame->bounds.emplace_back();
  for (uint64_t i = 0; i < size; ++i) {
    bounds.push_back(bytes->Double());
    if (i > 0 && !(bounds[i - 1] < bounds[i])) return false;
  }
  return true;
}

bool StoredState::ReadValue(uint8_t tag, Frame* frame, ByteReader* bytes) {
  uint64_t birth;
  const uint32_t index = Find(tag & kNamed, *frame, bytes, &birth);
  StoredSeries value;
  value.kind = static_cast<SeriesKind>(tag & kKindMask);
  const uint64_t age = std::min(bytes->Varint(), kMostAgeMillis);
  const uint64_t rule = bytes->Varint();
  if (rule >= frame->rules.size()) return false;
  value.rule = frame->rules[rule];
  value.touched = frame->clock - static_cast<int64_t>(age) * kNanosPerMilli;
  value.touched_wall = frame->wall - static_cast<int64_t>(age) * kNanosPerMilli;
  switch (value.kind) {
    case SeriesKind::kCounter:
      value.counter.whole = bytes->Varint();
      value.counter.fraction = bytes->Double();
      if (value.counter.fraction < 0) return false;
      break;
    case SeriesKind::kGauge:
      value.gauge = bytes->Double();
      break;
    case SeriesKind::kSummary:
      value.sum = bytes->Double();
      value.count = bytes->Varint();
      break;
    case SeriesKind::kHistogram:
      value.histogram = std::make_unique<StoredHistogram>();
      if (!ReadHistogram(frame->bounds, bytes, value.histogram.get())) return false;
      break;
    default:
      return false;
  }
  if (!bytes->ok()) return false;
  if (index != kNone) Update(index, birth, *frame, std::move(value));
  return true;
}

bool StoredState::ReadForgotten(uint8_t tag, const Frame& frame, ByteReader* bytes) {
  uint64_t birth;
  const uint32_t index = Find(tag & kNamed, frame, bytes, &birth);
  if (!bytes->ok()) return false;
  if (index == kNone) return true;
  StoredSeries& series = series_[index];
  if (series.run == run_ && series.birth > birth) return true;
  series.live = false;
  series.run = run_;
  series.birth = birth;
  return true;
}

uint32_t StoredState::Find(bool named, const Frame& frame, ByteReader* bytes, uint64_t* birth) {
  *birth = bytes->Varint();
  const std::pair key(frame.shard, *birth);
  if (!named) {
    const auto known = by_birth_.find(key);
    if (known != by_birth_.end()) return known->second;
    ++nameless_;
    return kNone;
  }
  const std::string_view family = bytes->Text();
  const std::string_view labels = bytes->Text();
  if (!bytes->ok()) return kNone;
  const auto [at, is_new] =
      by_name_.try_emplace(NameOf(family, labels), static_cast<uint32_t>(series_.size()));
  if (is_new) {
    StoredSeries& series = series_.emplace_back();
    series.family = family;
    series.labels = labels;
    series.live = false;
  }
  by_birth_[key] = at->second;
  return at->second;
}

void StoredState::Update(uint32_t index, uint64_t birth, const Frame& frame, StoredSeries value) {
  StoredSeries& series = series_[index];
  if (series.run == run_) {
    if (series.birth > birth) return;
    if (series.birth == birth) {
      if (!series.live || value.kind != series.kind) return;
      if (series.trusted && !Follows(value, series)) return;
    }
  }
  value.run = run_;
  value.shard = frame.shard;
  value.birth = birth;
  value.family = std::move(series.family);
  value.labels = std::move(series.labels);
  series = std::move(value);
}

void StoredState::Distrust() {
  for (StoredSeries& series : series_) {
    if (series.kind != SeriesKind::kGauge) series.trusted = false;
  }
}

}  // namespace weir
