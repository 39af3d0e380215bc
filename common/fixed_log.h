// FixedLog: a binary logarithm in integers, so that every machine and every language comes to the
// same bits.
//
// The logarithm of a 64-bit number is its highest bit's place plus that of the mantissa: a table at
// steps of 1/1024, straight lines between (off by 2e-7 at most). Fixed point with 40 bits behind
// the point. Never turns back as the number grows. Cost: about 2 ns.
// Thread safety: pure.
// Tested by tests/unit/common/slot_table_test.cc.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir {

class FixedLog {
 public:
  static constexpr int kFractionBits = 40;

  // -log2(number / 2^64): 0 to 64. A number of 0 counts as 1.
  static constexpr uint64_t Below1(uint64_t number) {
    return (uint64_t{64} << kFractionBits) - Log2(number | uint64_t{number == 0});
  }

 private:
  static constexpr int kTableBits = 10;
  static constexpr size_t kSteps = size_t{1} << kTableBits;
  using Table = std::array<uint64_t, kSteps + 1>;

  // REQUIRES: number > 0.
  static constexpr uint64_t Log2(uint64_t number) {
    const int zeros = std::countl_zero(number);
    const uint64_t fraction = number << zeros << 1;  // without the highest bit
    const size_t step = fraction >> (64 - kTableBits);
    const uint64_t within = fraction << kTableBits >> 32;
    return (static_cast<uint64_t>(63 - zeros) << kFractionBits) + kTable[step] +
           ((kTable[step + 1] - kTable[step]) * within >> 32);
  }

  // log2(1 + step/1024), bit by bit: squaring a number doubles its logarithm.
  static constexpr uint64_t Entry(size_t step) {
    uint64_t result = 0;
    uint64_t mantissa = (kSteps + step) << (63 - kTableBits);
    for (int bit = kFractionBits - 1; bit >= 0; --bit) {
      unsigned __int128 square = static_cast<unsigned __int128>(mantissa) * mantissa >> 63;
      if (square >> 64 != 0) {
        result |= uint64_t{1} << bit;
        square >>= 1;
      }
      mantissa = static_cast<uint64_t>(square);
    }
    return result;
  }

  static constexpr Table MakeTable() {
    Table table = {};
    for (size_t step = 0; step < kSteps; ++step) table[step] = Entry(step);
    table[kSteps] = uint64_t{1} << kFractionBits;
    return table;
  }

  static const Table kTable;
};

inline constexpr FixedLog::Table FixedLog::kTable = FixedLog::MakeTable();

}  // namespace weir
