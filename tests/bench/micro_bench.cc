// weir-micro-bench: what the hot paths cost, without sockets where there can be none.
//
//   weir-micro-bench [--only=TEXT]             nanoseconds and allocations per operation
//   weir-micro-bench [--only=TEXT] --passes=N  exactly N measured passes of each, untimed
//
// --only: operations whose name has TEXT in it. With --passes the work is the same in every run and
// on every machine, for scripts/check-instructions, which counts it under callgrind: what is
// measured is what runs within weir_measured_pass, and weir_operation_end parts one operation from
// the next.
#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string_view>

#include "tests/bench/operation.h"

namespace {

uint64_t allocations = 0;

// Not inlined, and neither are the deletes: the compiler would see free() meet operator new.
[[gnu::noinline]] void* Allocate(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

// Takes the place of the C library's: the secret of the hashes is the same in every run, so that
// tables fill in the same way.
extern "C" ssize_t getrandom(void* buffer, size_t length, unsigned) {
  auto* bytes = static_cast<unsigned char*>(buffer);
  for (size_t i = 0; i < length; ++i) bytes[i] = static_cast<unsigned char>(i * 151 + 43);
  return static_cast<ssize_t>(length);
}

// Known to callgrind by these names.
extern "C" [[gnu::noinline]] void weir_measured_pass(const weir::Operation& operation) {
  operation.pass();
}
extern "C" [[gnu::noinline]] void weir_operation_end() { asm volatile(""); }

namespace weir {
namespace {

using std::chrono::steady_clock;

constexpr int kRounds = 9;
constexpr std::chrono::milliseconds kRoundTime(30);

void RunPass(const Operation& operation) {
  if (operation.prepare) operation.prepare();
  weir_measured_pass(operation);
}

void RunCounted(const Operation& operation, uint64_t passes) {
  for (uint64_t i = 0; i < passes; ++i) RunPass(operation);
  weir_operation_end();
  std::printf("%s %llu %s\n", operation.name.c_str(),
              static_cast<unsigned long long>(passes * operation.per_pass), operation.unit.c_str());
}

struct Round {
  double nanos = 0;
  double allocations = 0;
};

// Per unit.
Round RunRound(const Operation& operation) {
  steady_clock::duration took{};
  uint64_t passes = 0;
  uint64_t allocated = 0;
  while (took < kRoundTime) {
    if (operation.prepare) operation.prepare();
    const uint64_t allocations_before = allocations;
    const auto start = steady_clock::now();
    operation.pass();
    took += steady_clock::now() - start;
    allocated += allocations - allocations_before;
    ++passes;
  }
  const auto units = static_cast<double>(passes * operation.per_pass);
  return {std::chrono::duration<double, std::nano>(took).count() / units,
          static_cast<double>(allocated) / units};
}

void RunTimed(const Operation& operation) {
  std::vector<Round> rounds;
  for (int i = 0; i < kRounds; ++i) rounds.push_back(RunRound(operation));
  std::sort(rounds.begin(), rounds.end(),
            [](const Round& a, const Round& b) { return a.nanos < b.nanos; });
  const Round& median = rounds[kRounds / 2];
  std::printf("%-18s %8.1f %8.1f %12.3f  per %s\n", operation.name.c_str(), rounds.front().nanos,
              median.nanos, median.allocations, operation.unit.c_str());
}

struct Arguments {
  std::string_view only;
  uint64_t passes = 0;  // 0: timed
};

int Main(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--only=")) {
      arguments.only = argument.substr(7);
    } else if (argument.starts_with("--passes=")) {
      arguments.passes = std::strtoull(argv[i] + 9, nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: weir-micro-bench [--only=TEXT] [--passes=N]\n");
      return 2;
    }
  }
  Operations operations;
  AddCommonOperations(&operations);
  AddMappingOperations(&operations);
  AddExporterOperations(&operations);
  AddRouterOperations(&operations);
  if (arguments.passes == 0) {
    std::printf("%-18s %8s %8s %12s\n", "operation", "best ns", "ns", "allocations");
  }
  for (const Operation& operation : operations) {
    if (operation.name.find(arguments.only) == std::string::npos) continue;
    for (uint64_t i = 0; i < operation.warm_passes; ++i) {
      if (operation.prepare) operation.prepare();
      operation.pass();
    }
    if (arguments.passes == 0) {
      RunTimed(operation);
    } else {
      RunCounted(operation, arguments.passes);
    }
  }
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }
