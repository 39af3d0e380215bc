#include "common/flags.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <set>
#include <utility>

#include "common/byte_size.h"
#include "common/check.h"
#include "common/duration.h"
#include "common/flags_text.h"

namespace weir {
namespace {

constexpr size_t kMaxHelpWidth = 100;
constexpr size_t kMinHelpWidth = 40;
// An @file may name another; more than this many in one command line is a loop.
constexpr int kMaxArgumentFiles = 100;

using Values = std::vector<std::string>;
using SetValues = std::function<Result<Done>(const Values&)>;

size_t HelpWidth() {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return kMaxHelpWidth;
  return std::clamp<size_t>(window.ws_col, kMinHelpWidth, kMaxHelpWidth);
}

std::string Join(const Values& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : ",") + word;
  return joined;
}

Result<std::deque<std::string>> ReadArgumentFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    lines.push_back(std::move(line));
  }
  if (!file.eof()) {
    return Error{"cannot read argument file '" + path + "': " + std::strerror(errno)};
  }
  return lines;
}

}  // namespace

// CLI11 holds the values and calls the setters. What the words of a command line mean is decided
// here, because CLI11 2.1.2 takes the word after "--name=" for its value and knows other switches;
// it is handed nothing but pairs of a known flag and its value.
class FlagSet::Impl {
 public:
  Impl(std::string program, std::string summary, std::string version)
      : program_{std::move(program), std::move(summary), ""}, version_(std::move(version)) {
    app_.set_help_flag();
    const auto built_in = [this](std::string name, std::string help, bool hidden) {
      flags_.push_back({std::move(name), "switch", "false", std::move(help), "", hidden});
    };
    built_in("help", "Show this help.", false);
    built_in("version", "Show the version.", false);
    built_in("help-man", "Write a man page.", true);
    built_in("help-markdown", "Write a page of documentation.", true);
    built_in("completion-script-bash", "Write a completion script for bash.", true);
    built_in("completion-script-zsh", "Write a completion script for zsh.", true);
  }

  void Operands(std::string_view operands) { program_.operands = operands; }
  void Group(std::string_view heading) { group_ = heading; }
  void WithoutDefault() { flags_.back().has_default = false; }

  void Add(std::string_view name, std::string type, std::string default_text, std::string_view help,
           SetValues set, Values choices = {}) {
    WEIR_CHECK(Find(name) == nullptr);
    WEIR_CHECK(!group_.empty());
    flags_.push_back({std::string(name), type, std::move(default_text), std::string(help), group_,
                      false, std::move(choices)});
    CLI::Option* option = app_.add_option("--" + std::string(name), [set](const Values& values) {
      if (Result<Done> done = set(values); !done) throw CLI::ValidationError(done.error().message);
      return true;
    });
    option->expected(1)->allow_extra_args(false);
    if (type == "list") option->take_all();
  }

  Result<ParseOutcome> Parse(int argc, const char* const* argv) {
    words_.assign(argv + std::min(argc, 1), argv + argc);
    Result<Done> read = ReadWords();
    // As in kingpin, a mistake behind --help does not count.
    if (!wanted_.empty()) return ParseOutcome{Text(wanted_)};
    if (!read) return read.error();
    try {
      app_.parse(std::vector<std::string>(pairs_.rbegin(), pairs_.rend()));
    } catch (const CLI::ValidationError& error) {
      return Error{error.what()};
    }
    return ParseOutcome{};
  }

  const std::vector<FlagInfo>& flags() const { return flags_; }
  const std::string& program() const { return program_.name; }

 private:
  const FlagInfo* Find(std::string_view name) const {
    for (const FlagInfo& flag : flags_) {
      if (flag.name == name) return &flag;
    }
    return nullptr;
  }

  std::string Text(std::string_view name) const {
    if (name == "version") return version_ + '\n';
    if (name == "help-man") return ManPage(program_, flags_);
    if (name == "help-markdown") return MarkdownPage(program_, flags_);
    if (name == "completion-script-bash") return BashCompletion(program_, flags_);
    if (name == "completion-script-zsh") return ZshCompletion(program_, flags_);
    return HelpText(program_, flags_, HelpWidth());
  }

  // "-name" or "-name=value" with the name of a flag: how users of Go's own flag package write it.
  bool IsGoFlag(const std::string& word) const {
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    return name.size() > 2 && name.front() == '-' && Find(name.substr(1)) != nullptr;
  }

  Result<Done> ReadWords() {
    bool flags_ended = false;
    int files = 0;
    while (!words_.empty()) {
      const std::string word = std::exchange(words_.front(), {});
      words_.pop_front();
      if (flags_ended) return Error{"unexpected " + word};
      if (word == "--") {
        flags_ended = true;
      } else if (word.size() > 1 && word.front() == '@') {
        if (++files > kMaxArgumentFiles) return Error{"argument files name each other: " + word};
        Result<std::deque<std::string>> lines = ReadArgumentFile(word.substr(1));
        if (!lines) return lines.error();
        words_.insert(words_.begin(), lines->begin(), lines->end());
      } else if (word.starts_with("--")) {
        if (Result<Done> done = ReadFlag(word.substr(2)); !done) return done;
      } else if (word == "-h") {
        if (wanted_.empty()) wanted_ = "help";
      } else if (IsGoFlag(word)) {
        if (Result<Done> done = ReadFlag(word.substr(1)); !done) return done;
      } else if (word.size() > 1 && word.front() == '-') {
        return Error{"unknown short flag '" + word.substr(0, 2) + "'"};
      } else {
        return Error{"unexpected " + word};
      }
    }
    return Done{};
  }

