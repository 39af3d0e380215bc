// README.md and docs/ as tests look at them: files, tables, blocks of commands.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/flags.h"
#include "tests/support/catch.h"
#include "tests/support/source_dir.h"
#include "tests/support/text_page.h"

namespace weir {

using Texts = std::vector<std::string>;
using Names = std::set<std::string>;

inline const std::filesystem::path kRoot = SourceDir();

inline std::string FileText(const std::filesystem::path& path) {
  std::ifstream file(path);
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

// README.md and docs/*.md, by path.
inline std::map<std::filesystem::path, std::string> Pages() {
  std::map<std::filesystem::path, std::string> pages;
  pages[kRoot / "README.md"] = FileText(kRoot / "README.md");
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "docs")) {
    if (entry.path().extension() == ".md") pages[entry.path()] = FileText(entry.path());
  }
  return pages;
}

// Whether the page is about weir-router alone.
inline bool IsRouterPage(const std::filesystem::path& path) {
  return path.filename().string().starts_with("router-");
}

// The first group of every match.
inline Texts AllOf(const std::string& text, const char* expression) {
  const std::regex regex(expression);
  Texts found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
    found.push_back((*match)[1]);
  }
  return found;
}

inline Names SetOf(const Texts& texts) { return {texts.begin(), texts.end()}; }

// Names that both have say nothing; what differs does.
inline Names Without(const Names& names, const Names& others) {
  Names rest;
  for (const std::string& name : names) {
    if (!others.contains(name)) rest.insert(name);
  }
  return rest;
}

// A row of a table: the texts between its bars.
inline Texts CellsOf(const std::string& line) {
  Texts cells;
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

// Flags and their defaults, as pages of flags spell them.
using FlagRows = std::map<std::string, std::string>;

inline FlagRows FlagRowsOf(const std::string& page) {
  FlagRows rows;
  for (const std::string& line : LinesOf(page)) {
    const Texts cells = CellsOf(line);
    const Texts flags = cells.empty() ? Texts() : AllOf(cells[0], "`(--[^`]+)`");
    if (flags.empty()) continue;
    const Texts defaults = AllOf(cells.at(2), "`([^`]*)`");
    rows[flags[0]] = defaults.empty() ? "" : defaults[0];
  }
  return rows;
}

inline FlagRows FlagRowsOf(const std::vector<FlagInfo>& flags) {
  FlagRows rows;
  for (const FlagInfo& flag : flags) {
    if (flag.hidden || flag.group.empty()) continue;
    rows[(flag.type == "switch" ? "--[no-]" : "--") + flag.name] = flag.default_text;
  }
  return rows;
}

// The flags in the text of --help, without --version.
inline Names HelpedFlags(const std::string& help) {
  Names helped = SetOf(AllOf(help, "\n  (--[^=\n]+)"));
  CHECK(helped.erase("--version") == 1);
  return helped;
}

inline Names KeysOf(const FlagRows& rows) {
  Names keys;
  for (const auto& [key, value] : rows) keys.insert(key);
  return keys;
}

// A metric: its type, and the names of its labels.
using MetricDoc = std::pair<std::string, Names>;

// The metrics in the tables of a page whose columns begin with name, type and labels.
inline std::map<std::string, MetricDoc> MetricRowsOf(const std::string& page) {
  std::map<std::string, MetricDoc> rows;
  for (const std::string& line : LinesOf(page)) {
    const Texts cells = CellsOf(line);
    const Texts names = cells.size() < 4 ? Texts() : AllOf(cells[0], "^ `([a-z_]+)`");
    if (names.empty()) continue;
    const Texts types = AllOf(cells[1], "^ (counter|gauge) $");
    if (types.empty()) continue;
    INFO(names[0]);
    CHECK_FALSE(rows.contains(names[0]));
    rows[names[0]] = {types[0], SetOf(AllOf(cells[2], "`([a-z_]+)`"))};
  }
  return rows;
}

// The same of collected families.
template <class Families>
std::map<std::string, MetricDoc> MetricDocsOf(const Families& families) {
  std::map<std::string, MetricDoc> docs;
  for (const auto& family : families) {
    auto& [type, labels] = docs[family.name];
    using Type = std::remove_cvref_t<decltype(family.type)>;
    type = family.type == Type::Counter ? "counter" : "gauge";
    for (const auto& series : family.metric) {
      for (const auto& label : series.label) labels.insert(label.name);
    }
  }
  return docs;
}

// The lines of fenced and indented blocks, those that end in a backslash joined with the next.
inline Texts BlockLines(const std::string& text) {
  Texts lines;
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
inline Texts ShellWords(std::string_view line) {
  Texts words;
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

// The arguments of every command line of `program` in a block of the page, which has flags.
inline std::vector<Texts> CommandsOf(const std::string& page, const std::string& program) {
  std::vector<Texts> commands;
  for (const std::string& line : BlockLines(page)) {
    Texts words = ShellWords(line);
    if (!words.empty() && words[0] == "$") words.erase(words.begin());
    const bool is_ours =
        !words.empty() && (words[0] == program || words[0].ends_with("/" + program));
    if (!is_ours || line.find(" --") == line.npos) continue;
    words.erase(words.begin());
    commands.push_back(std::move(words));
  }
  return commands;
}

}  // namespace weir
