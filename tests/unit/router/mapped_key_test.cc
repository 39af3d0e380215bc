// The operators replaced here count what a key allocates; they serve the whole test program.
#include "router/mapped_key.h"

#include <malloc.h>

#include <cstdlib>
#include <map>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/key.h"
#include "common/parser.h"
#include "common/tags.h"
#include "tests/support/catch.h"
#include "tests/support/line_mix.h"
#include "tests/support/mapper_of.h"

namespace {
thread_local uint64_t allocations = 0;
}  // namespace

// The other forms of new and delete come to these. Not inlined: the compiler would see free() meet
// operator new.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace weir {
namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view kRules = R"(
mappings:
- match: "app.*.requests"
  name: "requests"
  labels: {app: "$1"}
- match: "*.app.hits"
  name: "requests"
  labels: {app: "$1"}
- match: "old\\.(\\w+)\\.requests"
  match_type: regex
  name: "requests"
  labels: {app: "$1"}
- match: "typed.*"
  match_metric_type: counter
  name: "typed_total"
- match: "typed.*"
  match_metric_type: gauge
  name: "typed_now"
  labels: {who: "$1"}
- match: "typed.*"
  match_metric_type: observer
  name: "typed_seconds"
- match: "noise.*"
  name: "dropped"
  action: drop
- match: "hosts.*"
  name: "hosts"
  drop_labels: [host]
)";

struct Fixture {
  explicit Fixture(std::string_view rules = kRules, size_t memo_entries = KeyMemo::kUsualEntries)
      : keys(MakeMappedKey(rules.empty() ? std::make_shared<Mapper>() : MapperOf(rules),
                           memo_entries)) {}

  std::string KeyOf(std::string_view line) { return std::string(keys->KeyOf(line)); }
  // The one key of all of them, at first sight and later.
  std::string SharedKey(const Texts& lines) {
    const std::string key = KeyOf(lines[0]);
    for (int round = 0; round < 2; ++round) {
      for (const std::string& line : lines) {
        CAPTURE(line);
        CHECK(KeyOf(line) == key);
      }
    }
    return key;
  }

  std::unique_ptr<LineKey> keys;
};

// What `key: name` makes of it.
std::string NameKey(std::string_view line) {
  KeyReader reader(Placement::kSlots, NameEnd::kFirst, KeyMode::kName);
  return std::string(reader.KeyOf(line));
}

TEST_CASE("names that rules map to one series have one key", "[mapped-key]") {
  Fixture f;
  const std::string shop =
      f.SharedKey({"app.shop.requests:1|c", "shop.app.hits:1|c", "old.shop.requests:2|c",
                   "requests:1|c|#app:shop", "requests,app=shop:1|c", "app.shop.requests:-1|g"});
  CHECK(shop.size() == 16);
  CHECK(shop.find_first_not_of("0123456789abcdef") == shop.npos);
  CHECK(f.KeyOf("app.blog.requests:1|c") != shop);
  CHECK(f.KeyOf("requests:1|c") != shop);
  CHECK(f.KeyOf("app.shop.requests:1|c|#env:prod") != shop);
}

TEST_CASE("the key is the hash of family and labels, the same on every machine", "[mapped-key]") {
  Fixture f;
  // XXH3-64, computed elsewhere, of requests LF app LF shop LF env LF e LF zone LF z, and of
  // plain_name.
  CHECK(f.KeyOf("app.shop.requests:1|c|#zone:z,env:e") == "18442f55b70cd373");
  CHECK(f.KeyOf("plain.name:1|c") == "30c86c32d400752b");
}

