// Mapping files of real projects with the answers of the peer's mapper beside them. The files
// belong to their projects and are not in the repository: WEIR_MAPPING_CORPUS names their
// directory.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "mapping/names.h"
#include "mapping/regex.h"
#include "tests/support/catch.h"
#include "tests/unit/mapping/mapping_fixture.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

fs::path CorpusDirectory() {
  const char* named = std::getenv("WEIR_MAPPING_CORPUS");
  return named != nullptr ? fs::path(named) : SourceDir() / "../shared/data/mappings";
}

struct Row {
  std::string kind;
  std::string name;
  std::string answer;
};

std::vector<Row> ReadRows(const fs::path& path) {
  std::ifstream file(path);
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find('\t');
    const size_t second = line.find('\t', first + 1);
    if (line.starts_with("#") || second == std::string::npos) continue;
    rows.push_back({line.substr(0, first), line.substr(first + 1, second - first - 1),
                    line.substr(second + 1)});
  }
  return rows;
}

// A row's answer in the words of Describe.
std::string Translated(const Row& row) {
  static const auto mapped = Regex::Compile(
      R"re(^"(.*)" (\{.*\}) observer=(\w*) ttl=(\S+) scale=\{(\w+) (\S+)\}(?: buckets=\[(.*)\])?$)re");
  REQUIRE(mapped);
  Captures part;
  if (!mapped->Match(row.answer, &part)) return row.answer;
  std::string answer;
  EscapeName(part[1], &answer);
  answer.append(" ").append(part[2]);
  if (row.kind == "observer" && part[3] == "histogram") {
    std::string buckets(part[7]);
    std::replace(buckets.begin(), buckets.end(), ' ', ',');
    answer += " histogram buckets=" + buckets + " factor=1.1 max=256";
  } else if (row.kind == "observer") {
    answer += " summary";
  }
  if (part[4] != "0s") {
    answer += " ttl=" + FormatDuration(*ParseDuration(part[4], DurationSyntax::kGo));
  }
  return part[5] == "true" ? answer.append(" scale=").append(part[6]) : answer;
}

std::string Answered(const Mapper& mapper, const Row& row) {
  const EventKind kind = KindNamed(row.kind);
  Resolution resolution;
  mapper.Resolve(row.name, kind, {}, &resolution);
  if (resolution.verdict == Resolution::Verdict::kUnmapped) {
    return "unmapped -> " + resolution.family;
  }
  return Describe(resolution, kind);
}

TEST_CASE("real mapping files give the answers of the peer", "[mapper][corpus]") {
  const fs::path directory = CorpusDirectory();
  if (!fs::is_directory(directory)) {
    WARN("SKIPPED: no mapping files in " << directory << "; set WEIR_MAPPING_CORPUS");
    return;
  }
  size_t compared = 0;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() != ".yml") continue;
    const Loaded loaded = LoadPaths({entry.path()}, directory);
    INFO(entry.path().filename());
    REQUIRE(loaded.mapper != nullptr);
    for (const Row& row : ReadRows(fs::path(entry.path()).replace_extension(".tsv"))) {
      INFO(row.kind << " " << row.name);
      ++compared;
      // The peer drops it: a longer rule earlier in the file shadows the rule that takes it.
      const std::string wanted =
          row.name == "zuul.nodepool"
              ? row.kind == "observer" ? "zuul_nodepool {} summary" : "zuul_nodepool {}"
              : Translated(row);
      CHECK(Answered(*loaded.mapper, row) == wanted);
    }
  }
  CHECK(compared > 0);
}

}  // namespace
}  // namespace weir
