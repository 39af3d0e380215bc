#include "exporter/handoff.h"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/made_sample.h"

namespace weir {
namespace {

bool Append(Handoff* handoff, uint64_t number, size_t most_bytes = 40) {
  const MadeSample made(number, most_bytes);
  return handoff->Append(made.sample, made.hash, made.source);
}

// Takes all there is; the numbers of the samples that came as they were sent, and 0 for others.
std::vector<uint64_t> Take(Handoff* handoff, size_t most_bytes = 40) {
  std::vector<uint64_t> numbers;
  handoff->Consume(
      [&](const Sample& sample, const Hash128& hash, Transport source) {
        const bool same = MadeSample(hash.low, most_bytes).IsSame(sample, hash, source);
        numbers.push_back(same ? hash.low : 0);
      },
      [] {});
  return numbers;
}

TEST_CASE("every sample comes out as it went in, in order", "[handoff]") {
  Handoff handoff;
  std::vector<uint64_t> sent;
  for (uint64_t number = 1; number <= 500; ++number) {
    REQUIRE(Append(&handoff, number));
    sent.push_back(number);
  }
  handoff.Publish();
  CHECK(Take(&handoff) == sent);
  CHECK(Take(&handoff).empty());
}

TEST_CASE("a sample with four label fields and a member keeps them apart", "[handoff]") {
  Handoff handoff;
  Sample sample{};
  sample.type = SampleType::kSet;
  sample.name = "users";
  sample.member = "bob:x";
  sample.weight = 1;
  sample.label_fields = {"#a:b", "c:id", "", "#c:d,e:f"};
  sample.label_field_count = 4;
  REQUIRE(handoff.Append(sample, {1, 2}, Transport::kTcp));
  handoff.Publish();
  int taken = 0;
  handoff.Consume(
      [&](const Sample& got, const Hash128& hash, Transport source) {
        ++taken;
        CHECK(hash == Hash128{1, 2});
        CHECK(source == Transport::kTcp);
        CHECK(got.name == "users");
        CHECK(got.member == "bob:x");
        REQUIRE(got.label_field_count == 4);
        CHECK(got.label_fields == sample.label_fields);
      },
      [] {});
  CHECK(taken == 1);
}

TEST_CASE("the member of a sample that is no set is not looked at", "[handoff]") {
  Handoff handoff;
  Sample sample{};
  sample.type = SampleType::kCounter;
  sample.name = "hits";
  sample.weight = 1;
  sample.member = "left from the set before";
  REQUIRE(handoff.Append(sample, {}, Transport::kUdp));
  handoff.Publish();
  bool taken = false;
  handoff.Consume(
      [&](const Sample& got, const Hash128&, Transport) {
        taken = true;
        CHECK(got.name == "hits");
        CHECK(got.member.empty());
      },
      [] {});
  CHECK(taken);
}

TEST_CASE("nothing is seen before it is published", "[handoff]") {
  Handoff handoff;
  CHECK(handoff.pending() == 0);
  REQUIRE(Append(&handoff, 1));
  CHECK(handoff.pending() > 0);
  CHECK(Take(&handoff).empty());
  handoff.Publish();
  CHECK(handoff.pending() == 0);
  REQUIRE(Append(&handoff, 2));
  CHECK(Take(&handoff) == std::vector<uint64_t>{1});
  handoff.Publish();
  CHECK(Take(&handoff) == std::vector<uint64_t>{2});
}

TEST_CASE("the text of samples is valid until release returns", "[handoff]") {
  Handoff handoff;
  for (uint64_t number = 1; number <= 3; ++number) REQUIRE(Append(&handoff, number));
  handoff.Publish();
  std::vector<std::tuple<Sample, Hash128, Transport>> seen;
  bool released = false;
  handoff.Consume(
      [&](const Sample& sample, const Hash128& hash, Transport source) {
        seen.push_back({sample, hash, source});
      },
      [&] {
        released = true;
        REQUIRE(seen.size() == 3);
        for (const auto& [sample, hash, source] : seen) {
          CHECK(MadeSample(hash.low).IsSame(sample, hash, source));
        }
      });
  CHECK(released);
  handoff.Consume([](const Sample&, const Hash128&, Transport) { FAIL("nothing was left"); },
                  [] { FAIL("nothing to release"); });
}

// Moves the ring's writing place by about `bytes`, leaving it empty.
void Skip(Handoff* handoff, size_t bytes) {
  while (bytes > 0) {
    Sample sample{};
    const std::string name(std::min<size_t>(bytes, 4000), 'x');
    sample.name = name;
    REQUIRE(handoff->Append(sample, {}, Transport::kUdp));
    bytes -= std::min(bytes, name.size());
    handoff->Publish();
    handoff->Consume([](const Sample&, const Hash128&, Transport) {}, [] {});
  }
}

TEST_CASE("records go round the end of the ring at every offset", "[handoff]") {
  // The ring's end is met with 0, 8, 16, ... bytes left for the record that comes next.
  for (size_t offset = 0; offset <= 400; offset += 8) {
    Handoff handoff;
    constexpr size_t kHead = 88;  // of a record; only to come near the end
    const size_t records = Handoff::kCapacity / (4000 + kHead) - 1;
    Skip(&handoff, records * 4000);
    std::vector<uint64_t> sent;
    // One that shifts what follows by `offset`, then enough small ones to pass the end twice.
    Skip(&handoff, 8 + offset);
    for (uint64_t number = 1; number <= 200; ++number) {
      REQUIRE(Append(&handoff, number));
      sent.push_back(number);
    }
    handoff.Publish();
    REQUIRE(Take(&handoff) == sent);
  }
}

TEST_CASE("a full ring refuses the newest and keeps the rest", "[handoff]") {
  Handoff handoff;
  std::vector<uint64_t> sent;
  for (int round = 0; round < 20; ++round) {
    sent.clear();
    const uint64_t first = 1 + 1'000'000 * static_cast<uint64_t>(round);
    uint64_t number = first;
    while (Append(&handoff, number)) sent.push_back(number++);
    CHECK(sent.size() > Handoff::kCapacity / 400);
    // Full it stays, whatever is tried.
    for (int i = 0; i < 10; ++i) CHECK_FALSE(Append(&handoff, number));
    handoff.Publish();
    REQUIRE((Take(&handoff) == sent));
  }
}

TEST_CASE("a refused sample leaves room for a smaller one", "[handoff]") {
  Handoff handoff;
  uint64_t number = 1;
  while (Append(&handoff, number, 4000)) ++number;
  CHECK(Append(&handoff, 4, 0));
}

TEST_CASE("a ring that was emptied and rewound has all its room again", "[handoff]") {
  const auto fill = [](Handoff* handoff) {
    uint64_t number = 1;
    while (Append(handoff, number, 4000)) ++number;
    return number - 1;
  };
  Handoff fresh;
  const uint64_t room = fill(&fresh);
  Handoff handoff;
  for (uint64_t number = 1; number <= 100; ++number) REQUIRE(Append(&handoff, number, 4000));
  handoff.Publish();
  REQUIRE(Take(&handoff, 4000).size() == 100);
  // The next one starts at the ring's beginning, while the reader still stands behind the hundred.
  CHECK(fill(&handoff) == room);
  handoff.Publish();
  CHECK(Take(&handoff, 4000).size() == room);
}

TEST_CASE("lines of the greatest size pass", "[handoff]") {
  Handoff handoff;
  const std::string name(65'536, 'n');
  for (int i = 0; i < 100; ++i) {
    Sample sample{};
    sample.name = name;
    sample.weight = 1;
    REQUIRE(handoff.Append(sample, {}, Transport::kUdp));
    handoff.Publish();
    size_t taken = 0;
    handoff.Consume(
        [&](const Sample& got, const Hash128&, Transport) { taken += got.name == name; }, [] {});
    REQUIRE(taken == 1);
  }
}

TEST_CASE("two threads pass millions of samples without losing or changing one", "[handoff]") {
  constexpr uint64_t kSamples = 1'000'000;
  const auto handoff = std::make_unique<Handoff>();
  std::thread writer([&] {
    for (uint64_t number = 1; number <= kSamples;) {
      const MadeSample made(number, 12);
      if (handoff->Append(made.sample, made.hash, made.source)) {
        ++number;
      } else {
        handoff->Publish();
        std::this_thread::yield();
      }
      if (handoff->pending() >= Handoff::kPublishAt) handoff->Publish();
    }
    handoff->Publish();
  });
  uint64_t next = 1;
  uint64_t wrong = 0;
  while (next <= kSamples) {
    bool any = false;
    handoff->Consume(
        [&](const Sample& sample, const Hash128& hash, Transport source) {
          any = true;
          wrong += !MadeSample(next, 12).IsSame(sample, hash, source);
          ++next;
        },
        [] {});
    if (!any) std::this_thread::yield();
  }
  writer.join();
  CHECK(wrong == 0);
  CHECK(next == kSamples + 1);
  CHECK(handoff->pending() == 0);
}

}  // namespace
}  // namespace weir
