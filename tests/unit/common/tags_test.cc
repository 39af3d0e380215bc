#include "common/tags.h"

#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

using Tags = std::vector<Tag>;
using Fields = std::vector<std::string_view>;

MetricName Read(std::string_view raw_name, const Fields& fields = {},
                const ParserOptions& options = {}) {
  MetricName name;
  name.name = "left over";
  name.tags = {{"left", "over"}};
  name.name_tag_errors = name.field_tag_errors = 99;
  ReadTags(options, raw_name, fields, &name);
  const TagTally in_name = TallyNameTags(options, raw_name);
  const TagTally in_fields = TallyFieldTags(fields);
  CHECK(in_name.tags + in_fields.tags == name.tags.size());
  CHECK(in_name.errors == name.name_tag_errors);
  CHECK(in_fields.errors == name.field_tag_errors);
  return name;
}

TEST_CASE("a name without tags is its own", "[tags]") {
  const MetricName name = Read("app.requests");
  CHECK(name.name == "app.requests");
  CHECK(name.tags.empty());
  CHECK(name.name_tag_errors == 0);
  CHECK(name.field_tag_errors == 0);
}

TEST_CASE("InfluxDB and Librato tags follow the name", "[tags]") {
  for (const std::string_view raw : {"foo,a=b,c=d", "foo#a=b,c=d"}) {
    CHECK(Read(raw).name == "foo");
    CHECK(Read(raw).tags == Tags{{"a", "b"}, {"c", "d"}});
  }
  CHECK(Read("foo,a=b#c=d").tags == Tags{{"a", "b#c=d"}});
  CHECK(Read("foo,a=b=c").tags == Tags{{"a", "b=c"}});
  CHECK(Read(",a=b").name.empty());
}

TEST_CASE("SignalFX tags stand anywhere in the name, and then no others do", "[tags]") {
  CHECK(Read("foo.[a=b,c=d]bar").name == "foo.bar");
  CHECK(Read("foo.[a=b,c=d]bar").tags == Tags{{"a", "b"}, {"c", "d"}});
  CHECK(Read("foo[a=b]bar[c=d]").name == "foobar[c=d]");
  CHECK(Read("foo,x=y[a=b]").name == "foo,x=y");
  CHECK(Read("foo,x=y[a=b]").tags == Tags{{"a", "b"}});
}

TEST_CASE("a bracket without its partner is one error and the name stays whole", "[tags]") {
  for (const std::string_view raw : {"foo[a=b", "foo,a=b]", "a]b[c", "][", "]", "["}) {
    CAPTURE(raw);
    const MetricName name = Read(raw);
    CHECK(name.name == raw);
    CHECK(name.tags.empty());
    CHECK(name.name_tag_errors == 1);
  }
}

TEST_CASE("bad tags are skipped and counted, nothing after the last comma is none", "[tags]") {
  CHECK(Read("foo,a,=b,c=,d=e,").name_tag_errors == 3);
  CHECK(Read("foo,a,=b,c=,d=e,").tags == Tags{{"d", "e"}});
  CHECK(Read("foo,").name_tag_errors == 0);
  CHECK(Read("foo[]").name_tag_errors == 0);
  CHECK(Read("foo[,]").name_tag_errors == 1);
  CHECK(Read("foo", {"#a,b:,:c,d:e,"}).field_tag_errors == 3);
  CHECK(Read("foo", {"#"}).field_tag_errors == 0);
  CHECK(Read("foo", {"#,,"}).field_tag_errors == 2);
}

TEST_CASE("DogStatsD tags keep later colons and lose one leading hash", "[tags]") {
  CHECK(Read("foo", {"#a:b:c,#d:e,##f:g"}).tags == Tags{{"a", "b:c"}, {"d", "e"}, {"#f", "g"}});
  CHECK(Read("foo", {"#t=a:b"}).tags == Tags{{"t=a", "b"}});
}

TEST_CASE("tags come in the order sent, those of the name first", "[tags]") {
  CHECK(Read("foo,a=b", {"c:id"}).tags == Tags{{"a", "b"}, {"container_id", "id"}});
  CHECK(Read("foo", {"#container_id:x", "c:sha256:y", "#a:b"}).tags ==
        Tags{{"container_id", "x"}, {"container_id", "sha256:y"}, {"a", "b"}});
  CHECK(Read("foo", {"#a:b,a:c"}).tags == Tags{{"a", "b"}, {"a", "c"}});
}

TEST_CASE("the characters of a dialect that is off stand for themselves", "[tags]") {
  ParserOptions options;
  options.influxdb = false;
  CHECK(Read("foo,a=b#c=d", {}, options).name == "foo,a=b");
  CHECK(Read("foo,a=b#c=d", {}, options).tags == Tags{{"c", "d"}});
  options = {};
  options.librato = false;
  CHECK(Read("foo#x,a=b", {}, options).name == "foo#x");
  options = {};
  options.signalfx = false;
  CHECK(Read("foo[a=b,c=d]", {}, options).name == "foo[a=b");
  CHECK(Read("foo[a=b,c=d]", {}, options).tags == Tags{{"c", "d]"}});
}

}  // namespace
}  // namespace weir
