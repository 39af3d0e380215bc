#include "exporter/handoff.h"

#include <sys/mman.h>

#include <algorithm>

#include "common/check.h"

namespace weir {
namespace {

constexpr size_t kRewindAt = size_t{64} << 10;

char* ReserveRing() {
  void* pages = mmap(nullptr, Handoff::kCapacity, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  WEIR_CHECK(pages != MAP_FAILED);
  return static_cast<char*>(pages);
}

}  // namespace

Handoff::Handoff() : ring_(ReserveRing()) {}
Handoff::~Handoff() { munmap(ring_, kCapacity); }

// To the ring's start. Nothing stands in the gap, so it is not in use: the mark that makes the
// reader jump it is kept beside the ring, where nothing written later can cover it. There is never
// more than one: the ring must be empty, so the reader has jumped the last one.
void Handoff::RewindIfEmpty() {
  const size_t place = written_ & (kCapacity - 1);
  if (place < kRewindAt || pending() > 0) return;
  consumed_seen_ = consumed_.load(std::memory_order_acquire);
  if (consumed_seen_ != written_) return;
  rewound_from_ = written_;
  written_ += kCapacity - place;
  rewound_to_ = written_;
}

bool Handoff::Append(const Sample& sample, const Hash128& hash, Transport source) {
  // Of other types the view is left from whoever used the sample before.
  const std::string_view member =
      sample.type == SampleType::kSet ? sample.member : std::string_view();
  Record record{};
  record.hash = hash;
  record.value = sample.value;
  record.weight = sample.weight;
  record.name_size = static_cast<uint32_t>(sample.name.size());
  record.member_size = static_cast<uint32_t>(member.size());
  record.type = sample.type;
  record.relative = sample.relative;
  record.first_of_line = sample.first_of_line;
  record.source = static_cast<uint8_t>(source) & 0x3f;
  record.field_count = sample.label_field_count;
  size_t size = sizeof record + sample.name.size() + member.size();
  for (uint8_t i = 0; i < sample.label_field_count; ++i) {
    record.field_sizes[i] = static_cast<uint32_t>(sample.label_fields[i].size());
    size += sample.label_fields[i].size();
  }
  size = (size + 7) & ~size_t{7};
  record.size = static_cast<uint32_t>(size);

  RewindIfEmpty();
  const size_t to_end = kCapacity - (written_ & (kCapacity - 1));
  const bool wraps = size > to_end;
  const size_t needed = wraps ? to_end + size : size;
  const auto fits = [&] {
    return written_ + needed - std::max(consumed_seen_, rewound_to_) <= kCapacity;
  };
  if (!fits()) {
    consumed_seen_ = consumed_.load(std::memory_order_acquire);
    if (!fits()) return false;
  }
  if (wraps) {
    std::memset(ring_ + (kCapacity - to_end), 0, std::min(to_end, sizeof record));
    written_ += to_end;
  }
  char* place = ring_ + (written_ & (kCapacity - 1));
  std::memcpy(place, &record, sizeof record);
  place += sizeof record;
  const auto append = [&place](std::string_view text) {
    place += text.copy(place, text.size());  // not memcpy: an empty view may be null
  };
  append(sample.name);
  append(member);
  for (uint8_t i = 0; i < sample.label_field_count; ++i) append(sample.label_fields[i]);
  written_ += size;
  return true;
}

Sample Handoff::Unpack(const Record& record, const char* text) {
  Sample sample{};
  sample.type = record.type;
  sample.relative = record.relative;
  sample.first_of_line = record.first_of_line;
  sample.value = record.value;
  sample.weight = record.weight;
  const auto take = [&text](uint32_t size) {
    const std::string_view piece(text, size);
    text += size;
    return piece;
  };
  sample.name = take(record.name_size);
  sample.member = take(record.member_size);
  sample.label_field_count = record.field_count;
  for (uint8_t i = 0; i < record.field_count; ++i) {
    sample.label_fields[i] = take(record.field_sizes[i]);
  }
  return sample;
}

}  // namespace weir
