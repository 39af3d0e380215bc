// What becomes of series whose owner is another node: Ingest, SeriesTable and Homes together.
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/mapper_of.h"
#include "tests/support/ownership_of.h"
#include "tests/support/pipeline.h"
#include "tests/support/self_page.h"

namespace weir {
namespace {

using std::chrono::seconds;

// The grace of MadeOwnership, and a second in which the last series is looked at.
constexpr seconds kGrace(31);
constexpr uint16_t kSelf = 0, kOther = 1;

class LetGoTest {
 protected:
  explicit LetGoTest(uint32_t shards = 1) : pipeline(shards) {}

  // Nodes a, which this is, b and c, from now on.
  void Join(const std::string& dead = "", KeyKind key = KeyKind::kName) {
    ownership =
        OwnershipOf({.nodes = "abc", .dead = dead, .key = key, .since = pipeline.clock.NowNanos()});
    pipeline.SetOwnership(ownership);
  }
  // A name of b while b lives, of a while it does not.
  std::string Covered(const std::string& prefix = "n", const std::string& suffix = "") const {
    const Ring all(ownership->ring().config(), {true, true, true});
    const Ring two = all.WithLive({true, false, true});
    for (int i = 0;; ++i) {
      const std::string name = prefix + std::to_string(i);
      const std::string key = name + suffix;
      if (all.Owner(key) == kOther && two.Owner(key) == kSelf) return name;
    }
  }
  bool Has(const std::string& series) { return ValueOf(pipeline.Page(), series).has_value(); }
  uint64_t let_go(SeriesKind kind) {
    uint64_t sum = 0;
    for (uint32_t shard = 0; shard < pipeline.shard_count(); ++shard) {
      sum += pipeline.table(shard).let_go()[static_cast<size_t>(kind)];
    }
    return sum;
  }

