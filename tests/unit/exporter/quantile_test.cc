#include "exporter/quantile.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

using Random = std::mt19937_64;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kSecond = 1'000'000'000;
// Bytes a series.
constexpr size_t kBound = 8192;
constexpr size_t kHostileBound = 2 * kBound;

double Uniform(Random& random) { return std::uniform_real_distribution<double>()(random); }

// Keeps every sample of the window and sorts it for each question.
class Oracle {
 public:
  explicit Oracle(const SummaryOptions& options)
      : options_(options), period_(options.max_age.count() / options.age_buckets) {}

  void Observe(double value, uint64_t weight, int64_t now) {
    samples_.push_back({now, {ToOrderKey(value), weight}});
  }

  // Forgets what left the window and sorts the rest.
  void Look(int64_t now) {
    const int64_t begin = (now / period_ - (options_.age_buckets - 1)) * period_;
    const double covered = static_cast<double>(now - begin) / options_.max_age.count();
    REQUIRE(covered >= (options_.age_buckets - 1.0) / options_.age_buckets - 1e-9);
    REQUIRE(covered <= 1 + 1e-9);
    while (!samples_.empty() && samples_.front().time < begin) samples_.pop_front();
    sorted_.clear();
    for (const Sample& sample : samples_) sorted_.push_back(sample.item);
    std::sort(sorted_.begin(), sorted_.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    total_ = 0;
    for (WeightedKey& item : sorted_) item.weight = total_ += item.weight;
  }

  size_t received() const { return sorted_.size(); }

  // The smallest key whose cumulative weight reaches the quantile.
  OrderKey At(double quantile) const {
    const double rank = std::max(std::ceil(quantile * static_cast<double>(total_)), 1.0);
    for (const WeightedKey& item : sorted_) {
      if (static_cast<double>(item.weight) >= rank) return item.key;
    }
    return sorted_.back().key;
  }

 private:
  struct Sample {
    int64_t time;
    WeightedKey item;
  };
  const SummaryOptions& options_;
  int64_t period_;
  std::deque<Sample> samples_;
  std::vector<WeightedKey> sorted_;  // weights cumulated
  uint64_t total_ = 0;
};

// A summary and its oracle, fed the same.
class Pair {
 public:
  explicit Pair(SummaryOptions options)
      : options_(std::move(options)), summary_(&options_), oracle_(options_) {}

  void Observe(double value, uint64_t weight, int64_t now) {
    summary_.Observe(value, weight, now);
    oracle_.Observe(value, weight, now);
    most_bytes_ = std::max(most_bytes_, summary_.MemoryBytes());
  }

  void Check(int64_t now) {
    std::vector<double> answers(options_.objectives.size());
    summary_.Quantiles(now, answers);
    oracle_.Look(now);
    for (size_t i = 0; i < answers.size(); ++i) {
      CAPTURE(now, oracle_.received(), options_.objectives[i].quantile, answers[i]);
      CheckAnswer(options_.objectives[i], answers[i]);
    }
  }

  Summary& summary() { return summary_; }
  size_t received() const { return oracle_.received(); }
  size_t most_bytes() const { return most_bytes_; }

 private:
  void CheckAnswer(const Objective& objective, double answer) const {
    const auto [quantile, error] = objective;
    if (oracle_.received() == 0) {
      REQUIRE(std::isnan(answer));
      return;
    }
    const OrderKey key = ToOrderKey(answer);
    if (oracle_.received() <= 500) {
      REQUIRE(key == oracle_.At(quantile));
      return;
    }
    CAPTURE(FromOrderKey(oracle_.At(quantile - error)), FromOrderKey(oracle_.At(quantile + error)));
    REQUIRE(oracle_.At(quantile - error) <= key);
    REQUIRE(key <= oracle_.At(quantile + error));
  }

