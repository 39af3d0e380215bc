#include "mapping/mapper.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/mapping/mapping_fixture.h"

namespace weir {
namespace {

using Lines = std::vector<std::string>;
using Tags = std::vector<Tag>;

std::string With(const Loaded& loaded, const Tags& tags, std::string_view name = "a") {
  return Resolved(*loaded.mapper, name, EventKind::kCounter, tags);
}

TEST_CASE("captures fill names and labels, and a name is escaped once filled", "[mapper]") {
  const Loaded loaded = LoadText(R"(mappings:
- match: m.*
  name: $1
- match: total.*
  name: ${1}_total
- match: whole.*
  name: x_$0
  labels: {raw: $0, brace: "${0}!"}
- match: '*.*'
  name: two
  labels: {third: $3, job: $1-$2-$3}
- match: a.b.c
  match_type: regex
  name: $0
  labels: {raw: $0}
- {match: '.*_bar', match_type: regex, name: "${1}"}
)");
  CHECK(Resolved(*loaded.mapper, "m.9x") == "_9x {}");
  CHECK(Resolved(*loaded.mapper, "m.--y") == "_y {}");
  CHECK(Resolved(*loaded.mapper, "m.z--z") == "z_z {}");
  CHECK(Resolved(*loaded.mapper, "m.") == "empty");
  CHECK(Resolved(*loaded.mapper, "total.") == "_total {}");
  CHECK(Resolved(*loaded.mapper, "whole.a-b") ==
        "x_whole_a_b {brace=\"whole.a-b!\",raw=\"whole.a-b\"}");
  CHECK(Resolved(*loaded.mapper, "foo.bar") == "two {job=\"foo-bar-\",third=\"\"}");
  CHECK(Resolved(*loaded.mapper, "x.a.b.c") == "a_b_c {raw=\"a.b.c\"}");
  CHECK(Resolved(*loaded.mapper, "foo_bar") == "empty");
  CHECK(Resolved(*loaded.mapper, "") == "empty");
}

TEST_CASE("partial wildcards capture what their star stood for", "[mapper]") {
  const Loaded loaded = LoadText(R"(mappings:
- {match: jobs.foo_*.*-worker, name: jobs, labels: {job: $1, worker: $2}}
)");
  CHECK(Resolved(*loaded.mapper, "jobs.foo_a.big-worker") == "jobs {job=\"a\",worker=\"big\"}");
  CHECK(Resolved(*loaded.mapper, "jobs.bar_a.big-worker").starts_with("unmapped"));
}

TEST_CASE("twelve stars and a trailing dot capture twelve texts, the last one empty", "[mapper]") {
  const Loaded loaded = LoadText(
      "mappings: [{match: 'request_time.*.*.*.*.*.*.*.*.*.*.*.*', name: r, "
      "labels: {last: $12, first: '$1'}}]");
  CHECK(Resolved(*loaded.mapper, "request_time.a.b.c.d.e.f.g.h.i.j.k.") ==
        "r {first=\"a\",last=\"\"}");
}

TEST_CASE("globs come before regular expressions, each in file order", "[mapper]") {
  const Loaded loaded = LoadText(R"(mappings:
- {match: ., match_type: regex, name: dropped, action: drop}
- {match: app.*, name: first}
- {match: app.b, name: second}
- {match: app, match_type: regex, name: late}
)");
  CHECK(Resolved(*loaded.mapper, "app.b") == "first {}");
  CHECK(Resolved(*loaded.mapper, "app.b.c") == "drop");
  CHECK(Resolved(*loaded.mapper, "other") == "drop");
  Resolution resolution;
  loaded.mapper->Resolve("other", EventKind::kGauge, {}, &resolution);
  REQUIRE(resolution.rule != nullptr);
  CHECK(resolution.rule->line == 2);
  CHECK(std::filesystem::path(resolution.rule->file).filename() == "m.yml");
}

TEST_CASE("a resolution is filled anew each time", "[mapper]") {
  const Loaded loaded = LoadText(R"(mappings:
- {match: a, name: b, labels: {aa: x}, ttl: 5s, scale: 2, help: text}
- {match: d, name: d, action: drop}
)");
  Resolution reused;
  for (std::string_view name : {"a", "d", "u", "", "a", "u"}) {
    Resolution fresh;
    loaded.mapper->Resolve(name, EventKind::kObserver, Tags{{"t", "v"}}, &fresh);
    loaded.mapper->Resolve(name, EventKind::kObserver, Tags{{"t", "v"}}, &reused);
    INFO(name);
    CHECK(Describe(reused, EventKind::kObserver) == Describe(fresh, EventKind::kObserver));
    CHECK(reused.rule == fresh.rule);
    CHECK(reused.family == fresh.family);
  }
}

TEST_CASE("tags are escaped, sorted and unique; of equal names the last one stays", "[mapper]") {
  const Loaded loaded = LoadText("");
  CHECK(With(loaded, {{"z", "1"}, {"a.b", "2"}, {"9", "3"}, {"a-b", "4"}, {"m", "5"}}) ==
        "unmapped a {_9=\"3\",a_b=\"4\",m=\"5\",z=\"1\"}");
}

TEST_CASE("a rule's labels win over tags, unless it honours them", "[mapper]") {
  const Loaded rule = LoadText("mappings: [{match: a, name: b, labels: {host: rule, zone: z}}]");
  CHECK(With(rule, {{"host", "tag"}, {"x", "y"}}) == "b {host=\"rule\",x=\"y\",zone=\"z\"}");
  const Loaded tags = LoadText(
      "mappings: [{match: a, name: b, honor_labels: yes, labels: {host_name: rule, zone: z}}]");
  CHECK(With(tags, {{"host.name", "tag"}}) == "b {host_name=\"tag\",zone=\"z\"}");
  CHECK(With(tags, {{"x", "y"}}) == "b {host_name=\"rule\",x=\"y\",zone=\"z\"}");
}

TEST_CASE("match_labels leaves a rule out unless every tag is there and fits", "[mapper]") {
  const Loaded loaded = LoadText(R"(mappings:
- {match: a, name: prod, match_labels: {env: prod-*, host.name: '*'}}
- {match: a, name: dev, match_labels: {env: dev}}
- {match: a, match_type: regex, name: any_env, match_labels: {env: '*'}}
- {match: a, match_type: regex, name: rest}
)");
  CHECK(With(loaded, {{"env", "prod-1"}, {"host.name", "x"}}).starts_with("prod {"));
  CHECK(With(loaded, {{"env", "prod-1"}, {"host_name", "x.y"}}).starts_with("prod {"));
  CHECK(With(loaded, {{"env", "prod-1"}}).starts_with("any_env {"));
  CHECK(With(loaded, {{"env", "dev"}}).starts_with("dev {"));
  CHECK(With(loaded, {{"env", "development"}}).starts_with("any_env {"));
  CHECK(With(loaded, {}).starts_with("rest {"));
}

TEST_CASE("drop_labels and rename_labels change tags, never the rule's own labels", "[mapper]") {
  const Loaded loaded = LoadText(R"(mappings:
- match: a
  name: b
  drop_labels: [pod.id, host]
  rename_labels: {env: environment, b: c}
  labels: {host: rule}
)");
  CHECK(With(loaded, {{"pod_id", "1"}, {"pod.id", "2"}, {"host", "tag"}, {"env", "x"}}) ==
        "b {environment=\"x\",host=\"rule\"}");
  CHECK(With(loaded, {{"b", "1"}, {"c", "2"}}) == "b {c=\"2\",host=\"rule\"}");
}

TEST_CASE("`as: gauge` turns counters into gauges and leaves other kinds alone", "[mapper]") {
  const Loaded loaded = LoadText("mappings: [{match: a, name: b, as: gauge}]");
  CHECK(Resolved(*loaded.mapper, "a") == "b {} gauge");
  CHECK(Resolved(*loaded.mapper, "a", EventKind::kGauge) == "b {}");
  CHECK(Resolved(*loaded.mapper, "a", EventKind::kObserver) == "b {} summary");
}

TEST_CASE("a scale of zero counts as set", "[mapper]") {
  const Loaded loaded = LoadText("mappings: [{match: a, name: b, scale: 0}]");
  CHECK(Resolved(*loaded.mapper, "a") == "b {} scale=0");
}

TEST_CASE("several files are one, in the order given, each with its own defaults", "[mapper]") {
  const MappingDir directory;
  const std::string second = directory.Write(
      "2.conf", "defaults: {ttl: 2s}\nmappings: [{match: a, name: two}, {match: b, name: two}]");
  const std::string first = directory.Write("1.yml", "mappings: [{match: a, name: one}]");
  const std::string third =
      directory.Write("3.yaml", "defaults: {ttl: 3s}\nmappings: [{match: c, name: three}]");
  const auto all = [](const Loaded& loaded) {
    Lines answers;
    for (std::string_view name : {"a", "b", "c", "d"}) {
      answers.push_back(Resolved(*loaded.mapper, name));
    }
    return answers;
  };
  CHECK(all(LoadPaths({first, second, third}, directory.path())) ==
        Lines{"one {}", "two {} ttl=2s", "three {} ttl=3s", "unmapped d {} ttl=2s"});
  CHECK(all(LoadPaths({third, second, first}, directory.path())) ==
        Lines{"two {} ttl=2s", "two {} ttl=2s", "three {} ttl=3s", "unmapped d {} ttl=3s"});
  SECTION("a directory stands for its mapping files in name order") {
    directory.Write("0.txt", "not a mapping file");
    directory.Write(".hidden.yml", "neither");
    std::filesystem::create_directory(directory.path() + "/0.yml");
    const Loaded loaded = LoadPaths({directory.path()}, directory.path());
    CHECK(all(loaded) ==
          Lines{"one {}", "two {} ttl=2s", "three {} ttl=3s", "unmapped d {} ttl=2s"});
  }
}

TEST_CASE("errors of all files are reported at once", "[mapper]") {
  const MappingDir directory;
  const Loaded loaded =
      LoadPaths({directory.Write("1.yml", "mappings: [{match: a}]"), directory.path() + "/none.yml",
                 directory.Write("2.yml", "mappings: [{name: a}]")},
                directory.path());
  CHECK(loaded.errors ==
        Lines{"1.yml:1:12: a rule needs a `name`, also one with `action: drop`",
              "none.yml: cannot be read: No such file or directory",
              "2.yml:1:12: a glob rule needs a `match`, such as `match: app.*.requests`"});
}

TEST_CASE("a directory without mapping files is an error", "[mapper]") {
  const MappingDir directory;
  const std::filesystem::path path = directory.path();
  CHECK(LoadPaths({path}, path.parent_path()).errors ==
        Lines{path.filename().string() + ": no *.yml, *.yaml or *.conf file in this directory"});
}

TEST_CASE("lint guesses what a reference that is always empty meant", "[mapper]") {
  CHECK(LoadText(R"(mappings:
- match: a.*.*.*
  name: "pipeline_job_$3_duration"
  labels: {host: "$4", both: "$1$2", fine: "${1}_x $0"}
- {match: '(a)', match_type: regex, name: x, labels: {two: "$2", name: "$who", low: "$1_x"}}
- {match: b, name: y, action: drop, labels: {two: "$2"}}
)")
            .lint ==
        Lines{"m.yml:2: name: `$3_duration` is always empty; did you mean `${3}_duration`?",
              "m.yml:2: label host: `$4` is always empty; the match has 3 wildcard(s)",
              "m.yml:2: label both: `$1$2` is always empty; did you mean `${1}$2`?",
              "m.yml:5: label two: `$2` is always empty; the match has 1 group(s)",
              "m.yml:5: label name: `$who` is always empty; the match has 1 group(s)",
              "m.yml:5: label low: `$1_x` is always empty; did you mean `${1}_x`?"});
}

TEST_CASE("lint finds labels that a histogram or summary has of its own", "[mapper]") {
  CHECK(LoadText(R"(mappings:
- {match: a, name: a, observer_type: histogram, labels: {le: x, quantile: y}}
- {match: b, name: b, labels: {quantile: y}}
- {match: c, name: c, labels: {quantile: y}, match_metric_type: counter}
)")
            .lint ==
        Lines{"m.yml:2: label le: every histogram has such a label of its own; observers of this "
              "rule are refused",
              "m.yml:3: label quantile: every summary has such a label of its own; observers of "
              "this rule are refused"});
}

TEST_CASE("lint finds rules that can never match", "[mapper]") {
  const Lines findings = LoadText(R"(mappings:
- {match: a.*, name: x}
- {match: a.b*, name: x}
- {match: 'a.b', name: x, match_metric_type: gauge}
- {match: '*.b', name: x}
- {match: c.d, name: x, match_metric_type: gauge}
- {match: c.d, name: x}
- {match: e.*, name: x, match_labels: {env: prod}}
- {match: e.f, name: x}
- {match: ^g, match_type: regex, name: x}
- {match: ^g, match_type: regex, name: x}
- {match: .*, match_type: regex, name: x, match_metric_type: counter}
- {match: h, match_type: regex, name: x, match_metric_type: counter}
- {match: h, match_type: regex, name: x}
)")
                             .lint;
  CHECK(findings ==
        Lines{"m.yml:3: match `a.b*` can never match: `a.*` at m.yml:2 takes everything first",
              "m.yml:4: match `a.b` can never match: `a.*` at m.yml:2 takes everything first",
              "m.yml:11: match `^g` can never match: `^g` at m.yml:10 takes everything first",
              "m.yml:13: match `h` can never match: `.*` at m.yml:12 takes everything first"});
}

TEST_CASE("without ordering only an equal glob is out of reach", "[mapper]") {
  CHECK(LoadText(R"(defaults: {glob_disable_ordering: true}
mappings:
- {match: a.*, name: x}
- {match: a.b, name: x}
- {match: a.*, name: x}
)")
            .lint ==
        Lines{"m.yml:5: match `a.*` can never match: `a.*` at m.yml:3 takes everything first"});
}

TEST_CASE("lint lists families with several help texts or bucket sets", "[mapper]") {
  CHECK(LoadText(R"(mappings:
- {match: a, name: x, help: one}
- {match: b, name: x, help: two}
- {match: c, name: x, help: three}
- {match: d, name: x, help: one}
- {match: e, name: h, observer_type: histogram}
- {match: f, name: h, observer_type: histogram, histogram_options: {buckets: [1]}}
)")
            .lint == Lines{"m.yml:2: family `x` has several help texts; this one, the first, is "
                           "used, not the one at m.yml:3, m.yml:4",
                           "m.yml:6: family `h` has several sets of buckets or quantiles; this "
                           "one, the first, is used, not the one at m.yml:7"});
}

TEST_CASE("the dump is a digraph of kinds and segments", "[mapper]") {
  const Loaded loaded = LoadText(R"(mappings:
- {match: a.*, name: x, match_metric_type: counter}
- {match: a, name: y}
- {match: r, match_type: regex, name: z}
)");
  std::ostringstream out;
  loaded.mapper->DumpFsm(out);
  const std::string dump = out.str();
  CHECK(dump.starts_with("digraph g {\nrankdir=LR\nnode ["));
  CHECK(dump.find("0 -> 1  [label = \"counter\"];\n1 [color=\"#D6B656\"") != std::string::npos);
  CHECK(dump.find("0 -> 3  [label = \"observer\"];\n") != std::string::npos);
  CHECK(dump.find("1 -> 4  [label = \"a\"];\n4 [color=\"#82B366\"") != std::string::npos);
  CHECK(dump.find("4 -> 7  [label = \"*\"];\n7 [color=\"#82B366\"") != std::string::npos);
  CHECK(dump.ends_with("0 [color=\"#a94442\", fillcolor=\"#f2dede\"];\n}"));
}

TEST_CASE("a config without globs still dumps", "[mapper]") {
  std::ostringstream out;
  LoadText("").mapper->DumpFsm(out);
  CHECK(out.str().find("0 -> 1") != std::string::npos);
}

}  // namespace
}  // namespace weir
