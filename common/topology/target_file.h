// Target files: downstreams listed in files beside the configuration, as Prometheus'
// file_sd_configs lists targets, in JSON or YAML:
//
//   [{"targets": ["10.0.0.1:9125", "node-b:9125"], "labels": {"__weight__": "2"}}]
//
// `__label__` (for a group of one) and `__weight__` mean here what `label` and `weight` mean in the
// configuration; Prometheus drops both names. All other labels are Prometheus' business.
//
// Errors: all of a file's at once, one "file:line:column: what" per line. A file without any
// document is an error, for it is a file that is just being written; `[]` is no target.
//
// Thread safety: free functions that read files, so not on a loop's thread.
// Tested by tests/unit/common/topology/target_file_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace weir {

struct Target {
  std::string address;  // host:port
  std::string label;    // empty: the address
  uint32_t weight = 0;  // zero: as the configuration says

  friend bool operator==(const Target&, const Target&) = default;
};

Result<std::vector<Target>> ReadTargetFile(const std::string& path);
// As ReadTargetFile, of a text that is called `name` in errors.
Result<std::vector<Target>> ReadTargets(std::string_view text, const std::string& name);

// The files that `pattern` stands for now, in order. A path without `*`, `?` or `[` stands for
// itself, whether it exists or not. Names that begin with a dot need a pattern that does.
std::vector<std::string> FilesOf(const std::string& pattern);

}  // namespace weir
