// Golden cases: what a client sends and the page that follows, over real sockets, with one shard
// and with four. tests/support/case_file.h says how a case is written.
#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "common/duration.h"
#include "exporter/options.h"
#include "tests/support/case_file.h"
#include "tests/support/catch.h"
#include "tests/support/mapper_of.h"
#include "tests/support/shard_group.h"
#include "tests/support/source_dir.h"

namespace weir {
namespace {

const std::string kCases = SourceDir() / "tests/cases/exporter";

class CaseRun {
 public:
  CaseRun(const std::vector<CaseSection>& sections, uint32_t shards, uint32_t seed)
      : sections_(sections), options_(Options()), group_(shards, Tables()), random_(seed) {
    SetMapper();
  }

  void Run() {
    for (const CaseSection& section : sections_) {
      if (section.name == "send") {
        for (const std::string& line : section.lines) Send(BytesOf(line));
      } else if (section.name == "datagram") {
        std::string datagram;
        for (const std::string& line : section.lines) {
          if (!datagram.empty()) datagram += '\n';
          datagram += BytesOf(line);
        }
        Send(datagram);
      } else if (section.name == "advance") {
        group_.Advance(
            ParseDuration(section.lines.front(), DurationSyntax::kGoWithDays).value().count());
      } else if (section.name == "page") {
        ComparePage(section);
      } else if (section.name == "self") {
        CompareSelf(section);
      }
    }
    CHECK(Conserves(SelfPage(group_.Reports())));
  }

 private:
  const CaseSection* Find(std::string_view name) const {
    for (const CaseSection& section : sections_) {
      if (section.name == name) return &section;
    }
    return nullptr;
  }

  ExporterOptions Options() const {
    ExporterOptions options;
    FlagSet flags("weir-exporter", "Summary.", "version");
    AddExporterFlags(&flags, &options);
    std::vector<const char*> args = {"weir-exporter"};
    if (const CaseSection* section = Find("flags")) {
      for (const std::string& line : section->lines) args.push_back(line.c_str());
    }
    REQUIRE(flags.Parse(static_cast<int>(args.size()), args.data()).has_value());
    return options;
  }

  ShardOptions Tables() const {
    ShardOptions shard;
    shard.ingest.parser = options_.parser();
    shard.table.set_window = options_.set_window;
    return shard;
  }

  void SetMapper() {
    const MapperOptions mapper_options{.default_ttl = options_.default_ttl};
    const CaseSection* section = Find("mapping");
    group_.SetMapper(MapperOf(section == nullptr ? "" : section->Text(), mapper_options));
  }

  // To any of the shards: which one must make no difference.
  void Send(const std::string& datagram) {
    group_.Send(static_cast<uint32_t>(random_() % group_.count()), datagram);
    group_.Settle();
  }

  void ComparePage(const CaseSection& section) {
    const std::string wanted = section.Text();
    const bool with_help = wanted.find("# HELP ") != std::string::npos;
    const auto shown = [&] {
      const std::string page = group_.Page();
      return Visible(with_help ? page : WithoutHelp(page));
    };
    // What time takes from the page goes within a second of the real clock.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(advanced() ? 10 : 0);
    while (shown() != wanted && std::chrono::steady_clock::now() < end) {
    }
    CHECK(shown() == wanted);
  }

  bool advanced() const { return Find("advance") != nullptr; }

  void CompareSelf(const CaseSection& section) {
    const std::string page = Visible(SelfPage(group_.Reports()));
    const std::vector<std::string> lines = LinesOf(page);
    for (const std::string& wanted : section.lines) {
      INFO(wanted);
      if (wanted.starts_with('!')) {
        const bool any = std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
          return line.starts_with(std::string_view(wanted).substr(1));
        });
        CHECK_FALSE(any);
      } else if (std::find(lines.begin(), lines.end(), wanted) == lines.end()) {
        const std::string_view series = std::string_view(wanted).substr(0, wanted.rfind(' '));
        FAIL_CHECK("instead: " << ValueOf(page, series).value_or("nothing"));
      }
    }
  }

  const std::vector<CaseSection>& sections_;
  const ExporterOptions options_;
  ShardGroup group_;
  std::mt19937 random_;
};

std::vector<std::string> CasePaths() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(kCases)) {
    if (entry.path().extension() == ".case") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void RunAll(uint32_t shards) {
  const std::vector<std::string> paths = CasePaths();
  CHECK(paths.size() >= 40);
  uint32_t seed = 1;
  for (const std::string& path : paths) {
    INFO(path);
    const std::vector<CaseSection> sections = ReadCaseFile(path);
    CaseRun(sections, shards, seed++).Run();
  }
}

TEST_CASE("every golden case holds with one shard", "[cases]") { RunAll(1); }

TEST_CASE("every golden case holds with four shards", "[cases]") { RunAll(4); }

}  // namespace
}  // namespace weir
