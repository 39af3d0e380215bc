// What README.md and docs/ say about flags, metrics, keys and files is so.

#include "tests/support/docs.h"

#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "common/yaml.h"
#include "exporter/options.h"
#include "mapping/config.h"
#include "tests/support/busy_reports.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

Result<ParseOutcome> ParseWords(const Texts& words) {
  ExporterOptions options;
  FlagSet flags("weir-exporter", "Receives StatsD, serves Prometheus.", "version\n");
  AddExporterFlags(&flags, &options);
  std::vector<const char*> argv = {"weir-exporter"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return flags.Parse(static_cast<int>(argv.size()), argv.data());
}

std::string Printed(const std::string& flag) {
  const auto outcome = ParseWords({flag});
  REQUIRE(outcome.has_value());
  REQUIRE(outcome->print.has_value());
  return *outcome->print;
}

std::vector<FlagInfo> ListOfFlags() {
  ExporterOptions options;
  FlagSet flags("weir-exporter", "Summary.", "version\n");
  AddExporterFlags(&flags, &options);
  return flags.List();
}

TEST_CASE("docs/flags.md is what --help-markdown writes", "[docs]") {
  CHECK(FileText(kRoot / "docs/flags.md") == Printed("--help-markdown"));
}

TEST_CASE("docs/flags.md and --help have every flag with its default, and no other", "[docs]") {
  const FlagRows real = FlagRowsOf(ListOfFlags());
  CHECK(FlagRowsOf(FileText(kRoot / "docs/flags.md")) == real);
  CHECK(HelpedFlags(Printed("--help")) == KeysOf(real));
}

TEST_CASE("a flag that a page names exists", "[docs]") {
  Names known;
  for (const FlagInfo& flag : ListOfFlags()) {
    known.insert("--" + flag.name);
    if (flag.type == "switch") known.insert("--no-" + flag.name);
  }
  for (const auto& [path, text] : Pages()) {
    if (IsRouterPage(path)) continue;
    INFO(path);
    const Texts named =
        AllOf(text, "(--(?:no-)?(?:web|statsd|ring|limit|log|admin|debug)\\.[a-z.-]*[a-z])");
    CHECK(Without(SetOf(named), known).empty());
  }
}

// All that SelfMetrics can show, with the labels it can have.
std::map<std::string, MetricDoc> RealMetrics() {
  std::vector<ShardReport> reports = BusyReports();
  reports[0].relay.emplace();
  return MetricDocsOf(UsedSelfMetrics().Collect(reports));
}

constexpr const char* kOwnName =
    "`((?:weir|statsd_exporter|statsd_metric_mapper|promhttp|process)_[a-z_]*[a-z])(?:\\{[^`]*\\})?"
    "`";

TEST_CASE("docs/metrics.md names every metric of ours, and no other", "[docs]") {
  const Names documented = SetOf(AllOf(FileText(kRoot / "docs/metrics.md"), kOwnName));
  const std::vector<std::string> reserved = SelfMetrics().Names();
  const Names all(reserved.begin(), reserved.end());
  Names families;
  for (const std::string& name : all) {
    if (!all.contains(name + "_total")) families.insert(name);
  }
  CHECK(Without(documented, families) == Names());
  CHECK(Without(families, documented) == Names());
}

TEST_CASE("docs/metrics.md gives metrics their types and labels", "[docs]") {
  const auto real = RealMetrics();
  const auto rows = MetricRowsOf(FileText(kRoot / "docs/metrics.md"));
  CHECK(rows.size() > 40);
  for (const auto& [name, row] : rows) {
    INFO(name);
    REQUIRE(real.contains(name));
    CHECK(row == real.at(name));
  }
}

TEST_CASE("a metric or label that any page names exists", "[docs]") {
  // Which in turn are the router's: its own test sees to it.
  auto known = MetricRowsOf(FileText(kRoot / "docs/router-metrics.md"));
  for (const auto& [name, real] : RealMetrics()) {
    known[name].second.insert(real.second.begin(), real.second.end());
  }
  for (const auto& [path, text] : Pages()) {
    const std::regex regex("((?:weir|statsd_exporter)_[a-z_]*[a-z])\\{([a-z_]+)[},=]");
    for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
      INFO(path << ": " << match->str());
      const auto found = known.find((*match)[1]);
      REQUIRE(found != known.end());
      // `instance` is given by Prometheus.
      CHECK((found->second.second.contains((*match)[2]) || (*match)[2] == "instance"));
    }
  }
}

// The keys a mapping file may have at a place, from the warning on one it may not have.
Names KnownKeys(const std::string& yaml) {
  Diagnostics diagnostics("m.yml", false);
  const auto root = ParseYaml(yaml, &diagnostics);
  ReadMappingConfig(root.get(), &diagnostics);
  for (const std::string& warning : diagnostics.warnings()) {
    constexpr std::string_view kBefore = "Known are";
    const size_t at = warning.find(kBefore);
    if (at != warning.npos) return SetOf(AllOf(warning.substr(at + kBefore.size()), " ([a-z_]+)"));
  }
  return {};
}

TEST_CASE("docs/mapping.md has every key of a mapping file, and no other", "[docs]") {
  const std::string page = FileText(kRoot / "docs/mapping.md");
  const std::string rule = "mappings:\n- match: a\n  name: b\n  ";
  const std::string odd = "unknownunknown: 1\n";
  Names known;
  for (const std::string& yaml :
       {"defaults:\n  " + odd, rule + odd, rule + "summary_options:\n    " + odd,
        rule + "histogram_options:\n    " + odd}) {
    const Names here = KnownKeys(yaml);
    CHECK(here.size() >= 3);
    known.insert(here.begin(), here.end());
  }
  CHECK(Without(known, SetOf(AllOf(page, "`([a-z_]+)`"))) == Names());

  Names in_tables = SetOf(AllOf(page, "\n\\| `([a-z_]+)` \\|"));
  CHECK(in_tables.size() > 20);
  CHECK(Without(in_tables, known) == Names());
}

TEST_CASE("every relative link leads to a file", "[docs]") {
  size_t links = 0;
  for (const auto& [path, text] : Pages()) {
    for (const std::string& link : AllOf(text, "\\]\\(([^)#]+)(?:#[^)]*)?\\)")) {
      if (link.find("://") != link.npos) continue;
      INFO(path << " -> " << link);
      CHECK(std::filesystem::exists(path.parent_path() / link));
      ++links;
    }
  }
  CHECK(links > 10);
}

TEST_CASE("every command line of weir-exporter in a block parses", "[docs]") {
  size_t commands = 0;
  for (const auto& [path, text] : Pages()) {
    for (const Texts& words : CommandsOf(text, "weir-exporter")) {
      INFO(path << ": " << (words.empty() ? "" : words[0]));
      const auto outcome = ParseWords(words);
      INFO((outcome.has_value() ? "" : outcome.error().message));
      CHECK(outcome.has_value());
      ++commands;
    }
  }
  CHECK(commands >= 3);
}

TEST_CASE("every list of arguments in a YAML block parses", "[docs]") {
  size_t arguments = 0;
  for (const auto& [path, text] : Pages()) {
    if (IsRouterPage(path)) continue;
    for (const std::string& line : BlockLines(text)) {
      for (const std::string& word : AllOf(line, "^ *- [\"']?(--[^\"']*)[\"']? *$")) {
        INFO(path << ": " << line);
        CHECK(ParseWords({word}).has_value());
        ++arguments;
      }
    }
  }
  CHECK(arguments >= 3);
}

}  // namespace
}  // namespace weir
