#include "mapping/series_key.h"

#include <cstdint>
#include <string>

#include "common/hash.h"

namespace weir {
namespace {

SeriesKey HexOf(uint64_t value) {
  SeriesKey digits;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, value >>= 4) {
    *digit = "0123456789abcdef"[value & 15];
  }
  return digits;
}

}  // namespace

SeriesKey SeriesKeyOf(const Resolution& resolution) {
  std::string series = resolution.family;
  for (const Label& label : resolution.labels) {
    series.append(1, '\n').append(label.name).append(1, '\n').append(label.value);
  }
  return HexOf(PublicHash64(series));
}

}  // namespace weir
