#include "common/key.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/parser.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

using namespace std::string_view_literals;

std::string Key(Placement placement, std::string_view line, NameEnd name_end = NameEnd::kFirst) {
  KeyReader reader(placement, name_end, KeyMode::kName);
  return std::string(reader.KeyOf(line));
}

std::string Name(std::string_view line) { return Key(Placement::kSlots, line); }

std::string Series(std::string_view line) {
  KeyReader reader(Placement::kSlots, NameEnd::kFirst, KeyMode::kSeries);
  return std::string(reader.KeyOf(line));
}

TEST_CASE("most routers hash what comes before the first colon, whatever it is", "[key]") {
  for (const Placement placement :
       {Placement::kKetama, Placement::kEtsy, Placement::kEtsy07, Placement::kHulu}) {
    CHECK(Key(placement, "foo:1|c") == "foo");
    CHECK(Key(placement, "a:b:1|c") == "a");
    CHECK(Key(placement, "a,b=c[d=e]#f=g:1|c") == "a,b=c[d=e]#f=g");
    CHECK(Key(placement, "_e{5,4}:title|text") == "_e{5,4}");
    CHECK(Key(placement, "_sc|disk|0") == "_sc|disk|0");
    CHECK(Key(placement, "nocolon|c") == "nocolon|c");
    CHECK(Key(placement, "a\0b:1|c"sv) == "a\0b"sv);
    CHECK(Key(placement, "a\xFF:1|c") == "a\xFF");
    CHECK(Key(placement, ":1|c") == "");
    CHECK(Key(placement, "") == "");
  }
}

TEST_CASE("uber's statsrelay hashes up to the first colon or NUL", "[key]") {
  CHECK(Key(Placement::kStatsrelay, "a:b:1|c") == "a");
  CHECK(Key(Placement::kStatsrelay, "a\0b:1|c"sv) == "a");
  CHECK(Key(Placement::kStatsrelay, "ab:1\0|c"sv) == "ab");
  CHECK(Key(Placement::kStatsrelay, "nocolon|c") == "nocolon|c");
}

TEST_CASE("lyft's statsrelay hashes up to the last colon before the first bar", "[key]") {
  const auto key = [](std::string_view line) {
    return Key(Placement::kStatsrelay, line, NameEnd::kLast);
  };
  CHECK(key("foo:1|c") == "foo");
  CHECK(key("a:b:1|c") == "a:b");
  CHECK(key("n:1:2|c") == "n:1");
  CHECK(key("n:1|c|#k:v") == "n");
  CHECK(key("a\0b:1|c"sv) == "a\0b"sv);
  CHECK(key("_e{5,4}:title|text") == "_e{5,4}");
  CHECK(key("nocolon|c:d") == "nocolon|c:d");
  CHECK(key("") == "");
}

TEST_CASE("slots goes by the name without its tags", "[key]") {
  CHECK(Name("foo:1|c") == "foo");
  CHECK(Name("foo:1|c|@0.1|#k:v|c:id|T12") == "foo");
  CHECK(Name("foo,k=v,l=w:1|c") == "foo");
  CHECK(Name("foo#k=v:1|c") == "foo");
  CHECK(Name("foo[k=v]:1|c") == "foo");
  CHECK(Name("foo[k=v].bar:1|c") == "foo.bar");
  CHECK(Name("a:b:1|c") == "a");
  CHECK(Name(",k=v:1|c") == "");
  CHECK(Name("nocolon") == "nocolon");
  CHECK(Name("_under.score:1|c") == "_under.score");
  CHECK(Name("") == "");
}

TEST_CASE("a bracket without another is part of the name, as in the exporter", "[key]") {
  CHECK(Name("foo[k=v:1|c") == "foo[k=v");
  CHECK(Name("foo]:1|c") == "foo]");
}

TEST_CASE("events go by their title, service checks by their name", "[key]") {
  for (const auto key : {Name, Series}) {
    CHECK(key("_e{5,4}:title|text|#k:v") == "title");
    CHECK(key("_e{3,4}:a:b|text") == "a:b");
    CHECK(key("_sc|disk.full|2|#k:v|m:oh no") == "disk.full");
  }
}

