#include "exporter/scrape.h"

#include <algorithm>
#include <future>
#include <memory>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/shard_group.h"

namespace weir {
namespace {

using std::chrono::milliseconds;

// Many families, spread over the shards.
void Fill(ShardGroup* group, int families, int series = 3) {
  for (int i = 0; i < families; ++i) {
    std::string datagram;
    for (int j = 0; j < series; ++j) {
      const char* type = i % 3 == 0 ? "|c" : i % 3 == 1 ? "|g" : "|h";
      datagram += "family" + std::to_string(i) + ":1" + type + "|#n:" + std::to_string(j) + "\n";
    }
    group->Send(static_cast<uint32_t>(i) % group->count(), datagram);
    if (i % 50 == 49) group->Settle();
  }
  group->Settle();
}

std::vector<std::string> FamilyNames(const std::string& page) {
  std::vector<std::string> names;
  for (const std::string& line : LinesOf(page)) {
    if (line.starts_with("# TYPE ")) names.push_back(line.substr(7, line.find(' ', 7) - 7));
  }
  return names;
}

TEST_CASE("the families of all shards and our own stand in name order, each once", "[scrape]") {
  ShardGroup group(4);
  Fill(&group, 200);
  const std::vector<prometheus::MetricFamily> own = SelfMetrics().Collect(group.Reports());
  std::string page;
  const ScrapeEnd end = WritePage(group.shards(), own, Format::kText, {}, [&](std::string_view p) {
    page += p;
    return true;
  });
  REQUIRE(end == ScrapeEnd::kWhole);
  const std::vector<std::string> names = FamilyNames(page);
  CHECK(names.size() == 200 + own.size());
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(std::set(names.begin(), names.end()).size() == names.size());
  CHECK(ValueOf(page, "family199{n=\"2\"}") == "1");
  CHECK(ValueOf(page, "statsd_exporter_lines_total").has_value());
}

TEST_CASE("slices of any size make the same page of all shards", "[scrape]") {
  ShardGroup group(3);
  Fill(&group, 60, 5);
  for (const Format format : {Format::kText, Format::kOpenMetrics}) {
    const std::string whole = group.Page(format);
    for (const size_t bytes : {1, 100, 1000, 10'000}) {
      ScrapeLimits limits;
      limits.slice_bytes = bytes;
      CHECK(group.Page(format, limits) == whole);
    }
    ScrapeLimits hurried;
    hurried.slice_time = std::chrono::nanoseconds(0);
    CHECK(group.Page(format, hurried) == whole);
  }
}

TEST_CASE("a page without series is whole", "[scrape]") {
  ShardGroup group(2);
  CHECK(group.Page().empty());
  CHECK(group.Page(Format::kOpenMetrics) == "# EOF\n");
}

TEST_CASE("samples come in while a page is written", "[scrape]") {
  ShardGroup group(2);
  Fill(&group, 100);
  int pieces = 0;
  std::string page;
  ScrapeLimits limits;
  limits.slice_bytes = 1;
  const ScrapeEnd end =
      WritePage(group.shards(), {}, Format::kText, limits, [&](std::string_view p) {
        page += p;
        if (++pieces == 1) {
          group.Send(0, "zzz:1|c\naaa:1|c");
          group.Settle();
        }
        return true;
      });
  CHECK(end == ScrapeEnd::kWhole);
  CHECK(FamilyNames(page).size() >= 100);
  CHECK(ValueOf(group.Page(), "aaa") == "1");
}

TEST_CASE("a page comes in pieces of bounded size", "[scrape]") {
  ShardGroup group(2);
  Fill(&group, 400, 20);
  size_t most = 0, all = 0;
  int pieces = 0;
  ScrapeLimits limits;
  limits.slice_bytes = 10'000;
  REQUIRE(WritePage(group.shards(), {}, Format::kText, limits, [&](std::string_view piece) {
            most = std::max(most, piece.size());
            all += piece.size();
            ++pieces;
            return true;
          }) == ScrapeEnd::kWhole);
  CHECK(all == group.Page().size());
  CHECK(pieces > 3);
  // 64 KiB are gathered, then a slice more may come, whose last family may go over its bound.
  CHECK(most < (64 << 10) + 2 * limits.slice_bytes);
}

TEST_CASE("a reader that goes stops the page", "[scrape]") {
  ShardGroup group(2);
  Fill(&group, 400, 20);
  for (const int taken : {1, 2}) {
    int pieces = 0;
    const ScrapeEnd end = WritePage(group.shards(), {}, Format::kText, {},
                                    [&](std::string_view) { return ++pieces < taken; });
    CHECK(end == ScrapeEnd::kReaderGone);
    CHECK(pieces == taken);
  }
  CHECK_FALSE(group.Page().empty());
}

// A shard that does nothing until it is let go.
class Stuck {
 public:
  explicit Stuck(Shard* shard) {
    shard->Post([gate = gate_.get_future().share()] { gate.wait(); });
  }
  ~Stuck() { gate_.set_value(); }

 private:
  std::promise<void> gate_;
};

TEST_CASE("a shard that is stuck is given up, and the page cut off", "[scrape]") {
  ShardGroup group(3);
  Fill(&group, 30);
  ScrapeLimits limits;
  limits.patience = milliseconds(20);
  const auto write = [](std::string_view) { return true; };
  {
    const Stuck stuck(&group.shard(1));
    CHECK(WritePage(group.shards(), {}, Format::kText, limits, write) == ScrapeEnd::kShardStuck);
  }
  CHECK(WritePage(group.shards(), {}, Format::kText, {}, write) == ScrapeEnd::kWhole);
}

TEST_CASE("a shard that gets stuck in the middle of a page cuts it off", "[scrape]") {
  ShardGroup group(2);
  Fill(&group, 400, 20);
  ScrapeLimits limits;
  limits.patience = milliseconds(1'000);
  limits.slice_bytes = 1000;
  std::unique_ptr<Stuck> stuck;
  std::string page;
  const ScrapeEnd end =
      WritePage(group.shards(), {}, Format::kText, limits, [&](std::string_view p) {
        page += p;
        if (!stuck) stuck = std::make_unique<Stuck>(&group.shard(0));
        return true;
      });
  CHECK(end == ScrapeEnd::kShardStuck);
  CHECK_FALSE(page.empty());
}

TEST_CASE("reports come from those who answer", "[scrape]") {
  ShardGroup group(3);
  CHECK(CollectReports(group.shards(), ShardGroup::kPatience).size() == 3);
  const Stuck stuck(&group.shard(0));
  CHECK(CollectReports(group.shards(), milliseconds(1'000)).size() == 2);
}

}  // namespace
}  // namespace weir
