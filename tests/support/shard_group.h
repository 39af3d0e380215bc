// ShardGroup: running shards, each with a UDP socket of its own on the loopback, and the page and
// the self-metrics they make.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/promised.h"
#include "exporter/scrape.h"
#include "exporter/self_metrics.h"
#include "exporter/shard.h"
#include "tests/support/catch.h"
#include "tests/support/self_page.h"
#include "tests/support/socket_client.h"

namespace weir {

class ShardGroup {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  explicit ShardGroup(uint32_t count, const ShardOptions& options = {}) : exchange_(count) {
    for (uint32_t id = 0; id < count; ++id) {
      shards_.push_back(std::make_unique<Shard>(options, id, &exchange_, clock));
      auto sockets = OpenUdp(ParseListenAddress("127.0.0.1:0").value(), {}).value();
      clients_.push_back(Connect(SOCK_DGRAM, sockets.front().address));
      shards_.back()->Attach(std::move(sockets.front()));
      for (const std::string& name : SelfMetrics().Names()) shards_.back()->Reserve(name);
    }
    for (const auto& shard : shards_) shard->Start();
  }

  ~ShardGroup() {
    for (const auto& shard : shards_) shard->Stop();
  }

  uint32_t count() const { return exchange_.shard_count(); }
  Shard& shard(uint32_t id) { return *shards_[id]; }
  std::vector<Shard*> shards() const {
    std::vector<Shard*> shards;
    for (const auto& shard : shards_) shards.push_back(shard.get());
    return shards;
  }

  // Runs `task` on the shard's thread and waits for it.
  template <class Task>
  void Do(uint32_t id, Task task) {
    const auto done = std::make_shared<Promised<bool>>();
    shards_[id]->Post([task, done] {
      task();
      done->Give(true);
    });
    REQUIRE(done->Await(kPatience).has_value());
  }

  void SetMapper(const std::shared_ptr<const Mapper>& mapper) {
    for (uint32_t id = 0; id < count(); ++id) Do(id, [&] { shards_[id]->SetMapper(mapper); });
  }

  // Sends one datagram to a shard's socket.
  void Send(uint32_t id, std::string_view datagram) {
    weir::Send(clients_[id], datagram);
    ++datagrams_sent_;
  }

  // Until every datagram sent was received and every sample in it has come to its end.
  void Settle() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!Settled()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      for (uint32_t id = 0; id < count(); ++id) Do(id, [&] { shards_[id]->DrainExchange(); });
    }
  }

  // Moves the time on, and waits until every shard's loop has seen it.
  void Advance(int64_t nanos) {
    clock.Advance(nanos);
    for (uint32_t id = 0; id < count(); ++id) {
      while (shards_[id]->last_turn() != clock.NowNanos()) Do(id, [] {});
    }
  }

  std::vector<ShardReport> Reports() const { return CollectReports(shards(), kPatience); }

  // The users' families, as a scrape gives them.
  std::string Page(Format format = Format::kText, const ScrapeLimits& limits = {}) {
    std::string page;
    const ScrapeEnd end = WritePage(shards(), {}, format, limits, [&](std::string_view piece) {
      page += piece;
      return true;
    });
    REQUIRE(end == ScrapeEnd::kWhole);
    return page;
  }

  FakeClock clock;

 private:
  bool Settled() const {
    uint64_t datagrams = 0, found = 0, ended = 0;
    for (const ShardReport& report : Reports()) {
      for (const ListenerReport& listener : report.listeners)
        datagrams += listener.counters.datagrams;
      const ShardStats& stats = report.stats;
      found += stats.parse.samples - stats.parse.bad_samples - stats.parse.void_samples;
      ended += stats.applied + stats.dropped_by_rule;
      for (const uint64_t refused : stats.refused) ended += refused;
    }
    return datagrams == datagrams_sent_ && found == ended;
  }

  Exchange exchange_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<ScopedFd> clients_;
  uint64_t datagrams_sent_ = 0;
};

}  // namespace weir