TEST_CASE("what only looks like an event or a check goes by its name", "[key]") {
  CHECK(Name("_e{9,9}:title|text") == "_e{9");
  CHECK(Name("_sc|disk|9:1|c") == "_sc|disk|9");
}

TEST_CASE("a series is its name and its tags", "[key]") {
  CHECK(Series("foo:1|c") == "foo");
  CHECK(Series("foo:1|c|#k:v") == "foo\nk\nv");
  CHECK(Series("foo:1|c|#k:v,a:b") == "foo\na\nb\nk\nv");
  CHECK(Series("foo:1|c|#k:v:w") == "foo\nk\nv:w");
  CHECK(Series("foo[k=v].bar:1|c") == "foo.bar\nk\nv");
  CHECK(Series("foo:1|c|#k:v") != Series("foo:1|c|#k:w"));
  CHECK(Series("foo:1|c|#ab:c") != Series("foo:1|c|#a:bc"));
  CHECK(Series("foo:1|c|#k:v") != Series("foo2:1|c|#k:v"));
}

TEST_CASE("tags of all kinds and in any order make one series", "[key]") {
  std::vector<std::string> tags = {"a", "b", "bb", "c"};
  const std::string key = "foo\na\n1\nb\n1\nbb\n1\nc\n1";
  do {
    std::string inline_tags;
    std::string field;
    for (const std::string& tag : tags) {
      inline_tags += (inline_tags.empty() ? "" : ",") + tag + "=1";
      field += (field.empty() ? "" : ",") + tag + ":1";
    }
    REQUIRE(Series("foo," + inline_tags + ":1|c") == key);
    REQUIRE(Series("foo#" + inline_tags + ":1|c") == key);
    REQUIRE(Series("foo[" + inline_tags + "]:1|c") == key);
    REQUIRE(Series("foo:1|c|#" + field) == key);
  } while (std::next_permutation(tags.begin(), tags.end()));
}

TEST_CASE("value, type, rate, time and container are no part of a series", "[key]") {
  const std::string key = Series("foo:1|c|#k:v");
  CHECK(Series("foo:2|c|#k:v") == key);
  CHECK(Series("foo:1:2:3|ms|#k:v") == key);
  CHECK(Series("foo:1|c|@0.1|#k:v") == key);
  CHECK(Series("foo:1|c|#k:v|@0.1") == key);
  CHECK(Series("foo:1|c|#k:v|c:83c0a99c|T1656581400") == key);
  CHECK(Series("foo:1|c|T1656581400|c:83c0a99c|#k:v|e:it-false") == key);
  CHECK(Series("foo:1|c|@0.1|c:83c0a99c") == "foo");
}

TEST_CASE("of a tag that is sent twice the last one counts, as in the exporter", "[key]") {
  CHECK(Series("foo:1|c|#k:v,a:b,k:w") == "foo\na\nb\nk\nw");
  CHECK(Series("foo,k=v,k=u:1|c|#k:w") == "foo\nk\nw");
  CHECK(Series("foo:1|c|#k:v|@1|#k:w") == "foo\nk\nw");
}

TEST_CASE("tags that say nothing count for nothing", "[key]") {
  CHECK(Series("foo:1|c|#") == "foo");
  CHECK(Series("foo:1|c|#,,") == "foo");
  CHECK(Series("foo:1|c|#lone,k:,:v") == "foo");
}

TEST_CASE("lines of all lengths and with many tags have keys of their own", "[key]") {
  KeyReader reader(Placement::kSlots, NameEnd::kFirst, KeyMode::kSeries);
  std::string forth = "foo:1|c|#t0:v";
  std::string back = "t0:v";
  for (int i = 1; i < 5000; ++i) {
    const std::string tag = "t" + std::to_string(i) + ":v";
    forth += "," + tag;
    back = tag + "," + back;
  }
  const std::string key(reader.KeyOf(forth));
  CHECK(std::count(key.begin(), key.end(), '\n') == 10000);
  CHECK(reader.KeyOf("foo:1|c|#" + back) == key);
  CHECK(reader.KeyOf("foo:1|c|#k:v") == "foo\nk\nv");
}

