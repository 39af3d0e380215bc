// Hashes of text that strangers choose: keyed by a secret drawn when the process starts, so that
// nobody outside can build names that collide.
//
// xxHash (XXH3, 128 bits) stays inside this file. Cost: about 5 ns for a name of 30 bytes.
// Thread safety: SecretHash is immutable; any thread.
// Tested by tests/unit/common/hash_test.cc.
#pragma once

#define XXH_INLINE_ALL
#include <sys/random.h>
#include <xxhash.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "common/check.h"

namespace weir {

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;

  friend bool operator==(const Hash128&, const Hash128&) = default;
};

// The same everywhere and for ever: for placement, never for tables that strangers can fill.
inline uint64_t PublicHash64(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

class SecretHash {
 public:
  SecretHash() {
    std::array<unsigned char, 64> seed;
    WEIR_CHECK(getrandom(seed.data(), seed.size(), 0) == static_cast<ssize_t>(seed.size()));
    XXH3_generateSecret(secret_.data(), secret_.size(), seed.data(), seed.size());
  }

  Hash128 Of(std::string_view text) const {
    const XXH128_hash_t hash =
        XXH3_128bits_withSecret(text.data(), text.size(), secret_.data(), secret_.size());
    return {hash.low64, hash.high64};
  }

  uint64_t Of64(std::string_view text) const {
    return XXH3_64bits_withSecret(text.data(), text.size(), secret_.data(), secret_.size());
  }

  // The hash of a sequence: order matters, and ("ab", "c") differs from ("a", "bc").
  static Hash128 Chain(Hash128 first, Hash128 next) {
    constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
    return {(first.low + kOdd) * 0xBF58476D1CE4E5B9 + next.low,
            ((first.high << 23 | first.high >> 41) ^ kOdd) * 0x94D049BB133111EB + next.high};
  }

 private:
  std::array<unsigned char, XXH3_SECRET_SIZE_MIN + 56> secret_;
};

// The secret of this process: all its threads agree on it.
inline const SecretHash& ProcessHash() {
  static const SecretHash hash;
  return hash;
}

}  // namespace weir