  // `word` is what follows the dashes.
  Result<Done> ReadFlag(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const FlagInfo* flag = Find(name);
    bool positive = true;
    if (flag == nullptr && name.starts_with("no-")) {
      flag = Find(name.substr(3));
      if (flag != nullptr && (flag->type != "switch" || flag->group.empty())) flag = nullptr;
      positive = false;
    }
    if (flag == nullptr) return Error{"unknown long flag '--" + name + "'"};
    if (flag->type == "switch" && equals != std::string::npos) {
      return Error{"unexpected " + word.substr(equals + 1)};
    }
    if (!seen_.insert(flag->name).second && flag->type != "list") {
      return Error{"flag '" + flag->name + "' cannot be repeated"};
    }
    if (flag->group.empty()) {
      if (wanted_.empty()) wanted_ = flag->name;
      return Done{};
    }
    std::string value = positive ? "true" : "false";
    if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (flag->type != "switch") {
      const bool missing =
          words_.empty() || (words_.front().size() > 1 && words_.front().front() == '-');
      if (missing) return Error{"expected argument for flag '--" + name + "'"};
      value = std::move(words_.front());
      words_.pop_front();
    }
    pairs_.push_back("--" + flag->name);
    pairs_.push_back(std::move(value));
    return Done{};
  }

  ProgramText program_;
  const std::string version_;
  CLI::App app_;
  std::string group_;
  std::vector<FlagInfo> flags_;

  std::deque<std::string> words_;   // still to be read
  std::vector<std::string> pairs_;  // read: flag, value, flag, value
  std::set<std::string> seen_;
  std::string wanted_;  // the first built-in flag on the command line
};

FlagSet::FlagSet(std::string program, std::string summary, std::string version)
    : impl_(std::make_unique<Impl>(std::move(program), std::move(summary), std::move(version))) {}

FlagSet::~FlagSet() = default;

void FlagSet::Operands(std::string_view operands) { impl_->Operands(operands); }

void FlagSet::Group(std::string_view heading) { impl_->Group(heading); }

void FlagSet::Add(std::string_view name, bool* variable, std::string_view help) {
  impl_->Add(name, "switch", *variable ? "true" : "false", help, [variable](const Values& values) {
    *variable = values.back() == "true";
    return Done{};
  });
}

void FlagSet::Add(std::string_view name, std::string* variable, std::string_view help) {
  impl_->Add(name, "text", *variable, help, [variable](const Values& values) {
    *variable = values.back();
    return Done{};
  });
}

void FlagSet::Add(std::string_view name, std::chrono::nanoseconds* variable,
                  std::string_view help) {
  impl_->Add(name, "duration", FormatDuration(*variable), help,
             [variable, name = std::string(name)](const Values& values) -> Result<Done> {
               const auto parsed = ParseDuration(values.back(), DurationSyntax::kGoWithDays);
               if (!parsed) return Error{"--" + name + ": " + parsed.error().message};
               *variable = *parsed;
               return Done{};
             });
}

void FlagSet::Add(std::string_view name, std::vector<std::string>* variable,
                  std::string_view help) {
  impl_->Add(name, "list", Join(*variable), help, [variable](const Values& values) {
    *variable = values;
    return Done{};
  });
}

void FlagSet::Add(std::string_view name, std::optional<std::string>* variable,
                  std::string_view help) {
  impl_->Add(name, "text", variable->value_or(""), help, [variable](const Values& values) {
    *variable = values.back();
    return Done{};
  });
  impl_->WithoutDefault();
}

void FlagSet::AddInteger(std::string_view name, std::string_view help, std::string default_text,
                         std::string range, std::function<bool(std::string_view)> set) {
  impl_->Add(name, "int", std::move(default_text), help,
             [=, name = std::string(name)](const Values& values) -> Result<Done> {
               if (set(values.back())) return Done{};
               return Error{"--" + name + " must be a whole number from " + range + ", got '" +
                            values.back() + "'"};
             });
}

void FlagSet::AddSize(std::string_view name, uint64_t* variable, std::string_view help) {
  impl_->Add(name, "size", ByteSizeText(*variable), help,
             [variable, name = std::string(name)](const Values& values) -> Result<Done> {
               const auto parsed = ParseByteSize(values.back());
               if (!parsed) {
                 return Error{"--" + name +
                              " must be a size in bytes, such as 65536, 64KiB or 16MiB, got '" +
                              values.back() + "'"};
               }
               *variable = *parsed;
               return Done{};
             });
}

void FlagSet::AddChoice(std::string_view name, std::string* variable,
                        std::vector<std::string> choices, std::string_view help) {
  const auto set = [variable, choices](const Values& values) -> Result<Done> {
    if (std::find(choices.begin(), choices.end(), values.back()) == choices.end()) {
      return Error{"enum value must be one of " + Join(choices) + ", got '" + values.back() + "'"};
    }
    *variable = values.back();
    return Done{};
  };
  impl_->Add(name, "choice", *variable, help, set, choices);
  if (variable->empty()) impl_->WithoutDefault();
}

Result<ParseOutcome> FlagSet::Parse(int argc, const char* const* argv) {
  Result<ParseOutcome> outcome = impl_->Parse(argc, argv);
  if (outcome) return outcome;
  const std::string path = argc > 0 ? argv[0] : impl_->program();
  return Error{path.substr(path.rfind('/') + 1) + ": error: " + outcome.error().message +
               ", try --help"};
}

std::vector<FlagInfo> FlagSet::List() const { return impl_->flags(); }

}  // namespace weir
