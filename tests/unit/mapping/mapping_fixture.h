// For tests of the mapping: configurations given as text, and resolutions as one line of text.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/duration.h"
#include "mapping/mapper.h"
#include "tests/support/source_dir.h"

namespace weir {

// A directory of its own for each, removed at the end.
class MappingDir {
 public:
  MappingDir() {
    std::string made = std::filesystem::temp_directory_path() / "weir-mapping-XXXXXX";
    WEIR_CHECK(mkdtemp(made.data()) != nullptr);
    path_ = made;
  }
  ~MappingDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  MappingDir(const MappingDir&) = delete;
  MappingDir& operator=(const MappingDir&) = delete;

  std::string Write(std::string_view name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// What came of loading. Findings are without the directory: "a.yml:3:7: what".
struct Loaded {
  std::shared_ptr<const Mapper> mapper;  // null when there are errors
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  std::vector<std::string> lint;
};

inline std::string Without(std::string text, std::string_view part) {
  for (size_t at; (at = text.find(part)) != std::string::npos;) text.erase(at, part.size());
  return text;
}

inline Loaded LoadPaths(const std::vector<std::string>& paths, const std::string& directory,
                        const LoadOptions& options = {}) {
  Loaded loaded;
  auto mapper = Mapper::Load(paths, options, &loaded.warnings);
  if (mapper) {
    loaded.mapper = *mapper;
    loaded.lint = loaded.mapper->Lint();
  } else {
    std::istringstream lines(mapper.error().message);
    for (std::string line; std::getline(lines, line);) loaded.errors.push_back(line);
  }
  for (auto* findings : {&loaded.errors, &loaded.warnings, &loaded.lint}) {
    for (std::string& finding : *findings) finding = Without(finding, directory + "/");
  }
  return loaded;
}

// The text as a file m.yml.
inline Loaded LoadText(std::string_view text, const LoadOptions& options = {}) {
  const MappingDir directory;
  return LoadPaths({directory.Write("m.yml", text)}, directory.path(), options);
}

inline std::string JoinNumbers(const std::vector<double>& numbers) {
  std::ostringstream out;
  for (size_t i = 0; i < numbers.size(); ++i) out << (i == 0 ? "" : ",") << numbers[i];
  return out.str();
}

// What differs from the built-in options.
inline std::string DescribeObserver(const SeriesPolicy& policy) {
  std::ostringstream out;
  if (policy.type == MetricType::kHistogram) {
    out << " histogram buckets=" << JoinNumbers(policy.histogram->buckets)
        << " factor=" << policy.histogram->native_bucket_factor
        << " max=" << policy.histogram->native_max_buckets;
    return out.str();
  }
  const SummaryOptions usual;
  out << " summary";
  if (policy.summary->objectives != usual.objectives) {
    out << " quantiles=";
    for (const Objective& objective : policy.summary->objectives) {
      out << objective.quantile << "/" << objective.error << ";";
    }
  }
  if (policy.summary->max_age != usual.max_age) {
    out << " max_age=" << FormatDuration(policy.summary->max_age);
  }
  if (policy.summary->age_buckets != usual.age_buckets) {
    out << " age_buckets=" << policy.summary->age_buckets;
  }
  return out.str();
}

inline std::string DescribeLabels(const std::vector<Label>& labels) {
  std::string text;
  for (const Label& label : labels) {
    text += (text.empty() ? "" : ",") + label.name + "=\"" + label.value + "\"";
  }
  return "{" + text + "}";
}

// "family {labels} summary ttl=1m scale=2", "drop", "empty", "unmapped family {labels} ...".
inline std::string Describe(const Resolution& resolution, EventKind kind) {
  using Verdict = Resolution::Verdict;
  if (resolution.verdict == Verdict::kDropped) return "drop";
  if (resolution.verdict == Verdict::kEmptyName) return "empty";
  std::ostringstream out;
  if (resolution.verdict == Verdict::kUnmapped) out << "unmapped ";
  out << resolution.family << " " << DescribeLabels(resolution.labels);
  const SeriesPolicy& policy = resolution.policy;
  if (kind == EventKind::kObserver) out << DescribeObserver(policy);
  if (kind == EventKind::kCounter && policy.type == MetricType::kGauge) out << " gauge";
  if (policy.ttl.count() != 0) out << " ttl=" << FormatDuration(policy.ttl);
  if (policy.scale != 1) out << " scale=" << policy.scale;
  return out.str();
}

inline std::string Resolved(const Mapper& mapper, std::string_view name,
                            EventKind kind = EventKind::kCounter,
                            const std::vector<Tag>& tags = {}) {
  Resolution resolution;
  mapper.Resolve(name, kind, tags, &resolution);
  return Describe(resolution, kind);
}

inline EventKind KindNamed(std::string_view name) {
  WEIR_CHECK(name == "counter" || name == "gauge" || name == "observer");
  return name == "counter" ? EventKind::kCounter
         : name == "gauge" ? EventKind::kGauge
                           : EventKind::kObserver;
}

}  // namespace weir