  SummaryOptions options_;
  Summary summary_;
  Oracle oracle_;
  size_t most_bytes_ = 0;
};

SummaryOptions Options(std::vector<Objective> objectives = SummaryOptions().objectives,
                       uint32_t age_buckets = 5) {
  SummaryOptions options;
  options.objectives = std::move(objectives);
  options.max_age = std::chrono::seconds(600);
  options.age_buckets = age_buckets;
  return options;
}

// What the i-th sample of a stream is.
struct Stream {
  std::string name;
  std::function<double(Random&, int64_t i, int64_t now)> value;
  size_t bound = kBound;
};

int64_t PeriodOf(int64_t now) { return now / (120 * kSecond); }

const std::vector<Stream>& Streams() {
  static const std::vector<Stream> streams = {
      {"uniform", [](Random& r, int64_t, int64_t) { return Uniform(r); }},
      {"heavy tail", [](Random& r, int64_t, int64_t) { return 1 / (1e-9 + Uniform(r)); }},
      {"normal", [](Random& r, int64_t, int64_t) { return std::normal_distribution<>()(r); }},
      {"bimodal", [](Random& r, int64_t, int64_t) { return r() % 10 == 0 ? 1000 : Uniform(r); }},
      {"two values", [](Random& r, int64_t, int64_t) { return r() % 100 == 0 ? 7.0 : 3.0; }},
      {"few values", [](Random& r, int64_t, int64_t) { return static_cast<double>(r() % 20); }},
      {"constant", [](Random&, int64_t, int64_t) { return 0.1; }},
      {"ascending", [](Random&, int64_t i, int64_t) { return static_cast<double>(i); }},
      {"descending", [](Random&, int64_t i, int64_t) { return -static_cast<double>(i); }},
      {"outward", [](Random&, int64_t i, int64_t) { return i % 2 ? i * 1.0 : -1.0 * i; }},
      {"inward", [](Random&, int64_t i, int64_t) { return (i % 2 ? 1.0 : -1.0) / (1.0 + i); },
       kHostileBound},
      {"saw", [](Random&, int64_t i, int64_t) { return i % 1000 + i * 1e-6; }, kHostileBound},
      {"low, then high",
       [](Random& r, int64_t, int64_t now) { return Uniform(r) + (PeriodOf(now) >= 6 ? 10 : 0); }},
      {"high, then low",
       [](Random& r, int64_t, int64_t now) { return Uniform(r) - (PeriodOf(now) >= 6 ? 10 : 0); }},
      {"each period higher",
       [](Random& r, int64_t, int64_t now) { return Uniform(r) + PeriodOf(now); }},
      {"each period lower",
       [](Random& r, int64_t, int64_t now) { return Uniform(r) - PeriodOf(now); }},
      {"period by period",
       [](Random& r, int64_t, int64_t now) {
         return Uniform(r) + static_cast<double>(PeriodOf(now) * 7919 % 5);
       }},
      {"not finite",
       [](Random& r, int64_t, int64_t) {
         switch (r() % 10) {
           case 0:
             return kNan;
           case 1:
             return kInf;
           case 2:
             return -kInf;
           case 3:
             return -0.0;
           default:
             return Uniform(r) - 0.5;
         }
       }},
  };
  return streams;
}

using Weigh = std::function<uint64_t(Random&)>;

// `rate` samples a second for `seconds`, looked at about 25 times and at the period boundaries.
void Run(Pair* pair, const Stream& stream, const Weigh& weigh, double rate, int64_t begin,
         int64_t seconds, Random* random) {
  const auto count = static_cast<int64_t>(rate * static_cast<double>(seconds));
  int64_t last = begin;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t now = begin + static_cast<int64_t>(static_cast<double>(i) / rate * kSecond);
    if (PeriodOf(now) != PeriodOf(last)) {
      pair->Check(PeriodOf(now) * 120 * kSecond - 1);
      pair->Check(PeriodOf(now) * 120 * kSecond);
    }
    last = now;
    pair->Observe(stream.value(*random, i, now), weigh(*random), now);
    if (i % (count / 25 + 1) == 0) pair->Check(now);
  }
}

