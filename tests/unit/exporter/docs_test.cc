// What README.md and docs/ say about flags, metrics, keys and files is so.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/yaml.h"
#include "exporter/options.h"
#include "mapping/config.h"
#include "tests/support/busy_reports.h"
#include "tests/support/catch.h"
#include "tests/support/page.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;
using Names = std::set<std::string>;

const fs::path kRoot = WEIR_SOURCE_DIR;

std::string TextOf(const fs::path& path) {
  std::ifstream file(path);
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

// README.md and docs/*.md, by path.
std::map<fs::path, std::string> Pages() {
  std::map<fs::path, std::string> pages = {{kRoot / "README.md", TextOf(kRoot / "README.md")}};
  for (const fs::directory_entry& entry : fs::directory_iterator(kRoot / "docs")) {
    if (entry.path().extension() == ".md") pages[entry.path()] = TextOf(entry.path());
  }
  return pages;
}

// The first group of every match.
Words AllOf(const std::string& text, const char* expression) {
  const std::regex regex(expression);
  Words found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
    found.push_back((*match)[1]);
  }
  return found;
}

Names SetOf(const Words& words) { return {words.begin(), words.end()}; }

// Names that both have say nothing; what differs does.
Names Without(const Names& names, const Names& others) {
  Names rest;
  for (const std::string& name : names) {
    if (!others.contains(name)) rest.insert(name);
  }
  return rest;
}

Result<ParseOutcome> ParseWords(const Words& words) {
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

// A row of a table: the texts between its bars.
Words CellsOf(const std::string& line) {
  Words cells;
  std::string cell;
  for (size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '|' && line[i - 1] != '\\') {
      cells.push_back(std::exchange(cell, {}));
    } else {
      cell += line[i];
    }
  }
  return cells;
}

TEST_CASE("docs/flags.md is what --help-markdown writes", "[docs]") {
  CHECK(TextOf(kRoot / "docs/flags.md") == Printed("--help-markdown"));
}

TEST_CASE("docs/flags.md and --help have every flag with its default, and no other", "[docs]") {
  std::map<std::string, std::string> documented;  // flag to default
  for (const std::string& line : LinesOf(TextOf(kRoot / "docs/flags.md"))) {
    const Words cells = CellsOf(line);
    const Words flags = cells.empty() ? Words() : AllOf(cells[0], "`(--[^`]+)`");
    if (flags.empty()) continue;
    const Words defaults = AllOf(cells.at(2), "`([^`]*)`");
    documented[flags[0]] = defaults.empty() ? "" : defaults[0];
  }
  std::map<std::string, std::string> real;
  for (const FlagInfo& flag : ListOfFlags()) {
    if (flag.hidden || flag.group.empty()) continue;
    real[(flag.type == "switch" ? "--[no-]" : "--") + flag.name] = flag.default_text;
  }
  CHECK(documented == real);

  Names helped = SetOf(AllOf(Printed("--help"), "\n  (--[^=\n]+)"));
  CHECK(helped.erase("--version") == 1);
  Names known;
  for (const auto& [flag, default_text] : real) known.insert(flag);
  CHECK(helped == known);
}

TEST_CASE("a flag that a page names exists", "[docs]") {
  Names known;
  for (const FlagInfo& flag : ListOfFlags()) {
    known.insert("--" + flag.name);
    if (flag.type == "switch") known.insert("--no-" + flag.name);
  }
  for (const auto& [path, text] : Pages()) {
    INFO(path);
    const Words named = AllOf(text, "(--(?:no-)?(?:web|statsd|log|admin|debug)\\.[a-z.-]*[a-z])");
    CHECK(Without(SetOf(named), known).empty());
  }
}

// All that SelfMetrics can show, with the labels it can have.
std::map<std::string, std::pair<std::string, Names>> RealMetrics() {
  std::vector<ShardReport> reports = BusyReports();
  reports[0].relay.emplace();
  std::map<std::string, std::pair<std::string, Names>> metrics;
  for (const auto& family : UsedSelfMetrics().Collect(reports)) {
    auto& [type, labels] = metrics[family.name];
    type = family.type == prometheus::MetricType::Counter ? "counter" : "gauge";
    for (const auto& series : family.metric) {
      for (const auto& label : series.label) labels.insert(label.name);
    }
  }
  return metrics;
}

constexpr const char* kOwnName =
    "`((?:weir|statsd_exporter|statsd_metric_mapper|promhttp|process)_[a-z_]*[a-z])(?:\\{[^`]*\\})?"
    "`";

TEST_CASE("docs/metrics.md names every metric of ours, and no other", "[docs]") {
  const Names documented = SetOf(AllOf(TextOf(kRoot / "docs/metrics.md"), kOwnName));
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
  size_t rows = 0;
  for (const std::string& line : LinesOf(TextOf(kRoot / "docs/metrics.md"))) {
    const Words cells = CellsOf(line);
    const Words names = cells.size() < 4 ? Words() : AllOf(cells[0], kOwnName);
    if (names.empty()) continue;
    INFO(names[0]);
    REQUIRE(real.contains(names[0]));
    const auto& [type, labels] = real.at(names[0]);
    CHECK(cells[1] == " " + type + " ");
    CHECK(SetOf(AllOf(cells[2], "`([a-z_]+)`")) == labels);
    ++rows;
  }
  CHECK(rows > 40);
}

TEST_CASE("a metric or label that any page names exists", "[docs]") {
  const auto real = RealMetrics();
  for (const auto& [path, text] : Pages()) {
    const std::regex regex("((?:weir|statsd_exporter)_[a-z_]*[a-z])\\{([a-z_]+)[},=]");
    for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
      INFO(path << ": " << match->str());
      const auto found = real.find((*match)[1]);
      REQUIRE(found != real.end());
      CHECK(found->second.second.contains((*match)[2]));
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
  const std::string page = TextOf(kRoot / "docs/mapping.md");
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
      CHECK(fs::exists(path.parent_path() / link));
      ++links;
    }
  }
  CHECK(links > 10);
}

// The lines of fenced and indented blocks, those that end in a backslash joined with the next.
Words BlockLines(const std::string& text) {
  Words lines;
  bool fenced = false, continues = false;
  for (std::string line : LinesOf(text)) {
    if (line.find("```") != line.npos) {
      fenced = !fenced;
      continue;
    }
    if (!fenced && !line.starts_with("    ")) continue;
    const bool ends_open = line.ends_with('\\');
    if (ends_open) line.pop_back();
    if (continues) {
      lines.back() += line;
    } else {
      lines.push_back(line);
    }
    continues = ends_open;
  }
  return lines;
}

// The words of a command as a shell would cut them, up to a comment, a pipe or the like.
Words ShellWords(std::string_view line) {
  Words words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else if (c == '|' || c == '>' || c == '&' || c == ';' || (c == '#' && !in_word)) {
      break;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(word);
  return words;
}

TEST_CASE("every command line of weir-exporter in a block parses", "[docs]") {
  size_t commands = 0;
  for (const auto& [path, text] : Pages()) {
    for (const std::string& line : BlockLines(text)) {
      Words words = ShellWords(line);
      if (!words.empty() && words[0] == "$") words.erase(words.begin());
      const bool is_ours =
          !words.empty() && (words[0] == "weir-exporter" || words[0].ends_with("/weir-exporter"));
      if (!is_ours || line.find(" --") == line.npos) continue;
      INFO(path << ": " << line);
      words.erase(words.begin());
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
