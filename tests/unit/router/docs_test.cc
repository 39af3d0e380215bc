// What docs/router-*.md say about flags, metrics and keys is so.
#include "tests/support/docs.h"

#include <map>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "common/topology/config.h"
#include "router/options.h"
#include "router/self_metrics.h"
#include "tests/support/catch.h"
#include "tests/unit/router/busy_report.h"

namespace weir {
namespace {

Result<ParseOutcome> ParseWords(const Texts& words) {
  RouterOptions options;
  FlagSet flags("weir-router", "Summary.", "version\n");
  AddRouterFlags(&flags, &options);
  std::vector<const char*> argv = {"weir-router"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return ParseRouterFlags(static_cast<int>(argv.size()), argv.data(), &flags, options);
}

std::string Printed(const std::string& flag) {
  const auto outcome = ParseWords({flag});
  REQUIRE(outcome.has_value());
  REQUIRE(outcome->print.has_value());
  return *outcome->print;
}

std::vector<FlagInfo> ListOfFlags() {
  RouterOptions options;
  FlagSet flags("weir-router", "Summary.", "version\n");
  AddRouterFlags(&flags, &options);
  return flags.List();
}

TEST_CASE("docs/router-flags.md is what --help-markdown writes", "[docs]") {
  CHECK(FileText(kRoot / "docs/router-flags.md") == Printed("--help-markdown"));
}

TEST_CASE("docs/router-flags.md and --help have every flag with its default, and no other",
          "[docs]") {
  const FlagRows real = FlagRowsOf(ListOfFlags());
  CHECK(real.size() > 10);
  CHECK(FlagRowsOf(FileText(kRoot / "docs/router-flags.md")) == real);
  CHECK(HelpedFlags(Printed("--help")) == KeysOf(real));
}

TEST_CASE("a flag that a page about the router names exists", "[docs]") {
  Names known;
  for (const FlagInfo& flag : ListOfFlags()) known.insert("--" + flag.name);
  // Those of every program, and the forms that a page of flags explains.
  for (const char* more : {"--flag", "--no-flag"}) known.insert(more);
  for (const auto& [path, text] : Pages()) {
    if (!IsRouterPage(path)) continue;
    INFO(path);
    CHECK(Without(SetOf(AllOf(text, "[ `](--[a-z][a-z.-]*[a-z])")), known) == Names());
  }
}

TEST_CASE("every command line of weir-router in a block parses", "[docs]") {
  size_t commands = 0;
  for (const auto& [path, text] : Pages()) {
    for (const Texts& words : CommandsOf(text, "weir-router")) {
      INFO(path << ": " << (words.empty() ? "" : words[0]));
      const auto outcome = ParseWords(words);
      INFO((outcome.has_value() ? "" : outcome.error().message));
      CHECK(outcome.has_value());
      ++commands;
    }
  }
  CHECK(commands >= 3);
}

std::map<std::string, MetricDoc> RealMetrics() {
  return MetricDocsOf(SelfMetrics().Collect(BusyReport()));
}

TEST_CASE("docs/router-metrics.md has every metric with type and labels, and no other", "[docs]") {
  CHECK(MetricRowsOf(FileText(kRoot / "docs/router-metrics.md")) == RealMetrics());
}

TEST_CASE("a metric that docs/router-metrics.md names anywhere exists", "[docs]") {
  const std::string page = FileText(kRoot / "docs/router-metrics.md");
  Names known;
  for (const auto& [name, doc] : RealMetrics()) known.insert(name);
  CHECK(Without(SetOf(AllOf(page, "\\b(weir_[a-z_]*[a-z])\\b")), known) == Names());
}

TEST_CASE("docs/router-metrics.md has every reason and verdict, and says which label is retired",
          "[docs]") {
  const std::string page = FileText(kRoot / "docs/router-metrics.md");
  Names values;
  for (const auto& family : SelfMetrics().Collect(BusyReport())) {
    for (const auto& series : family.metric) {
      for (const auto& label : series.label) {
        if (label.name == "reason" || label.name == "verdict" || label.name == "outcome") {
          values.insert(label.value);
        }
      }
    }
  }
  // The last two are reasons of the HTTP intake.
  CHECK(values.size() == kDropReasonCount + kParseErrorCount + kRejectionCount + 5 + 2);
  CHECK(Without(values, SetOf(AllOf(page, "`([a-z_]+)`"))) == Names());
  CHECK(page.find("downstream=\"" + std::string(kRetiredLabel) + "\"") != page.npos);
}

TEST_CASE("a metric or label in a query on a page about the router exists", "[docs]") {
  const auto real = RealMetrics();
  size_t queries = 0;
  for (const auto& [path, text] : Pages()) {
    if (!IsRouterPage(path)) continue;
    const std::regex regex("(weir_[a-z_]*[a-z])\\{([a-z_]+)[},=!]");
    for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
      INFO(path << ": " << match->str());
      const auto found = real.find((*match)[1]);
      REQUIRE(found != real.end());
      // `instance` is given by Prometheus.
      CHECK((found->second.second.contains((*match)[2]) || (*match)[2] == "instance"));
      ++queries;
    }
  }
  CHECK(queries > 0);
}

constexpr char kDownstreams[] = "downstreams: [{address: \"10.0.0.1:1\", health: none}]\n";

std::optional<RouterConfig> Read(const std::string& yaml, std::vector<std::string>* warnings) {
  const auto config = ReadRouterConfig(yaml, "f", {}, warnings);
  INFO(yaml << (config ? "" : config.error().message));
  CHECK(config.has_value());
  return config ? std::optional(*config) : std::nullopt;
}

// A configuration with this entry at a place: the top (an empty part), a part, or a downstream.
std::string YamlOf(const std::string& part, const std::string& entry) {
  if (part == "downstreams") {
    return "downstreams: [{address: \"10.0.0.1:1\", health: none, " + entry + "}]\n";
  }
  if (part.empty()) return kDownstreams + entry + "\n";
  return kDownstreams + part + ": {" + entry + "}\n";
}

// The keys the reader knows at a place, from its warning on one that it does not.
Names KnownKeys(const std::string& part) {
  std::vector<std::string> warnings;
  Read(YamlOf(part, "unknownunknown: 1"), &warnings);
  for (const std::string& warning : warnings) {
    constexpr std::string_view kBefore = "Known are";
    const size_t at = warning.find(kBefore);
    if (at != warning.npos) return SetOf(AllOf(warning.substr(at + kBefore.size()), " ([a-z_]+)"));
  }
  return {};
}

const std::string kParts[] = {"listen",       "console", "web",     "ping",
                              "health_check", "hold",    "resolver"};

// A row of the tables of keys.
struct KeyRow {
  std::string part;
  std::string key;
  std::string default_text;  // what stands there in backquotes, or else empty
};

std::vector<KeyRow> KeyRows() {
  const std::string page = FileText(kRoot / "docs/router-config.md");
  const size_t begin = page.find("\n## Keys");
  const size_t middle = page.find("\nOf each downstream", begin);
  const size_t end = page.find("\n## ", middle);
  REQUIRE(end != page.npos);
  std::vector<KeyRow> rows;
  const auto read = [&](const std::string& text, const std::string& part) {
    for (const std::string& line : LinesOf(text)) {
      const Texts cells = CellsOf(line);
      const Texts names = cells.size() < 3 ? Texts() : AllOf(cells[0], "^ `([a-z_.]+)` $");
      if (names.empty()) continue;
      const Texts defaults = AllOf(cells[1], "^ `([^`]*)`");
      const size_t dot = names[0].find('.');
      rows.push_back({dot == names[0].npos ? part : names[0].substr(0, dot),
                      dot == names[0].npos ? names[0] : names[0].substr(dot + 1),
                      defaults.empty() ? "" : defaults[0]});
    }
  };
  read(page.substr(begin, middle - begin), "");
  read(page.substr(middle, end - middle), "downstreams");
  return rows;
}

std::string Joined(const std::string& part, const std::string& key) {
  return part.empty() ? key : part + "." + key;
}

TEST_CASE("docs/router-config.md has every key the reader knows, and no other", "[docs]") {
  Names real;
  for (const std::string& key : KnownKeys("")) real.insert(key);
  for (const std::string& part : kParts) {
    CHECK(real.erase(part) == 1);
    const Names keys = KnownKeys(part);
    CHECK_FALSE(keys.empty());
    for (const std::string& key : keys) real.insert(Joined(part, key));
  }
  CHECK(real.erase("downstreams") == 1);
  for (const std::string& key : KnownKeys("downstreams")) real.insert(Joined("downstreams", key));
  Names documented;
  for (const KeyRow& row : KeyRows()) {
    INFO(row.key);
    CHECK(documented.insert(Joined(row.part, row.key)).second);
  }
  CHECK(documented.size() > 30);
  CHECK(documented == real);
}

TEST_CASE("writing down a default of docs/router-config.md changes nothing", "[docs]") {
  size_t defaults = 0;
  for (const KeyRow& row : KeyRows()) {
    // Another key's.
    if (row.default_text.empty() || row.key == "health_kind") continue;
    // Only TCP has a queue.
    const std::string base = row.key == "queue" ? "transport: tcp" : "";
    const std::string more = (base.empty() ? "" : ", ") + row.key + ": " + row.default_text;
    std::vector<std::string> warnings;
    const auto without = Read(YamlOf(row.part, base), &warnings);
    const auto with = Read(YamlOf(row.part, base + more), &warnings);
    INFO(Joined(row.part, row.key));
    REQUIRE(without.has_value());
    CHECK(without == with);
    ++defaults;
  }
  CHECK(defaults > 25);
}

TEST_CASE("the defaults are those of RouterConfig, and --print-config writes them", "[docs]") {
  std::vector<std::string> warnings;
  const auto config = Read(kDownstreams, &warnings);
  REQUIRE(config.has_value());
  RouterConfig defaults;
  defaults.downstreams = config->downstreams;
  CHECK(*config == defaults);
  DownstreamConfig downstream;
  downstream.address = downstream.label = "10.0.0.1:1";
  CHECK(config->downstreams == std::vector{downstream});
  CHECK(*Read(ToYaml(*config), &warnings) == *config);
  CHECK(warnings.empty());
}

TEST_CASE("the keys without a default of their own are off or empty", "[docs]") {
  const RouterConfig defaults;
  Names without;
  for (const KeyRow& row : KeyRows()) {
    if (row.default_text.empty()) without.insert(Joined(row.part, row.key));
  }
  CHECK(without == Names{"listen.unixgram", "listen.unix", "console.listen", "mapping", "shard_map",
                         "ping.interval", "resolver.address", "downstreams.address",
                         "downstreams.dns", "downstreams.srv", "downstreams.file",
                         "downstreams.label", "downstreams.health"});
  CHECK(defaults.listen.unixgram.empty());
  CHECK(defaults.listen.unix_stream.empty());
  CHECK(defaults.console.listen.empty());
  CHECK(defaults.mapping.empty());
  CHECK(defaults.shard_map.empty());
  CHECK(defaults.ping.interval.count() == 0);
  CHECK(defaults.resolver.address.empty());
}

}  // namespace
}  // namespace weir
