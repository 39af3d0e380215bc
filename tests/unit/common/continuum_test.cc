#include "common/continuum.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

// The nodes of all vectors: A, B and C.
RingConfig Abc(Placement placement) {
  RingConfig config;
  config.placement = placement;
  for (const char* address : {"127.0.0.1:8127", "127.0.0.1:8129", "127.0.0.1:8131"}) {
    config.nodes.push_back({address, address});
  }
  return config;
}

const LiveSet kLive = {true, true, true};

RingConfig Many(Placement placement, size_t count) {
  RingConfig config;
  config.placement = placement;
  for (size_t i = 0; i < count; ++i) {
    const std::string address = "10.0.0." + std::to_string(i + 1) + ":8125";
    config.nodes.push_back({address, address});
  }
  return config;
}

TEST_CASE("etsy's proxy hashes broken UTF-8 as Node.js decodes it", "[continuum]") {
  const RingConfig config = Abc(Placement::kEtsy);
  const RingConfig config07 = Abc(Placement::kEtsy07);
  const RingConfig raw = Abc(Placement::kKetama);
  const Continuum etsy(config.placement, config.nodes, kLive);
  CHECK(etsy.Hash("a\xFF"
                  "b") == 17130751);
  CHECK(etsy.Hash("") == 3649838548);
  CHECK(etsy.Hash("\xE2\x82\x41") == 3213839864);
  CHECK(etsy.Hash("\xF0\x9F\x98\x41") == 3213839864);
  CHECK(etsy.Hash("\xF0\x80\x80\x41") == 1833098188);
  CHECK(etsy.Hash("\xED\xA0\x80\x41") == 1833098188);
  CHECK(etsy.Hash("\xF4\x90\x80\x80") == 2348549705);
  CHECK(etsy.Hash("\xC3") == 1083209115);
  CHECK(etsy.Hash("\xF0\x9F\x98") == 1083209115);
  CHECK(etsy.Hash("\xFE\xFE") == 1716192030);
  CHECK(etsy.Hash("\xEF\xBB\xBF\x61") == 1046346293);
  CHECK(etsy.Hash("\xF0\x9F\x98\x81") == 2086917172);
  CHECK(etsy.Hash("\xF1\x80\x80\x41\xC2") == 1944458588);
  CHECK(Continuum(config07.placement, config07.nodes, kLive)
            .Hash("a\xFF"
                  "b") == 17130751);
  CHECK(Continuum(raw.placement, raw.nodes, kLive)
            .Hash("a\xFF"
                  "b") != 17130751);
}

TEST_CASE("etsy's ring has 40 points a node and begins as it should", "[continuum]") {
  const RingConfig config = Abc(Placement::kEtsy);
  const Continuum etsy(config.placement, config.nodes, kLive);
  REQUIRE(etsy.points().size() == 120);
  const std::vector<Continuum::Point> first(etsy.points().begin(), etsy.points().begin() + 5);
  CHECK(first == std::vector<Continuum::Point>{
                     {18286208, 1}, {50919014, 0}, {52421221, 2}, {110332634, 1}, {203891285, 1}});
}

TEST_CASE("etsy's ring has 39 points a node where a sum of doubles falls short", "[continuum]") {
  std::vector<size_t> odd;
  for (size_t count = 1; count <= 200; ++count) {
    const RingConfig config = Many(Placement::kEtsy, count);
    const size_t points =
        Continuum(config.placement, config.nodes, LiveSet(count, true)).points().size();
    if (points == 39 * count) odd.push_back(count);
    REQUIRE((points == 39 * count || points == 40 * count));
  }
  CHECK(odd == std::vector<size_t>{7, 14, 28, 49, 56, 98, 103, 112, 141, 147, 161, 196});
}

TEST_CASE("the living are counted for etsy's points, not the configured", "[continuum]") {
  const RingConfig config = Many(Placement::kEtsy, 8);
  LiveSet live(8, true);
  CHECK(Continuum(config.placement, config.nodes, live).points().size() == 8 * 40);
  live[3] = false;
  CHECK(Continuum(config.placement, config.nodes, live).points().size() == 7 * 39);
  CHECK(Continuum(Placement::kEtsy07, config.nodes, live).points().size() == 7 * 156);
}

TEST_CASE("ketama has 160 points a node and weight, whatever the number of nodes", "[continuum]") {
  for (const size_t count : {1, 7, 14, 25, 47, 50}) {
    RingConfig config = Many(Placement::kKetama, count);
    const LiveSet live(count, true);
    CHECK(Continuum(config.placement, config.nodes, live).points().size() == 160 * count);
    config.nodes[0].weight = 3;
    CHECK(Continuum(config.placement, config.nodes, live).points().size() == 160 * (count + 2));
  }
}

TEST_CASE("a key goes to the first point at or after its hash, around the end", "[continuum]") {
  std::mt19937 random(3);
  for (const Placement placement : {Placement::kKetama, Placement::kEtsy}) {
    for (const size_t count : {1, 3, 60}) {
      RingConfig config = Many(placement, count);
      config.nodes[0].weight = 20;
      const Continuum continuum(placement, config.nodes, LiveSet(count, true));
      const auto points = continuum.points();
      std::vector<uint32_t> hashes = {0, 1, UINT32_MAX - 1, UINT32_MAX};
      for (const Continuum::Point& point : points) {
        for (const uint32_t hash : {point.value - 1, point.value, point.value + 1}) {
          hashes.push_back(hash);
        }
      }
      for (int i = 0; i < 10000; ++i) hashes.push_back(random());
      for (const uint32_t hash : hashes) {
        const auto found =
            std::lower_bound(points.begin(), points.end(), hash,
                             [](const auto& point, uint32_t at) { return point.value < at; });
        REQUIRE(continuum.Owner(hash) == (found == points.end() ? points[0] : *found).node);
      }
    }
  }
}

}  // namespace
}  // namespace weir
