#include "common/continuum.h"

#include <algorithm>
#include <bit>
#include <string>
#include <tuple>

#include "common/md5.h"
#include "common/utf8.h"
#include "common/utf8_piece.h"

namespace weir {
namespace {

constexpr uint32_t kDigests = 40;

// Rounded as the proxy rounds, which weighs every node 100: to 39 for some numbers of nodes.
uint32_t EtsyDigests(size_t live_count) {
  const auto count = static_cast<double>(live_count);
  return static_cast<uint32_t>(100 / (100 * count) * kDigests * count);
}

}  // namespace

Continuum::Continuum(Placement placement, std::span<const RingNode> nodes, const LiveSet& live)
    : replaces_invalid_(placement != Placement::kKetama) {
  const auto live_count = static_cast<size_t>(std::count(live.begin(), live.end(), true));
  const size_t words = placement == Placement::kEtsy ? 1 : 4;
  std::string text;
  for (size_t node = 0; node < nodes.size(); ++node) {
    if (!live[node]) continue;
    const uint32_t digests =
        placement == Placement::kKetama ? kDigests * nodes[node].weight : EtsyDigests(live_count);
    for (uint32_t k = 0; k < digests; ++k) {
      text.assign(nodes[node].address).append("-").append(std::to_string(k));
      const Md5::Digest digest = Md5::Of(text);
      for (size_t word = 0; word < words; ++word) {
        points_.push_back({digest[word], static_cast<uint16_t>(node)});
      }
    }
  }
  std::sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) {
    return std::tie(a.value, a.node) < std::tie(b.value, b.node);
  });
  points_.push_back({UINT32_MAX, points_.front().node});
  BuildBuckets();
}

void Continuum::BuildBuckets() {
  const int bits = std::clamp(static_cast<int>(std::bit_width(4 * points_.size())), 8, 22);
  shift_ = 32 - bits;
  buckets_.resize(size_t{1} << bits);
  uint32_t point = 0;
  for (size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    while (points_[point].value < bucket << shift_) ++point;
    buckets_[bucket] = point;
  }
}

uint32_t Continuum::Hash(std::string_view key) const {
  if (!replaces_invalid_ || IsAscii(key)) return Md5::Of(key)[0];
  Md5 md5;
  while (!key.empty()) {
    const Utf8Piece piece = FirstUtf8Piece(key);
    md5.Update(piece.valid ? key.substr(0, piece.size) : Utf8Piece::kReplacement);
    key.remove_prefix(piece.size);
  }
  return md5.Finish()[0];
}

}  // namespace weir
