// Pipeline: the shards of an exporter without threads, loops and sockets: datagrams in, page out.
//
// Between Send and Settle samples may still be on their way between shards, as in the real thing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "exporter/exchange.h"
#include "exporter/ingest.h"
#include "exporter/self_metrics.h"
#include "exporter/series_table.h"
#include "tests/support/page.h"

namespace weir {

class Pipeline {
 public:
  explicit Pipeline(uint32_t shards = 1, const IngestOptions& ingest = {},
                    const SeriesTableOptions& table = {})
      : exchange_(shards) {
    for (uint32_t id = 0; id < shards; ++id) {
      tables_.push_back(std::make_unique<SeriesTable>(table));
      ingests_.push_back(std::make_unique<Ingest>(ingest, id, tables_.back().get(), &exchange_,
                                                  clock, [this] { ++sent; }));
    }
  }

  uint32_t shard_count() const { return exchange_.shard_count(); }
  SeriesTable& table(uint32_t shard = 0) { return *tables_[shard]; }
  Ingest& ingest(uint32_t shard = 0) { return *ingests_[shard]; }

  // A datagram that shard receives.
  void Send(std::string_view datagram, uint32_t shard = 0, Transport source = Transport::kUdp) {
    ingests_[shard]->OnDatagram(datagram, source);
    ingests_[shard]->OnBatchEnd();
  }

  // Until every sample has reached its owner.
  void Settle() {
    for (bool any = true; any;) {
      any = false;
      for (uint32_t shard = 0; shard < shard_count(); ++shard) {
        any |= exchange_.Flush(shard);
      }
      for (const auto& ingest : ingests_) ingest->Receive();
    }
  }

  void SetMapper(const std::shared_ptr<const Mapper>& mapper) {
    for (const auto& ingest : ingests_) ingest->SetMapper(mapper);
  }

  void SetOwnership(const std::shared_ptr<const Ownership>& ownership) {
    for (const auto& ingest : ingests_) ingest->SetOwnership(ownership);
  }

  // Lets time pass, with all that expires and is let go meanwhile.
  void Pass(std::chrono::seconds time) {
    for (int64_t i = 0; i < time.count(); ++i) {
      clock.Advance(kNanosPerSecond);
      for (const auto& table : tables_) {
        table->Expire(clock.NowNanos(), 1);
        table->Weigh(1);
      }
      for (const auto& ingest : ingests_) ingest->Tick();
    }
  }

  // The families of all shards in name order, without HELP.
  std::string Page() {
    std::map<std::string, std::string> families;
    for (const auto& table : tables_) {
      for (const std::string& line :
           LinesOf(WithoutHelp(PageOf(table.get(), Format::kText, clock.NowNanos())))) {
        if (line.starts_with("# TYPE ")) last_ = line.substr(7, line.find(' ', 7) - 7);
        families[last_] += line + "\n";
      }
    }
    std::string page;
    for (const auto& [name, text] : families) page += text;
    return page;
  }

  // As Shard::Report, without listeners.
  std::vector<ShardReport> Reports() const {
    std::vector<ShardReport> reports;
    for (uint32_t shard = 0; shard < shard_count(); ++shard) {
      ShardReport& report = reports.emplace_back();
      report.stats = ingests_[shard]->stats();
      report.conflicts = ingests_[shard]->conflicts().counts();
      for (int kind = 0; kind < kSeriesKindCount; ++kind) {
        report.series[kind] = tables_[shard]->series_of_kind(static_cast<SeriesKind>(kind));
        report.vectors[kind] = tables_[shard]->vectors_of_kind(static_cast<SeriesKind>(kind));
      }
      report.families = tables_[shard]->family_count();
      report.memo_entries = ingests_[shard]->memo().size();
    }
    return reports;
  }

  FakeClock clock;
  int sent = 0;  // how often an ingest said that it gave something to the exchange

 private:
  Exchange exchange_;
  std::vector<std::unique_ptr<SeriesTable>> tables_;
  std::vector<std::unique_ptr<Ingest>> ingests_;
  std::string last_;
};

}  // namespace weir