  Pipeline pipeline;
  std::shared_ptr<const Ownership> ownership;
};

TEST_CASE_METHOD(LetGoTest, "gauges, sets and quantiles of another node go, the rest stays",
                 "[let_go]") {
  pipeline.SetMapper(
      MapperOf("mappings:\n- match: '*.spread'\n  name: ${1}_spread\n"
               "  observer_type: histogram\n  histogram_options: {buckets: [1]}\n"));
  Join("b");
  for (const char* type : {"c", "g", "s", "ms"}) {
    const std::string kind = Covered(type);
    pipeline.Send(kind + ":5|" + type);
  }
  const std::string spread = Covered("h", ".spread");
  pipeline.Send(spread + ".spread:5|h");
  pipeline.Pass(kGrace);
  for (const SeriesKind kind : {SeriesKind::kGauge, SeriesKind::kSet, SeriesKind::kSummary}) {
    CHECK(let_go(kind) == 0);
  }

  Join();
  pipeline.Pass(seconds(29));
  CHECK(Has(Covered("g")));
  pipeline.Pass(seconds(2));
  CHECK_FALSE(Has(Covered("g")));
  CHECK_FALSE(Has(Covered("s")));
  CHECK(ValueOf(pipeline.Page(), Covered("c")) == "5");
  CHECK_FALSE(Has(Covered("ms") + "{quantile=\"0.5\"}"));
  CHECK(ValueOf(pipeline.Page(), Covered("ms") + "_sum") == "0.005");
  CHECK(ValueOf(pipeline.Page(), Covered("ms") + "_count") == "1");
  CHECK(Has(spread + "_spread_bucket{le=\"+Inf\"}"));
  CHECK(let_go(SeriesKind::kGauge) == 1);
  CHECK(let_go(SeriesKind::kSet) == 1);
  CHECK(let_go(SeriesKind::kSummary) == 1);
  CHECK(let_go(SeriesKind::kCounter) == 0);
  CHECK(let_go(SeriesKind::kHistogram) == 0);
}

TEST_CASE_METHOD(LetGoTest, "without an ownership nothing is let go", "[let_go]") {
  pipeline.Send("a:1|g\nb:1|g\nc:1|s\nd:1|ms");
  const std::string before = pipeline.Page();
  pipeline.Pass(seconds(7200));
  CHECK(WithoutHelp(before).find("# TYPE a gauge") == 0);
  CHECK(Has("a"));
  CHECK(Has("b"));
  CHECK(Has("d{quantile=\"0.5\"}"));
}

TEST_CASE_METHOD(LetGoTest, "what still gets samples stays, whoever it belongs to", "[let_go]") {
  Join();
  const std::string name = NameOwnedBy(*ownership, kOther);
  for (int i = 0; i < 10; ++i) {
    pipeline.Send(name + ":1|g\n" + name + "t:1|ms");
    pipeline.Pass(seconds(20));
  }
  CHECK(Has(name));
  CHECK(Has(name + "t{quantile=\"0.5\"}"));
  pipeline.Pass(kGrace);
  CHECK_FALSE(Has(name));
}

TEST_CASE_METHOD(LetGoTest, "a series that was let go begins anew with its next sample",
                 "[let_go]") {
  Join();
  const std::string gauge = NameOwnedBy(*ownership, kOther);
  const std::string timer = NameOwnedBy(*ownership, kOther, "t");
  pipeline.Send(gauge + ":5|g\n" + timer + ":5000|ms");
  pipeline.Pass(kGrace);
  REQUIRE_FALSE(Has(gauge));
  pipeline.Send(gauge + ":+2|g\n" + timer + ":7000|ms");
  CHECK(ValueOf(pipeline.Page(), gauge) == "2");
  CHECK(ValueOf(pipeline.Page(), timer + "{quantile=\"0.99\"}") == "7");
  CHECK(ValueOf(pipeline.Page(), timer + "_sum") == "12");
  CHECK(Conserves(SelfPage(pipeline.Reports())));
}

TEST_CASE_METHOD(LetGoTest, "a dead owner's series stay with who covers for it", "[let_go]") {
  Join("b");
  const std::string name = Covered();
  pipeline.Send(name + ":5|g");
  pipeline.Pass(seconds(3600));
  CHECK(Has(name));
}

TEST_CASE_METHOD(LetGoTest, "series that were there before the ring are known by their next line",
                 "[let_go]") {
  pipeline.Send("n1:1|g\nn2:1|g\nn3:1|g\nn4:1|g\nn5:1|g\nn6:1|g");
  Join();
  pipeline.Pass(kGrace);
  CHECK(pipeline.table().series_count() == 6);
  pipeline.Send("n1:1|g\nn2:1|g\nn3:1|g\nn4:1|g\nn5:1|g\nn6:1|g");
  pipeline.Pass(kGrace);
  for (int i = 1; i <= 6; ++i) {
    const std::string name = "n" + std::to_string(i);
    CHECK(Has(name) == (ownership->ring().Owner(name) == kSelf));
  }
}

TEST_CASE_METHOD(LetGoTest, "another key makes every series known anew", "[let_go]") {
  Join();
  const std::string name = NameOwnedBy(*ownership, kOther);
  pipeline.Send(name + ":1|g|#x:1");
  Join("", KeyKind::kSeries);
  pipeline.Pass(kGrace);
  CHECK(Has(name + "{x=\"1\"}"));
  pipeline.Send(name + ":1|g|#x:1");
  pipeline.Pass(kGrace);
  CHECK(Has(name + "{x=\"1\"}") == (ownership->ring().Owner(name + "\nx\n1") == kSelf));
}

TEST_CASE_METHOD(LetGoTest, "of two names that rules make one, the series stays with either owner",
                 "[let_go]") {
  pipeline.SetMapper(MapperOf("mappings:\n- match: '*.depth'\n  name: depth\n"));
  Join();
  const auto owned_by = [&](uint16_t node, const std::string& prefix) {
    for (int i = 0;; ++i) {
      const std::string name = prefix + std::to_string(i) + ".depth";
      if (ownership->ring().Owner(name) == node) return name;
    }
  };
  pipeline.Send(owned_by(kOther, "x") + ":1|g");
  pipeline.Send(owned_by(kSelf, "y") + ":1|g");
  pipeline.Pass(kGrace);
  CHECK(Has("depth"));
}

TEST_CASE_METHOD(LetGoTest, "by rules, names that become one series go together", "[let_go]") {
  pipeline.SetMapper(MapperOf("mappings:\n- match: '*.depth'\n  name: depth\n"));
  Join("", KeyKind::kMapped);
  for (int i = 0; i < 50; ++i) pipeline.Send("x" + std::to_string(i) + ".depth:1|g");
  pipeline.Pass(kGrace);
  pipeline.Pass(kGrace);
  CHECK(Has("depth") == (let_go(SeriesKind::kGauge) == 0));
}

struct FourShards : LetGoTest {
  FourShards() : LetGoTest(4) {}
};

TEST_CASE_METHOD(FourShards, "every shard lets go of what it owns, whoever received it",
                 "[let_go]") {
  Join();
  std::vector<std::string> ours, theirs;
  for (int i = 0; i < 400; ++i) {
    const std::string name = "m" + std::to_string(i);
    (ownership->ring().Owner(name) == kSelf ? ours : theirs).push_back(name);
    pipeline.Send(name + ":1|g", static_cast<uint32_t>(i % 4));
  }
  pipeline.Settle();
  pipeline.Pass(kGrace);
  for (const std::string& name : ours) REQUIRE(Has(name));
  CHECK(let_go(SeriesKind::kGauge) == theirs.size());
}

}  // namespace
}  // namespace weir