const Weigh kOne = [](Random&) -> uint64_t { return 1; };

TEST_CASE("the quantiles of few samples are their nearest ranks", "[quantile]") {
  const SummaryOptions options;
  Summary summary(&options);
  for (int value = 10; value >= 1; --value) summary.Observe(value, 1, kSecond);
  std::vector<double> out(3);
  summary.Quantiles(kSecond, out);
  CHECK(out == std::vector<double>{5, 9, 10});
  CHECK(summary.sum() == 55);
  CHECK(summary.count() == 10);
}

TEST_CASE("a weight counts as so many observations", "[quantile]") {
  const SummaryOptions options;
  Summary summary(&options);
  summary.Observe(1, 89, kSecond);
  summary.Observe(2, 10, kSecond);
  summary.Observe(3, 1, kSecond);
  summary.Observe(4, 0, kSecond);
  std::vector<double> out(3);
  summary.Quantiles(kSecond, out);
  CHECK(out == std::vector<double>{1, 2, 2});
  CHECK(summary.sum() == 112);
  CHECK(summary.count() == 100);
}

TEST_CASE("the count stays at its greatest value instead of wrapping", "[quantile]") {
  const SummaryOptions options;
  Summary summary(&options);
  summary.Observe(1, std::numeric_limits<uint64_t>::max() - 1, kSecond);
  summary.Observe(1, 5, kSecond);
  CHECK(summary.count() == std::numeric_limits<uint64_t>::max());
}

