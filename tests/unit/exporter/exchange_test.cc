#include "exporter/exchange.h"

#include <poll.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/made_sample.h"

namespace weir {
namespace {

bool Send(Exchange* exchange, uint32_t from, uint32_t to, uint64_t number) {
  const MadeSample made(number, 12);
  return exchange->Send(from, to, made.sample, made.hash, made.source);
}

bool Rings(const Exchange& exchange, uint32_t shard) {
  pollfd bell = {exchange.bell(shard), POLLIN, 0};
  return poll(&bell, 1, 0) == 1;
}

std::vector<uint64_t> ReceiveAll(Exchange* exchange, uint32_t to) {
  std::vector<uint64_t> numbers;
  exchange->Receive(
      to,
      [&](const Sample& sample, const Hash128& hash, Transport source) {
        numbers.push_back(MadeSample(hash.low, 12).IsSame(sample, hash, source) ? hash.low : 0);
      },
      [] {});
  return numbers;
}

TEST_CASE("what is sent arrives at its shard only, once flushed", "[exchange]") {
  Exchange exchange(3);
  CHECK(exchange.shard_count() == 3);
  REQUIRE(Send(&exchange, 0, 2, 7));
  REQUIRE(Send(&exchange, 0, 2, 8));
  REQUIRE(Send(&exchange, 1, 2, 9));
  CHECK(ReceiveAll(&exchange, 2).empty());
  CHECK(exchange.Flush(0));
  CHECK(ReceiveAll(&exchange, 2) == std::vector<uint64_t>{7, 8});
  CHECK(exchange.Flush(1));
  CHECK(ReceiveAll(&exchange, 0).empty());
  CHECK(ReceiveAll(&exchange, 1).empty());
  CHECK(ReceiveAll(&exchange, 2) == std::vector<uint64_t>{9});
}

TEST_CASE("a flush says whether anything waited", "[exchange]") {
  Exchange exchange(2);
  CHECK_FALSE(exchange.Flush(0));
  REQUIRE(Send(&exchange, 0, 1, 1));
  CHECK_FALSE(exchange.Flush(1));
  CHECK(exchange.Flush(0));
  CHECK_FALSE(exchange.Flush(0));
}

TEST_CASE("a flush rings the bell of those who have something, until it is silenced",
          "[exchange]") {
  Exchange exchange(3);
  REQUIRE(Send(&exchange, 0, 1, 1));
  CHECK_FALSE(Rings(exchange, 1));
  exchange.Flush(0);
  CHECK(Rings(exchange, 1));
  CHECK_FALSE(Rings(exchange, 2));
  CHECK_FALSE(Rings(exchange, 0));
  exchange.Silence(1);
  CHECK_FALSE(Rings(exchange, 1));
  exchange.Silence(1);
  REQUIRE(Send(&exchange, 2, 1, 2));
  exchange.Flush(2);
  CHECK(Rings(exchange, 1));
}

TEST_CASE("a fill level rings without a flush", "[exchange]") {
  Exchange exchange(2);
  uint64_t sent = 0;
  while (!Rings(exchange, 1) && sent < 100'000) REQUIRE(Send(&exchange, 0, 1, ++sent));
  CHECK(sent * 60 < 2 * Handoff::kPublishAt);
  CHECK(ReceiveAll(&exchange, 1).size() == sent);
}

TEST_CASE("a full way refuses, and the other ways stay open", "[exchange]") {
  Exchange exchange(3);
  uint64_t sent = 0;
  while (Send(&exchange, 0, 1, sent + 1)) ++sent;
  CHECK_FALSE(Send(&exchange, 0, 1, sent + 1));
  CHECK(Send(&exchange, 0, 2, 1));
  CHECK(Send(&exchange, 2, 1, 1));
  exchange.Flush(0);
  CHECK(ReceiveAll(&exchange, 1).size() == sent);
  CHECK(Send(&exchange, 0, 1, sent + 1));
}

TEST_CASE("an exchange of idle shards has no rings", "[exchange]") {
  // 64 * 64 rings of 1 MiB would be 4 GiB of address space; bells alone are here.
  const Exchange exchange(64);
  for (uint32_t shard = 0; shard < 64; ++shard) CHECK_FALSE(Rings(exchange, shard));
}

TEST_CASE("shards that all send to each other lose nothing that was accepted", "[exchange]") {
  constexpr uint32_t kShards = 3;
  constexpr uint64_t kSamples = 100'000;
  Exchange exchange(kShards);
  std::atomic<uint32_t> senders = kShards;
  uint64_t accepted[kShards] = {};
  uint64_t received[kShards] = {};
  uint64_t wrong[kShards] = {};
  std::vector<std::thread> threads;
  for (uint32_t self = 0; self < kShards; ++self) {
    threads.emplace_back([&, self] {
      uint64_t last[kShards] = {};
      const auto receive = [&] {
        exchange.Silence(self);
        exchange.Receive(
            self,
            [&](const Sample& sample, const Hash128& hash, Transport source) {
              ++received[self];
              const uint32_t from = static_cast<uint32_t>(hash.low % kShards);
              // In order from each sender, and as they were.
              wrong[self] += hash.low <= last[from] || from == self ||
                             !MadeSample(hash.low, 12).IsSame(sample, hash, source);
              last[from] = hash.low;
            },
            [] {});
      };
      for (uint64_t i = 1; i <= kSamples; ++i) {
        const auto to = static_cast<uint32_t>((self + 1 + i % (kShards - 1)) % kShards);
        accepted[self] += Send(&exchange, self, to, i * kShards + self);
        if (i % 100 == 0) receive();
      }
      exchange.Flush(self);
      senders.fetch_sub(1);
      while (senders.load() > 0) receive();
      receive();
    });
  }
  for (std::thread& thread : threads) thread.join();
  uint64_t all_accepted = 0, all_received = 0;
  for (uint32_t self = 0; self < kShards; ++self) {
    CHECK(wrong[self] == 0);
    all_accepted += accepted[self];
    all_received += received[self];
  }
  CHECK(all_received == all_accepted);
  CHECK(all_accepted > 0);
}

}  // namespace
}  // namespace weir
