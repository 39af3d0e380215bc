#include "common/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "common/config_text.h"

namespace weir {
namespace {

using Kind = YamlNode::Kind;

Position PositionOf(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<uint32_t>(mark.line + 1), static_cast<uint32_t>(mark.column + 1)};
}

bool HasKey(const std::vector<YamlEntry>& entries, std::string_view key) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const YamlEntry& entry) { return entry.key == key; });
}

// Builds the tree out of yaml-cpp's events: unlike its Node, they still say what was quoted.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Diagnostics* diagnostics) : diagnostics_(*diagnostics) {}

  YamlNodePtr root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Attach(Make(Kind::kNull, mark, anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const std::shared_ptr<YamlNode>& node = anchors_[anchor];
    for (const Open& open : open_) {
      if (open.node != node) continue;
      diagnostics_.Error(PositionOf(mark), "this alias stands inside the value it refers to");
      Attach(Make(Kind::kNull, mark, 0));
      return;
    }
    Attach(node);
  }

  // yaml-cpp takes nearly anything for a name, so that a text beginning with & would be null.
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    constexpr std::string_view kLegal =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";
    if (name.find_first_not_of(kLegal) == std::string::npos) return;
    diagnostics_.Error(PositionOf(mark), "`&" + name +
                                             "` is read as a YAML anchor; quote a text that "
                                             "starts with &");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = Make(Kind::kScalar, mark, anchor);
    node->text = value;
    node->is_plain = tag == "?";
    Attach(node);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({Make(Kind::kSequence, mark, anchor), {}, {}});
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({Make(Kind::kMap, mark, anchor), {}, {}});
  }
  void OnMapEnd() override {
    MergeInto(&open_.back());
    Close();
  }

 private:
  // A sequence or map whose end has not come yet.
  struct Open {
    std::shared_ptr<YamlNode> node;
    std::shared_ptr<YamlNode> key;      // read, its value not yet
    std::vector<YamlNodePtr> to_merge;  // values of `<<`
  };

  std::shared_ptr<YamlNode> Make(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->position = PositionOf(mark);
    if (anchor != 0) anchors_[anchor] = node;
    return node;
  }

  void Attach(const std::shared_ptr<YamlNode>& node) {
    if (open_.empty()) {
      root_ = node;
    } else if (Open& open = open_.back(); open.node->kind == Kind::kSequence) {
      open.node->items.push_back(node);
    } else if (open.key == nullptr) {
      open.key = node;
    } else {
      AddEntry(&open, *std::exchange(open.key, nullptr), node);
    }
  }

  void AddEntry(Open* open, const YamlNode& key, const std::shared_ptr<YamlNode>& value) {
    if (key.kind == Kind::kSequence || key.kind == Kind::kMap) {
      diagnostics_.Error(key.position, "a key must be a plain text, not a list or a map");
      return;
    }
    if (key.is_plain && key.text == "<<") {
      open->to_merge.push_back(value);
      return;
    }
    for (YamlEntry& entry : open->node->entries) {
      if (entry.key != key.text) continue;
      diagnostics_.Suspicion(key.position, "key `" + key.text + "` is given twice, first in line " +
                                               std::to_string(entry.position.line) +
                                               "; the last one counts");
      entry = {key.text, key.position, value};
      return;
    }
    open->node->entries.push_back({key.text, key.position, value});
  }

  // The map's own keys win over merged ones, and of several merged maps the first.
  void MergeInto(Open* open) {
    for (const YamlNodePtr& source : open->to_merge) {
      if (source->kind == Kind::kSequence) {
        for (const YamlNodePtr& item : source->items) MergeOne(*item, open->node.get());
      } else {
        MergeOne(*source, open->node.get());
      }
    }
  }

  void MergeOne(const YamlNode& source, YamlNode* target) {
    if (source.kind != Kind::kMap) {
      diagnostics_.Error(source.position,
                         "`<<` needs a map or a list of maps, such as `<<: *name`");
      return;
    }
    for (const YamlEntry& entry : source.entries) {
      if (!HasKey(target->entries, entry.key)) target->entries.push_back(entry);
    }
  }

  void Close() {
    const std::shared_ptr<YamlNode> node = std::move(open_.back().node);
    open_.pop_back();
    Attach(node);
  }

  Diagnostics& diagnostics_;
  std::vector<Open> open_;  // innermost last
  std::map<YAML::anchor_t, std::shared_ptr<YamlNode>> anchors_;
  YamlNodePtr root_;
};

std::string_view LineOf(std::string_view text, uint32_t line) {
  for (; line > 1 && !text.empty(); --line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return text.substr(0, text.find_first_of("\r\n"));
}

// What the value on a line, after `key:` and `-`, begins with.
std::string_view ValueOf(std::string_view line) {
  const size_t colon = line.find(": ");
  if (colon != std::string_view::npos) line.remove_prefix(colon + 2);
  line.remove_prefix(std::min(line.find_first_not_of(" -"), line.size()));
  return line;
}

// A syntax error in our words when it is one of the usual ones.
std::string Explain(const YAML::Exception& error, std::string_view text, Position where) {
  const std::string_view line = LineOf(text, where.line);
  const std::string_view value = ValueOf(line);
  std::string quoted = " in `" + std::string(line) + "`";
  if (value.starts_with('*')) {
    return "`" + std::string(value) + "` is read as a YAML alias; quote a text that starts with *";
  }
  if (error.msg.find("escape") != std::string::npos) {
    return "unknown escape" + quoted +
           "; in double quotes write \\\\. for \\., or use single quotes";
  }
  if (value.starts_with('%') || value.starts_with('@') || value.starts_with('`')) {
    return "a text cannot begin with `" + std::string(value.substr(0, 1)) + "`" + quoted +
           "; put it in quotes";
  }
  if (line.find('\t') != std::string_view::npos &&
      line.find_first_not_of(" \t") > line.find('\t')) {
    return "a tab" + quoted + "; indent with spaces";
  }
  return "YAML: " + error.msg + quoted;
}

}  // namespace

YamlNodePtr ParseYaml(std::string_view text, Diagnostics* diagnostics) {
  // yaml-cpp takes some bytes for the end of the file and repairs others in silence.
  if (!IsConfigText(text, diagnostics)) return nullptr;
  // yaml-cpp closes a quote left open in silence when the last byte is a line break; a comment is
  // not.
  std::istringstream stream(std::string(text) + (text.ends_with('\n') ? "#" : ""));
  TreeBuilder builder(diagnostics);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
  } catch (const YAML::Exception& error) {
    const Position where = PositionOf(error.mark);
    diagnostics->Error(where, Explain(error, text, where));
    return nullptr;
  }
  return builder.root();
}

}  // namespace weir