TEST_CASE("tags have one key in any order and of any kind, and the last of equal ones counts",
          "[mapped-key]") {
  Fixture f("");
  f.SharedKey({"a.b:1|c|#x:1,y:2", "a.b:2|c|@0.1|#y:2,x:1", "a.b,x=1,y=2:1|c", "a.b#y=2,x=1:1|c",
               "a.b[x=1,y=2]:1|g", "a.b:1|ms|#y:2,x:1|T1656581400", "a_b:1|c|#x:1,y:2",
               "a.b:1|c|#x:0,y:2,x:1", "a.b:1|c|#bad,x:1,y:2,:v,k:"});
  CHECK(f.KeyOf("a.b:1|c|#x:1,y:2") != f.KeyOf("a.b:1|c|#x:2,y:1"));
  CHECK(f.KeyOf("a.b:1|c|#x:1") != f.KeyOf("a.b:1|c|#y:1"));
  CHECK(f.KeyOf("a.b:1|c|#x-y:1") == f.KeyOf("a.b:1|c|#x_y:1"));
}

TEST_CASE("a container id is a label, a rate and a time are not", "[mapped-key]") {
  Fixture f("");
  CHECK(f.KeyOf("a:1|c|c:id") != f.KeyOf("a:1|c"));
  CHECK(f.KeyOf("a:1|c|c:id") == f.KeyOf("a:1|c|#container_id:id"));
  CHECK(f.KeyOf("a:1|c|@0.5|T1656581400") == f.KeyOf("a:1|c"));
}

TEST_CASE("without rules names that escape to one have one key", "[mapped-key]") {
  Fixture f("");
  f.SharedKey({"a.b:1|c", "a_b:1|c", "a-b:1|g", "a.b:5:6|c"});
  CHECK(f.KeyOf("a.b:1|c") != f.KeyOf("ab:1|c"));
}

TEST_CASE("labels that a rule drops decide nothing", "[mapped-key]") {
  Fixture f;
  f.SharedKey({"hosts.a:1|c|#host:x", "hosts.a:1|c|#host:y", "hosts.b:1|c"});
}

TEST_CASE("rules that match by type tell lines of one name apart", "[mapped-key]") {
  Fixture f;
  const std::set<std::string> keys = {f.KeyOf("typed.a:1|c"), f.KeyOf("typed.a:1|g"),
                                      f.KeyOf("typed.a:1|ms")};
  CHECK(keys.size() == 3);
  f.SharedKey({"typed.a:1|g", "typed.a:member|s"});
  f.SharedKey({"typed.a:1|ms", "typed.b:1|h", "typed.c:1|d"});
}

TEST_CASE("a line of several samples goes by its first good one", "[mapped-key]") {
  Fixture f;
  f.SharedKey({"typed.a:1|c", "typed.a:1|c:2|g", "typed.a:x|g:1|c:2|ms", "typed.a:1:2:3|c"});
  f.SharedKey({"typed.a:1|g", "typed.a:2|g:1|c"});
}

TEST_CASE("what no series comes of goes by its name", "[mapped-key]") {
  Fixture f;
  for (const std::string_view line :
       {"noise.a:1|c", "noise.a,x=y:1|c", "_e{5,4}:title|text", "_e{5,4}:title|text|#a:b",
        "_sc|check.name|0", "_sc|check.name|2|#a:b", "no.colon", "no.type:1", ":1|c", "a:1|zzz",
        "a:x|c", "a:1|h|@2", "a,x=1:1|c|#y:2", "a\xff:1|c", "", "|", ":", ",a=b:1|c"}) {
    CAPTURE(line);
    for (int round = 0; round < 2; ++round) CHECK(f.KeyOf(line) == NameKey(line));
  }
}

TEST_CASE("thousands of tags have one key in any order", "[mapped-key]") {
  Fixture f;
  std::string tags;
  std::string reversed;
  for (int i = 0; i < 4000; ++i) {
    const std::string tag = "k" + std::to_string(i) + ":v";
    tags += tag + ",";
    reversed.insert(0, tag + ",");
  }
  f.SharedKey({"a:1|c|#" + tags, "a:1|c|#" + reversed});
}

