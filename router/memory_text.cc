#include "router/memory_text.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string_view>

namespace weir {
namespace {

// 0 where there is no /proc.
uint64_t ResidentBytes() {
  uint64_t size = 0;
  uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::string MemoryText() {
  const struct mallinfo2 heap = mallinfo2();
  const uint64_t in_use = heap.uordblks + heap.hblkhd;
  const struct {
    std::string_view name;
    uint64_t value;
  } lines[] = {
      {"bytes allocated and in use", in_use},
      {"bytes allocated total", 0},
      {"bytes obtained from system", ResidentBytes()},
      {"number of pointer lookups", 0},
      {"number of mallocs", 0},
      {"number of frees", 0},
      {"bytes allocated and still in use", in_use},
      {"bytes obtained from system", heap.arena + heap.hblkhd},
      {"bytes in idle spans", heap.fordblks},
      {"bytes in non-idle span", in_use},
      {"bytes released to the OS", 0},
      {"total number of allocated objects", 0},
  };
  std::string text;
  for (const auto& line : lines) {
    text.append(line.name).append(": ").append(std::to_string(line.value)).append("\n");
  }
  return text;
}

}  // namespace weir
