#include "common/byte_size.h"

#include <charconv>
#include <system_error>
#include <utility>

namespace weir {
namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 40;

}  // namespace

std::optional<uint64_t> ParseByteSize(std::string_view text) {
  constexpr std::pair<std::string_view, int> kUnits[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
  int shift = 0;
  for (const auto& [unit, bits] : kUnits) {
    if (!text.ends_with(unit)) continue;
    text.remove_suffix(unit.size());
    while (text.ends_with(' ')) text.remove_suffix(1);
    shift = bits;
    break;
  }
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end || value > kMostBytes >> shift) {
    return std::nullopt;
  }
  return value << shift;
}

std::string ByteSizeText(uint64_t bytes) {
  constexpr uint64_t kMiB = uint64_t{1} << 20;
  if (bytes == 0 || bytes % kMiB != 0) return std::to_string(bytes);
  return std::to_string(bytes / kMiB) + "MiB";
}

}  // namespace weir