TEST_CASE("a key of 32 tags is written where the one before was", "[key]") {
  KeyReader reader(Placement::kSlots, NameEnd::kFirst, KeyMode::kSeries);
  std::string line = "foo:1|c|#";
  for (int i = 0; i < 32; ++i) line += "some.longer.tag" + std::to_string(i) + ":value,";
  const char* const memory = reader.KeyOf("foo:1|c|#k:v").data();
  CHECK(reader.KeyOf(line).data() == memory);
}

TEST_CASE("any bytes make a key", "[key]") {
  for (const Placement placement :
       {Placement::kSlots, Placement::kEtsy, Placement::kHulu, Placement::kStatsrelay}) {
    for (const KeyMode mode : {KeyMode::kName, KeyMode::kSeries}) {
      if (placement != Placement::kSlots && mode == KeyMode::kSeries) continue;
      KeyReader first(placement, NameEnd::kFirst, mode);
      KeyReader last(placement, NameEnd::kLast, mode);
      constexpr std::string_view kBytes =
          ":|#,=[]_e{}sc@\0\xFF\xC3"
          "1a"sv;
      uint32_t random = 1;
      for (int round = 0; round < 20000; ++round) {
        std::string line;
        for (int i = round % 24; i > 0; --i) {
          random = random * 1664525 + 1013904223;
          line += kBytes[(random >> 16) % kBytes.size()];
        }
        const std::string key(first.KeyOf(line));
        REQUIRE(first.KeyOf(line) == key);
        REQUIRE(key.size() <= line.size() + 1);
        REQUIRE(last.KeyOf(line).size() <= line.size() + 1);
      }
    }
  }
}

// Of the first sample of a line, as the exporter has it.
std::string KeyOfFirstSample(KeyReader* reader, std::string_view line) {
  ParseCounters counters;
  LineReader lines(ParserOptions(), &counters);
  Sample sample;
  REQUIRE(lines.Open(line) == LineVerdict::kSampled);
  REQUIRE(lines.Next(&sample));
  return std::string(reader->KeyOfSample(
      sample.name, std::span(sample.label_fields).first(sample.label_field_count)));
}

TEST_CASE("the key of a sample is that of its line", "[key]") {
  const std::string_view lines[] = {
      "a.b:1|c",      "a,x=1,y=2:1|g",        "a#y=2,x=1:1|g",
      "p[x=1]q:1|ms", "a:1|c|#y:2,x:1",       "a:1|c|@0.5|#y:2,x:1|c:id",
      "a:1|c:2|g",    "a:1|g|c:id|#x:1|T123", "a\0b:1|c"sv,
  };
  for (const std::string_view line : lines) {
    INFO(line);
    for (const KeyMode mode : {KeyMode::kName, KeyMode::kSeries}) {
      KeyReader reader(Placement::kSlots, NameEnd::kFirst, mode);
      CHECK(KeyOfFirstSample(&reader, line) == std::string(reader.KeyOf(line)));
    }
    for (const Placement placement : {Placement::kEtsy, Placement::kHulu, Placement::kStatsrelay}) {
      KeyReader reader(placement, NameEnd::kFirst, KeyMode::kName);
      CHECK(KeyOfFirstSample(&reader, line) == std::string(reader.KeyOf(line)));
    }
  }
}

TEST_CASE("lyft's statsrelay hashes packed values, which a sample does not tell", "[key]") {
  KeyReader reader(Placement::kStatsrelay, NameEnd::kLast, KeyMode::kName);
  CHECK(KeyOfFirstSample(&reader, "n:1|c") == "n");
  CHECK(KeyOfFirstSample(&reader, "n:1:2|c") == "n");
  CHECK(reader.KeyOf("n:1:2|c") == "n:1");
}

}  // namespace
}  // namespace weir
