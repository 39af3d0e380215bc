// FlagSet: the command line of a program, with the rules that statsd_exporter's users know (those
// of Go's kingpin).
//
//   --name=value  --name value   a value; "--name=" is the empty text, wherever it stands
//   --name  --no-name            a switch; "--name=true" is an error
//   -name=value  -name           the same: how users of Go's flag package write long flags
//   --                           ends the flags; there are no positional arguments
//   @file                        is replaced by the lines of the file, one argument each, without
//                                empty lines and lines that start with '#'
//
// A value of its own word may not start with '-' (write --name=-1) and is never taken for an
// @file. A flag is given once, a list any number of times. No abbreviations, no environment.
// Always there: -h/--help, --version, and hidden --help-man, --help-markdown (what stands in
// docs/),
// --completion-script-bash, --completion-script-zsh, all made from the same table as List().
//
// Errors read "<program>: error: <what>, try --help" where <program> is the base name of argv[0].
// Thread safety: none; used once, at the start.
// Tested by tests/unit/common/flags_test.cc.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "common/result.h"

namespace weir {

// One flag as documentation shows it.
struct FlagInfo {
  std::string name;          // without dashes
  std::string type;          // "switch", "text", "choice", "int", "size", "duration" or "list"
  std::string default_text;  // as it would stand on the command line; a switch: "true" or "false"
  std::string help;
  std::string group;
  bool hidden = false;
  std::vector<std::string> choices = {};  // of a "choice"
  bool has_default = true;                // false: what its absence means stands in `help`
};

// What the program has to do next.
struct ParseOutcome {
  // Set: write it to stdout and exit with 0 (help, version and so on). Not set: run.
  std::optional<std::string> print;
};

class FlagSet {
 public:
  // `summary` is one line; `version` is what --version prints.
  FlagSet(std::string program, std::string summary, std::string version);
  ~FlagSet();
  FlagSet(const FlagSet&) = delete;
  FlagSet& operator=(const FlagSet&) = delete;

  // What the usage shows behind the flags, as "[FILE]". FlagSet itself knows no such words: the
  // program turns them into flags before it calls Parse. Default nothing.
  void Operands(std::string_view operands);

  // The flags added from here on stand under this heading.
  void Group(std::string_view heading);

  // Adds a flag that sets *variable, whose value at this moment is the default. The variable must
  // outlive Parse. REQUIRES: the name is new; `help` is one or more whole sentences.
  void Add(std::string_view name, bool* variable, std::string_view help);
  void Add(std::string_view name, std::string* variable, std::string_view help);
  // As ParseDuration, with days and weeks.
  void Add(std::string_view name, std::chrono::nanoseconds* variable, std::string_view help);
  // The first use replaces the default, each further one adds.
  void Add(std::string_view name, std::vector<std::string>* variable, std::string_view help);
  // A text that stays empty (nullopt) when the flag is not given, so that its absence has a meaning
  // of its own.
  void Add(std::string_view name, std::optional<std::string>* variable, std::string_view help);
  // A whole number in [min, max].
  template <std::integral T>
  void Add(std::string_view name, T* variable, std::string_view help,
           T min = std::numeric_limits<T>::min(), T max = std::numeric_limits<T>::max()) {
    const auto set = [variable, min, max](std::string_view text) {
      T value;
      const char* end = text.data() + text.size();
      const auto [rest, error] = std::from_chars(text.data(), end, value);
      if (error != std::errc() || rest != end || value < min || value > max) return false;
      *variable = value;
      return true;
    };
    AddInteger(name, help, std::to_string(*variable),
               std::to_string(min) + " to " + std::to_string(max), set);
  }
  // As ParseByteSize.
  void AddSize(std::string_view name, uint64_t* variable, std::string_view help);
  void AddChoice(std::string_view name, std::string* variable, std::vector<std::string> choices,
                 std::string_view help);

  // argv[0] is the program. On an error some variables may have been set. To be called once.
  Result<ParseOutcome> Parse(int argc, const char* const* argv);

  // In the order they were added, the built-in ones first.
  std::vector<FlagInfo> List() const;

 private:
  class Impl;

  void AddInteger(std::string_view name, std::string_view help, std::string default_text,
                  std::string range, std::function<bool(std::string_view)> set);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
