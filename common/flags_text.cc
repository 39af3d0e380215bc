#include "common/flags_text.h"

#include <algorithm>

namespace weir {
namespace {

constexpr size_t kHelpIndent = 8;

constexpr std::string_view kCommandLineRules = R"(
* A value follows as `--flag=value` or as the next word; `--flag=` is the empty text.
* A *switch* is `--flag` or `--no-flag`, without a value. A *list* may be given several times, any
  other flag once.
* A *duration* is numbers with units, such as `200ms` or `1h30m`; the units are ns, us, ms, s, m, h,
  d and w.
* `@file` stands for the lines of that file, one argument each; empty lines and lines that start
  with `#` are left out. No environment variable is read.
* A wrong command line is one line on stderr and exit status 1.
)";

std::string Join(const std::vector<std::string>& words, std::string_view separator) {
  std::string joined;
  for (const std::string& word : words) {
    if (!joined.empty()) joined += separator;
    joined += word;
  }
  return joined;
}

std::string Synopsis(const ProgramText& program) {
  return program.name + " [flags]" + (program.operands.empty() ? "" : " " + program.operands);
}

// "--name=<int>", "--[no-]name", "--kind=lru|random".
std::string Usage(const FlagInfo& flag) {
  if (flag.name == "help") return "-h, --help";
  if (flag.group.empty()) return "--" + flag.name;
  if (flag.type == "switch") return "--[no-]" + flag.name;
  if (flag.type == "choice") return "--" + flag.name + "=" + Join(flag.choices, "|");
  return "--" + flag.name + "=<" + (flag.type == "list" ? "text" : flag.type) + ">";
}

std::string Explanation(const FlagInfo& flag) {
  if (flag.group.empty() || !flag.has_default) return flag.help;
  std::string text = flag.help;
  if (flag.type == "list") {
    text += " May be repeated.";
    if (flag.default_text.empty()) return text;
  }
  const bool quoted = flag.type == "text" || flag.type == "list";
  text += " Default: ";
  text += quoted ? '"' + flag.default_text + '"' : flag.default_text;
  return text + '.';
}

void AppendWrapped(std::string_view text, size_t indent, size_t width, std::string& out) {
  size_t column = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (column == 0) {
      out.append(indent, ' ');
      column = indent;
    } else if (column + 1 + end > width) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

// Calls `heading` at the start of each group and `each` for each flag that is not hidden.
template <class Heading, class Each>
void ForEachByGroup(const std::vector<FlagInfo>& flags, Heading heading, Each each) {
  std::vector<std::string> groups;
  for (const FlagInfo& flag : flags) {
    if (std::find(groups.begin(), groups.end(), flag.group) == groups.end()) {
      groups.push_back(flag.group);
    }
  }
  for (const std::string& group : groups) {
    const auto shown = [&group](const FlagInfo& f) { return f.group == group && !f.hidden; };
    if (std::none_of(flags.begin(), flags.end(), shown)) continue;
    heading(group);
    for (const FlagInfo& flag : flags) {
      if (shown(flag)) each(flag);
    }
  }
}

std::string Roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else if ((c == '.' || c == '\'') && escaped.empty()) {
      escaped += "\\&";
      escaped += c;
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::vector<std::string> LongNames(const std::vector<FlagInfo>& flags) {
  std::vector<std::string> names;
  for (const FlagInfo& flag : flags) {
    if (flag.hidden) continue;
    names.push_back("--" + flag.name);
    if (flag.type == "switch" && !flag.group.empty()) names.push_back("--no-" + flag.name);
  }
  return names;
}

std::string Identifier(std::string_view program) {
  std::string identifier(program);
  std::replace(identifier.begin(), identifier.end(), '-', '_');
  return identifier;
}

}  // namespace

std::string HelpText(const ProgramText& program, const std::vector<FlagInfo>& flags, size_t width) {
  std::string text = "Usage: " + Synopsis(program) + "\n\n";
  AppendWrapped(program.summary, 0, width, text);
  ForEachByGroup(
      flags, [&](const std::string& group) { text += '\n' + (group.empty() ? "" : group + '\n'); },
      [&](const FlagInfo& flag) {
        AppendWrapped(Usage(flag), 2, width, text);
        AppendWrapped(Explanation(flag), kHelpIndent, width, text);
      });
  return text;
}

std::string ManPage(const ProgramText& program, const std::vector<FlagInfo>& flags) {
  std::string upper = program.name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  std::string text = ".TH " + Roff(upper) + " 1\n.SH NAME\n" + Roff(program.name) + " \\- " +
                     Roff(program.summary) + "\n.SH SYNOPSIS\n" + Roff(Synopsis(program)) +
                     "\n.SH OPTIONS\n";
  ForEachByGroup(
      flags,
      [&](const std::string& group) {
        if (!group.empty()) text += ".SS " + Roff(group) + '\n';
      },
      [&](const FlagInfo& flag) {
        text += ".TP\n\\fB" + Roff(Usage(flag)) + "\\fR\n" + Roff(Explanation(flag)) + '\n';
      });
  return text;
}

std::string MarkdownPage(const ProgramText& program, const std::vector<FlagInfo>& flags) {
  const auto cell = [](std::string_view text) {
    std::string escaped;
    for (const char c : text) {
      if (c == '|') escaped += '\\';
      escaped += c;
    }
    return escaped;
  };
  std::string text = "# Flags of " + program.name + "\n\nWritten by `" + program.name +
                     " --help-markdown`. The same, for a terminal: `--help`; as a man page: "
                     "`--help-man`;\nfor shells: `--completion-script-bash`, "
                     "`--completion-script-zsh`; the version: `--version`.\n" +
                     std::string(kCommandLineRules);
  ForEachByGroup(
      flags,
      [&](const std::string& group) {
        if (group.empty()) return;
        text += "\n## " + group + "\n\n| flag | type | default | meaning |\n|---|---|---|---|\n";
      },
      [&](const FlagInfo& flag) {
        if (flag.group.empty()) return;
        const std::string name = (flag.type == "switch" ? "--[no-]" : "--") + flag.name;
        const bool choice = flag.type == "choice";
        text += "| `" + name + "` | " +
                (choice ? "`" + Join(flag.choices, "`, `") + "`" : cell(flag.type)) + " | " +
                (flag.default_text.empty() ? "" : "`" + cell(flag.default_text) + "`") + " | " +
                cell(flag.help) + " |\n";
      });
  return text;
}

std::string BashCompletion(const ProgramText& program, const std::vector<FlagInfo>& flags) {
  const std::string function = "_" + Identifier(program.name);
  std::string text = function + "() {\n";
  text += "  local current=\"${COMP_WORDS[COMP_CWORD]}\" flag=\"${COMP_WORDS[COMP_CWORD-1]}\"\n";
  text += "  if [[ \"$current\" == \"=\" ]]; then\n    current=\"\"\n";
  text += "  elif [[ \"$flag\" == \"=\" ]]; then\n    flag=\"${COMP_WORDS[COMP_CWORD-2]}\"\n  fi\n";
  text += "  case \"$flag\" in\n";
  for (const FlagInfo& flag : flags) {
    if (flag.type != "choice" || flag.hidden) continue;
    text += "    --" + flag.name + ") COMPREPLY=($(compgen -W \"" + Join(flag.choices, " ") +
            "\" -- \"$current\")); return ;;\n";
  }
  text += "  esac\n  if [[ \"$current\" == -* ]]; then\n    COMPREPLY=($(compgen -W \"" +
          Join(LongNames(flags), " ") + "\" -- \"$current\"))\n";
  text += "  else\n    COMPREPLY=($(compgen -f -- \"$current\"))\n  fi\n}\n";
  return text + "complete -F " + function + " " + program.name + "\n";
}

std::string ZshCompletion(const ProgramText& program, const std::vector<FlagInfo>& flags) {
  const auto escape = [](std::string_view help) {
    std::string escaped;
    for (const char c : help) {
      if (c == '\'') {
        escaped += "'\\''";
        continue;
      }
      if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
      escaped += c;
    }
    return escaped;
  };
  std::string text = "#compdef " + program.name + "\n_arguments";
  if (!program.operands.empty()) text += " \\\n  '*:operand:_files'";
  for (const FlagInfo& flag : flags) {
    if (flag.hidden) continue;
    const std::string help = "[" + escape(flag.help) + "]";
    const std::string repeat = flag.type == "list" ? "*" : "";
    const bool is_switch = flag.type == "switch";
    text += " \\\n  '" + repeat + "--" + flag.name + (is_switch ? "" : "=") + help;
    if (flag.type == "choice") {
      text += ":choice:(" + Join(flag.choices, " ") + ")";
    } else if (!is_switch) {
      text += ":" + flag.type + ":_files";
    }
    text += "'";
    if (is_switch && !flag.group.empty()) text += " \\\n  '--no-" + flag.name + help + "'";
  }
  return text + "\n";
}

}  // namespace weir
