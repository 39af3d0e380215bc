// SampleHash: what tells samples of one series from those of another before anything is parsed: a
// hash of name, fields and type, as sent.
//
// Of 128 bits, keyed by a secret drawn when it is made. A text of up to 64 bytes is hashed by NH
// with words of 64 bits (Black et al., UMAC, 1999): the sum of (word + key) * (word + key), exact
// in 128 bits. Two texts collide for at most one key in some 2^62, whoever chose them, as long as
// he does not see the hashes; so nobody can make two series one. NH wants a key as long as the
// text: longer ones are hashed by XXH3 (SecretHash) first.
//
// Sums of the name and of the fields are added, so that what samples of one line share is hashed
// once. Cost: about 40 instructions for a name, 40 more when there are fields.
// Thread safety: immutable; any thread. The same for the whole process, as shards must agree.
// Tested by tests/unit/common/sample_hash_test.cc.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "common/hash.h"
#include "common/sample.h"

namespace weir {

class SampleHash {
 public:
  using Sum = unsigned __int128;

  SampleHash();

  [[gnu::always_inline]] Sum OfName(std::string_view name) const { return OfText(name, kNameKeys); }

  // REQUIRES: at most Sample::kMaxLabelFields.
  Sum OfFields(std::span<const std::string_view> fields) const {
    if (fields.empty()) return 0;
    Sum sum = OfField(fields[0]);
    for (size_t i = 1; i < fields.size(); ++i) sum = Chain(sum, fields[i]);
    return sum;
  }
  [[gnu::always_inline]] Sum OfField(std::string_view field) const {
    return OfText(field, kFieldKeys);
  }

  // Of a whole sample; `sum` is that of its name plus that of its fields.
  Hash128 Finish(Sum sum, SampleType type) const {
    sum += Multiply(static_cast<uint64_t>(type), keys_[kTypeKey]);
    const auto low = static_cast<uint64_t>(sum);
    const auto high = static_cast<uint64_t>(sum >> 64);
    // The low bits of a product are poor and a table goes by them; this is one to one.
    const uint64_t mixed = (high ^ (low << 32 | low >> 32)) * 0x9E3779B97F4A7C15;
    return {mixed ^ mixed >> 32, low};
  }

 private:
  static constexpr size_t kWordBytes = 8;
  static constexpr size_t kPairBytes = 2 * kWordBytes;
  static constexpr size_t kMostBytes = 4 * kPairBytes;
  // Where the keys stand: those of 8 words and one for the size, twice; one for the type.
  static constexpr size_t kNameKeys = 0;
  static constexpr size_t kFieldKeys = 9;
  static constexpr size_t kTypeKey = 18;

  static Sum Multiply(uint64_t a, uint64_t b) { return Sum{a} * b; }

  template <class Word>
  static uint64_t Load(const char* at) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }

  [[gnu::always_inline]] Sum OfText(std::string_view text, size_t first_key) const {
    const char* const at = text.data();
    const size_t size = text.size();
    const uint64_t* const keys = &keys_[first_key];
    const Sum sum = Multiply(size, keys[8]);
    if (size - kPairBytes > kMostBytes - kPairBytes) [[unlikely]]
      return sum + OfUnusualSize(text, first_key);
    const auto pair = [&](size_t offset, size_t key) {
      return Multiply(Load<uint64_t>(at + offset) + keys[key],
                      Load<uint64_t>(at + offset + kWordBytes) + keys[key + 1]);
    };
    // Always four pairs, which overlap in short texts: no branch on the size.
    const size_t last = size - kPairBytes;
    return sum + pair(0, 0) + pair(std::min(kPairBytes, last), 2) +
           pair(last < kPairBytes ? 0 : last - kPairBytes, 4) + pair(last, 6);
  }

  // Less than 16 bytes, or more than 64.
  Sum OfUnusualSize(std::string_view text, size_t first_key) const;
  Sum Chain(Sum sum, std::string_view field) const;

  std::array<uint64_t, kTypeKey + 1> keys_;
};

// That of this process.
const SampleHash& ProcessSampleHash();

}  // namespace weir
