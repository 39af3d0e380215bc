// Diagnostics: what is wrong or doubtful in one configuration file, with the place of each.
//
// Collects instead of stopping, so that an operator sees all errors of a file at once.
// Thread safety: none; one per file being read.
// Tested by tests/unit/common/diagnostics_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

// A place in a file, both from 1; 0 when unknown.
struct Position {
  uint32_t line = 0;
  uint32_t column = 0;

  friend auto operator<=>(const Position&, const Position&) = default;
};

class Diagnostics {
 public:
  // In strict mode suspicions are errors.
  Diagnostics(std::string file, bool strict) : file_(std::move(file)), strict_(strict) {}

  void Error(Position where, std::string_view what) { errors_.emplace_back(where, what); }
  void Warning(Position where, std::string_view what) { warnings_.emplace_back(where, what); }
  // Probably a mistake (an unknown key, a key given twice), but one its own program lets pass.
  void Suspicion(Position where, std::string_view what) {
    strict_ ? Error(where, what) : Warning(where, what);
  }

  const std::string& file() const { return file_; }
  size_t error_count() const { return errors_.size(); }
  // "file:line:column: what", in the order of the file.
  std::vector<std::string> errors() const { return Lines(errors_); }
  std::vector<std::string> warnings() const { return Lines(warnings_); }

 private:
  using Finding = std::pair<Position, std::string>;

  std::vector<std::string> Lines(std::vector<Finding> findings) const;

  const std::string file_;
  const bool strict_;
  std::vector<Finding> errors_;
  std::vector<Finding> warnings_;
};

}  // namespace weir