TEST_CASE("a summary with nothing in its window answers NaN and keeps sum and count",
          "[quantile]") {
  const SummaryOptions options;
  Summary summary(&options);
  std::vector<double> out(3);
  summary.Quantiles(kSecond, out);
  for (const double answer : out) CHECK(std::isnan(answer));
  for (int samples : {10, 100'000}) {
    const int64_t now = int64_t{samples} * 1000 * kSecond;
    for (int i = 0; i < samples; ++i) summary.Observe(2, 1, now);
    summary.Quantiles(now, out);
    CHECK(out == std::vector<double>{2, 2, 2});
    summary.Quantiles(now + 600 * kSecond, out);
    for (const double answer : out) CHECK(std::isnan(answer));
    CHECK(summary.MemoryBytes() < 120);
  }
  CHECK(summary.count() == 100'010);
  CHECK(summary.sum() == 200'020);
}

TEST_CASE("a summary that is let go forgets its window, keeps sum and count, and goes on",
          "[quantile]") {
  const SummaryOptions options;
  std::vector<double> values(options.objectives.size());
  for (const uint32_t samples : {1u, 300u, 5000u}) {
    Summary summary(&options);
    CHECK_FALSE(summary.LetGo());
    for (uint32_t i = 0; i < samples; ++i) summary.Observe(2, 1, kSecond);
    CHECK(summary.LetGo());
    CHECK_FALSE(summary.LetGo());
    summary.Quantiles(kSecond, values);
    for (const double value : values) CHECK(std::isnan(value));
    CHECK(summary.sum() == 2.0 * samples);
    CHECK(summary.count() == samples);
    CHECK(summary.MemoryBytes() < 200);
    summary.Observe(5, 1, 2 * kSecond);
    summary.Quantiles(2 * kSecond, values);
    for (const double value : values) CHECK(value == 5);
    CHECK(summary.count() == samples + 1);
  }
}

TEST_CASE("the quantiles stay within their errors for every stream and rate", "[quantile]") {
  for (const Stream& stream : Streams()) {
    for (const double rate : {0.2, 0.9, 3.0, 30.0}) {
      CAPTURE(stream.name, rate);
      Random random(1);
      Pair pair(Options());
      Run(&pair, stream, kOne, rate, 0, 1800, &random);
      CHECK(pair.most_bytes() <= stream.bound);
    }
  }
}

TEST_CASE("the quantiles stay within their errors for weighted samples", "[quantile]") {
  const std::vector<Weigh> weights = {
      [](Random&) { return 10; },
      [](Random& r) { return 1 + r() % 20; },
      [](Random& r) { return r() % 2 ? 1 : 100; },
      [](Random& r) { return r() % 50 ? 1 : 250; },
      [](Random&) { return 1000; },
      [](Random& r) { return r() % 3 ? 10 : 65'000; },
      [](Random& r) { return uint64_t{1} << r() % 24; },
      [](Random& r) { return r() % 300 ? 1 : 10'000'000; },
  };
  constexpr size_t narrow = 4;  // the first ones fit in a byte
  for (size_t i = 0; i < weights.size(); ++i) {
    for (const Stream& stream : Streams()) {
      for (const double rate : {0.5, 20.0}) {
        CAPTURE(stream.name, rate, i);
        Random random(2);
        Pair pair(Options());
        Run(&pair, stream, weights[i], rate, 0, 1300, &random);
        CHECK(pair.most_bytes() <= (i < narrow ? stream.bound : kHostileBound));
      }
    }
  }
}

TEST_CASE("the quantiles stay within their errors for any objectives", "[quantile]") {
  const std::vector<std::vector<Objective>> lists = {
      {{0, 0}, {1, 0}, {0.5, 0.01}},
      {{0, 0.01}, {1, 0.01}},
      {{0.001, 0.0005}, {0.999, 0.0002}},
      {{0.5, 0.001}},
      {{0.9, 0.2}, {0.5, 0.5}},
      {{0.99, 0.001}, {0.01, 0.001}, {0.25, 0.02}, {0.75, 0.02}, {0.5, 0.05}, {0.5, 0.05}},
      {},
  };
  for (const auto& objectives : lists) {
    for (const Stream& stream : Streams()) {
      CAPTURE(stream.name, objectives.size());
      Random random(3);
      Pair pair(Options(objectives));
      Run(&pair, stream, kOne, 10, 0, 900, &random);
    }
  }
}

TEST_CASE("the window follows any number of age buckets", "[quantile]") {
  for (const uint32_t age_buckets : {1u, 2u, 3u, 10u, 64u}) {
    for (const Stream& stream : Streams()) {
      for (const double rate : {0.8, 12.0}) {
        CAPTURE(age_buckets, stream.name, rate);
        Random random(4);
        Pair pair(Options(SummaryOptions().objectives, age_buckets));
        Run(&pair, stream, kOne, rate, 0, 1500, &random);
      }
    }
  }
}

TEST_CASE("more than 64 age buckets count as 64", "[quantile]") {
  const SummaryOptions options = Options(SummaryOptions().objectives, 1'000'000);
  Summary summary(&options);
  for (int64_t i = 0; i < 100'000; ++i) summary.Observe(1, 1, i * kSecond / 10);
  CHECK(summary.MemoryBytes() < 64 * 1200);
  std::vector<double> out(3);
  summary.Quantiles(10'000 * kSecond + 589 * kSecond, out);
  CHECK(out[0] == 1);
  summary.Quantiles(10'000 * kSecond + 600 * kSecond, out);
  CHECK(std::isnan(out[0]));
}

TEST_CASE("no age buckets count as one and no max_age as one nanosecond", "[quantile]") {
  SummaryOptions options = Options(SummaryOptions().objectives, 0);
  options.max_age = std::chrono::nanoseconds(0);
  Summary summary(&options);
  summary.Observe(1, 1, kSecond);
  std::vector<double> out(3);
  summary.Quantiles(kSecond, out);
  CHECK(out[0] == 1);
  summary.Quantiles(kSecond + 1, out);
  CHECK(std::isnan(out[0]));
}

TEST_CASE("a busy summary that falls quiet is exact again once the busy periods left",
          "[quantile]") {
  const Stream& uniform = Streams()[0];
  Random random(5);
  Pair pair(Options());
  Run(&pair, uniform, kOne, 100, 0, 400, &random);
  Run(&pair, uniform, kOne, 0.5, 400 * kSecond, 2000, &random);
  pair.Check(2399 * kSecond);
  CHECK(pair.received() <= 500);
  CHECK(pair.received() > 200);
  Run(&pair, uniform, kOne, 100, 2400 * kSecond, 300, &random);
}

TEST_CASE("random rates, weights, gaps and values keep the promise", "[quantile]") {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    const auto buckets = static_cast<uint32_t>(1 + random() % 7);
    Pair pair(Options(SummaryOptions().objectives, buckets));
    int64_t now = static_cast<int64_t>(random() % 1'000'000) * kSecond;
    for (int stretch = 0; stretch < 12; ++stretch) {
      const Stream& stream = Streams()[random() % Streams().size()];
      const double rate = std::exp(Uniform(random) * 7 - 4);
      const uint64_t most = random() % 2 ? 1 : 1 + random() % 1000;
      const auto seconds = static_cast<int64_t>(1 + random() % 300);
      CAPTURE(seed, buckets, stretch, stream.name, rate, most, seconds);
      Run(
          &pair, stream, [most](Random& r) { return 1 + r() % most; }, rate, now, seconds, &random);
      now += seconds * kSecond;
      if (random() % 4 == 0) now += static_cast<int64_t>(random() % 900) * kSecond;
      pair.Check(now);
    }
  }
}

TEST_CASE("time that goes back counts as the current period", "[quantile]") {
  const SummaryOptions options;
  Summary summary(&options);
  summary.Observe(1, 1, 1000 * kSecond);
  summary.Observe(2, 1, 10 * kSecond);
  std::vector<double> out(3);
  summary.Quantiles(500 * kSecond, out);
  CHECK(out == std::vector<double>{1, 2, 2});
}

TEST_CASE("ten million samples fit in 8 KB", "[quantile]") {
  for (const uint64_t weight : {1, 10}) {
    for (const int64_t gap : {40'000, 1'000'000}) {  // 25,000 and 1,000 samples a second
      const SummaryOptions options;
      Summary summary(&options);
      Random random(6);
      size_t most = 0;
      for (int64_t i = 0; i < 10'000'000; ++i) {
        summary.Observe(static_cast<double>(random() >> 11), weight, i * gap);
        if (i % 61 == 0) most = std::max(most, summary.MemoryBytes());
      }
      CAPTURE(weight, gap);
      CHECK(most <= kBound);
    }
  }
}

TEST_CASE("values that close in on one point stay within twice the memory", "[quantile]") {
  const SummaryOptions options;
  Summary summary(&options);
  size_t most = 0;
  for (int64_t i = 0; i < 3'000'000; ++i) {
    summary.Observe((i % 2 ? 1.0 : -1.0) / (1.0 + static_cast<double>(i)), 1, i * 50'000);
    if (i % 61 == 0) most = std::max(most, summary.MemoryBytes());
  }
  CHECK(most <= kHostileBound);
}

TEST_CASE("a summary that saw few samples is small", "[quantile]") {
  const SummaryOptions options;
  Summary summary(&options);
  for (int i = 0; i < 10; ++i) summary.Observe(i, 1, kSecond);
  CHECK(summary.MemoryBytes() <= 256);
}

TEST_CASE("hostile weights stay within their bounds", "[quantile]") {
  const SummaryOptions options;
  Summary summary(&options);
  for (int64_t i = 0; i < 300'000; ++i) {
    summary.Observe(static_cast<double>(i % 977), std::numeric_limits<uint64_t>::max(), kSecond);
  }
  CHECK(summary.MemoryBytes() <= kHostileBound);
  std::vector<double> out(3);
  summary.Quantiles(kSecond, out);
  CHECK(std::abs(out[0] - 488) <= 49);
  CHECK(std::abs(out[2] - 967) <= 1);
}

}  // namespace
}  // namespace weir