// What the exporter makes of the line's first good sample; empty: nothing.
std::string SeriesOf(const Mapper& mapper, std::string_view line) {
  ParseCounters counters;
  LineReader reader(ParserOptions(), &counters);
  Sample sample;
  if (reader.Open(line) != LineVerdict::kSampled || !reader.Next(&sample)) return "";
  const EventKind kind = sample.type == SampleType::kCounter    ? EventKind::kCounter
                         : sample.type == SampleType::kObserver ? EventKind::kObserver
                                                                : EventKind::kGauge;
  MetricName name;
  ReadTags(ParserOptions(), sample.name,
           std::span(sample.label_fields).first(sample.label_field_count), &name);
  Resolution resolution;
  mapper.Resolve(name.name, kind, name.tags, &resolution);
  std::string text = resolution.family;
  for (const Label& label : resolution.labels) text += "\n" + label.name + "\n" + label.value;
  return text;
}

TEST_CASE("lines of one series have one key, those of others another, with any memory",
          "[mapped-key]") {
  const auto mapper = MapperOf(R"(
mappings:
- match: "t*.n*"
  match_metric_type: counter
  name: "counted_$2"
  labels: {type: "$1"}
- match: "t2.*"
  name: "timed"
- match: "t4.n1*"
  name: "dropped"
  action: drop
)");
  const auto keys = MakeMappedKey(mapper);
  const auto forgetful = MakeMappedKey(mapper, KeyMemo::kWays);
  LineMix mix(7);
  std::map<std::string, std::string> key_of;
  std::set<std::string> distinct;
  for (int i = 0; i < 20'000; ++i) {
    const std::string line = mix.AnyLine();
    const std::string series = SeriesOf(*mapper, line);
    const std::string key(keys->KeyOf(line));
    CAPTURE(line, series);
    REQUIRE(forgetful->KeyOf(line) == key);
    if (series.empty()) {
      REQUIRE(key == NameKey(line));
      continue;
    }
    const auto [known, is_new] = key_of.emplace(series, key);
    REQUIRE(known->second == key);
    distinct.insert(key);
  }
  CHECK(key_of.size() > 100);
  CHECK(distinct.size() == key_of.size());
}

TEST_CASE("names without end cost no more memory than the first of them", "[mapped-key]") {
  Fixture f;
  const auto pass = [&](const std::string& prefix) {
    for (int i = 0; i < 300'000; ++i) {
      f.keys->KeyOf(prefix + std::to_string(i) + ".requests:1|c|#zone:z" + std::to_string(i % 7));
    }
  };
  pass("app.");
  const size_t before = mallinfo2().uordblks;
  pass("name.");
  pass("app.x");
  CHECK(mallinfo2().uordblks < before + 65'536);
}

TEST_CASE("a line that was seen before allocates nothing", "[mapped-key]") {
  Fixture f;
  const Texts lines = {"app.shop.requests:1|c",
                       "plain:320|ms",
                       "plain:1|c|@0.1|#zone:europe-west-1,environment:production,host:web-17",
                       "plain,zone=europe-west-1,environment=production,host=web-17:1|c",
                       "plain#zone=europe-west-1,host=web-17:1|g",
                       "plain[zone=europe-west-1,host=web-17].rest:1|g",
                       "plain:1|c|c:0123456789abcdef|T1656581400|e:x",
                       "packed:1:2:3|c|#a:b",
                       "several:1|c:2|g",
                       "users:member|s",
                       "noise.x:1|c",
                       "noise.x,host=web-17:1|c",
                       "_e{5,4}:title|text",
                       "_sc|check|0",
                       "malformed",
                       "bad.value:1o|c"};
  for (const std::string& line : lines) f.keys->KeyOf(line);
  const uint64_t before = allocations;
  for (int i = 0; i < 1000; ++i) {
    for (const std::string& line : lines) f.keys->KeyOf(line);
  }
  CHECK(allocations == before);
  // And what is counted is real.
  const std::string new_line = "app.other.requests:1|c|#zone:" + std::string(100, 'x');
  const uint64_t again = allocations;
  f.keys->KeyOf(new_line);
  CHECK(allocations > again);
}

}  // namespace
}  // namespace weir
