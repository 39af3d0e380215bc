// Scrape: one page of metrics, put together from all shards while they go on working.
//
// Each shard renders its families in slices between its batches; here they are merged by family
// name (a family has one owner, so never by series) and handed out piece by piece. Every shard
// renders one slice ahead. Memory per page: two slices a shard, however large the page.
//
// Threads: Write runs on the thread of the request, one page at a time per object; the slices are
// rendered on the shards' threads. Lifetimes: the shards outlive the object.
// Tested by tests/unit/exporter/scrape_test.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <functional>
#include <string_view>
#include <vector>

#include "exporter/exposition.h"
#include "exporter/shard.h"

namespace weir {

enum class ScrapeEnd : uint8_t {
  kWhole,
  kReaderGone,  // write said no
  kShardStuck,  // a shard did not render a slice in time: the page is cut off
};

struct ScrapeLimits {
  // Of text a shard renders at once. Default 256 KiB.
  size_t slice_bytes = size_t{256} << 10;
  // A shard is kept from its sockets at most so long at once. Default 0.5 ms.
  std::chrono::nanoseconds slice_time = std::chrono::microseconds(500);
  // A shard that does not answer for so long is given up. Default 10 s.
  std::chrono::nanoseconds patience = std::chrono::seconds(10);
};

// What every shard counted, asked of all at once; shards that do not answer in time are missing.
std::vector<ShardReport> CollectReports(const std::vector<Shard*>& shards,
                                        std::chrono::nanoseconds patience);

// Writes the page: the shards' families and `own` (of SortCollected), in byte order of names.
// write(piece) returns false to stop. `settle`, if there is one, is called when all of it has been
// rendered, before the last piece is written: without that no reader takes the page for whole.
ScrapeEnd WritePage(const std::vector<Shard*>& shards,
                    const std::vector<prometheus::MetricFamily>& own, Format format,
                    const ScrapeLimits& limits, const std::function<bool(std::string_view)>& write,
                    const std::function<void()>& settle = nullptr);

}  // namespace weir
