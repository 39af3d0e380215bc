// What every fuzz target begins with: bytes that it takes its choices from, and a check that ends
// the process.
//
// A target is tests/fuzz/NAME.cc with a FUZZ(name) in it; its corpus is tests/fuzz/corpus/NAME/.
// clang links one target with libFuzzer (scripts/fuzz); g++ links all of them into fuzz_tests,
// which runs each over its corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// Defines the target: FUZZ(parser) { ... uses `input` ... }
#ifdef WEIR_LIBFUZZER
#define FUZZ(name)                                                            \
  static void Fuzz_##name(std::string_view input);                            \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {   \
    Fuzz_##name(std::string_view(reinterpret_cast<const char*>(data), size)); \
    return 0;                                                                 \
  }                                                                           \
  static void Fuzz_##name(std::string_view input)
#else
#define FUZZ(name)                          \
  void Fuzz_##name(std::string_view input); \
  void Fuzz_##name(std::string_view input)
#endif

// A finding: says which and aborts, as a crash does.
#define FUZZ_CHECK(condition)                                                      \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

namespace weir {

// Takes the choices of a target off the front of its input; the rest is the text. Without bytes
// left every choice is 0.
class Choices {
 public:
  explicit Choices(std::string_view* input) : input_(*input) {}

  uint8_t Byte() {
    if (input_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(input_.front());
    input_.remove_prefix(1);
    return byte;
  }
  // Whether the bit is set: eight of them cost one byte.
  bool Bit() {
    if (bits_left_ == 0) {
      bits_ = Byte();
      bits_left_ = 8;
    }
    --bits_left_;
    const bool bit = bits_ & 1;
    bits_ >>= 1;
    return bit;
  }

 private:
  std::string_view& input_;
  uint8_t bits_ = 0;
  int bits_left_ = 0;
};

}  // namespace weir
