#include "common/topology/target_file.h"

#include <glob.h>

#include <utility>

#include "common/config_text.h"
#include "common/diagnostics.h"
#include "common/placement.h"
#include "common/topology/config_scalars.h"
#include "common/yaml.h"
#include "common/yaml_map.h"

namespace weir {
namespace {

using Kind = YamlNode::Kind;

struct Group {
  std::vector<Target> targets;
  std::string label;
  Position label_position;
  uint32_t weight = 0;
};

void ReadAddresses(const Field& field, Group* into) {
  ReadList(field, "a list such as [\"10.0.0.1:9125\"]", [&](const Field& item) {
    const auto address = TextOf(item, kTargetWanted);
    if (!address) return;
    if (!IsTarget(*address)) return ReportWrongValue(item, kTargetWanted);
    into->targets.push_back({std::string(*address), {}, 0});
  });
}

void ReadLabels(const Field& field, Group* into) {
  if (IsNull(field)) return;
  if (field.node.kind != Kind::kMap) return ReportWrongValue(field, "a map such as {env: prod}");
  for (const YamlEntry& entry : field.node.entries) {
    const Field value{entry.key, *entry.value, field.diagnostics};
    if (entry.key == "__weight__") {
      ReadInteger<uint32_t>(value, 1, RingNode::kMaxWeight, &into->weight);
    } else if (entry.key == "__label__") {
      into->label_position = entry.position;
      ReadText(value, &into->label);
    }
  }
}

constexpr Key<Group> kKeys[] = {{"targets", ReadAddresses}, {"labels", ReadLabels}};

void ReadGroup(const Field& item, std::vector<Target>* targets) {
  if (item.node.kind != Kind::kMap) {
    return ReportWrongValue(item, "a group such as {targets: [\"10.0.0.1:9125\"]}");
  }
  Group group;
  ReadMap<Group>(item.node, "a group of targets", kKeys, item.diagnostics, &group);
  if (!group.label.empty() && group.targets.size() > 1) {
    item.diagnostics.Error(group.label_position,
                           "__label__: it cannot be that of all targets of this group; make a "
                           "group for each");
  }
  for (Target& target : group.targets) {
    target.label = group.label;
    target.weight = group.weight;
    targets->push_back(std::move(target));
  }
}

}  // namespace

Result<std::vector<Target>> ReadTargets(std::string_view text, const std::string& name) {
  Diagnostics diagnostics(name, true);
  std::vector<Target> targets;
  const YamlNodePtr root =
      IsConfigText(text, &diagnostics) ? ParseYaml(text, &diagnostics) : nullptr;
  if (root != nullptr && root->kind != Kind::kNull) {
    ReadList({"the file", *root, diagnostics},
             "a list of groups such as [{targets: [\"10.0.0.1:9125\"]}]",
             [&](const Field& item) { ReadGroup(item, &targets); });
  } else if (diagnostics.error_count() == 0) {
    diagnostics.Error({}, "there is nothing in it; `[]` says that there are no targets");
  }
  if (diagnostics.error_count() == 0) return targets;
  std::string all;
  for (const std::string& error : diagnostics.errors()) {
    all.append(all.empty() ? "" : "\n").append(error);
  }
  return Error{all};
}

Result<std::vector<Target>> ReadTargetFile(const std::string& path) {
  const auto text = ReadConfigFile(path);
  if (!text) return text.error();
  return ReadTargets(*text, path);
}

std::vector<std::string> FilesOf(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == pattern.npos) return {pattern};
  std::vector<std::string> files;
  glob_t found;
  if (glob(pattern.c_str(), GLOB_NOESCAPE, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return files;
}

}  // namespace weir
