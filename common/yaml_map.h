// Maps and lists of a configuration file: which keys there are and what reads each.
//
// A file's shape is written down as tables of Key<T>; ReadMap walks a map by its table and tells of
// unknown keys, with the key that was probably meant.
//
// Thread safety: free functions.
// Tested by tests/unit/mapping/config_test.cc and tests/unit/common/topology/config_yaml_test.cc.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/diagnostics.h"
#include "common/yaml.h"
#include "common/yaml_scalar.h"

namespace weir {

// A key of a map and what reads its value into a T.
template <class T>
struct Key {
  std::string_view name;
  void (*read)(const Field& field, T* into);
};

// "unknown key `x` in <where>", and which of `known` (not empty) was meant, or all of them.
std::string UnknownKey(std::string_view key, std::string_view where,
                       const std::vector<std::string_view>& known);

inline bool IsNull(const Field& field) { return field.node.kind == YamlNode::Kind::kNull; }

// REQUIRES: `node` is a map. An unknown key is a suspicion.
template <class T>
void ReadMap(const YamlNode& node, std::string_view where, std::span<const Key<T>> keys,
             Diagnostics& diagnostics, T* into) {
  for (const YamlEntry& entry : node.entries) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const Key<T>& known) { return known.name == entry.key; });
    if (key == keys.end()) {
      std::vector<std::string_view> names;
      for (const Key<T>& known : keys) names.push_back(known.name);
      diagnostics.Suspicion(entry.position, UnknownKey(entry.key, where, names));
    } else {
      key->read({entry.key, *entry.value, diagnostics}, into);
    }
  }
}

// One of a few words; `words` maps them to values.
template <class T>
void ReadWord(const Field& field, std::initializer_list<std::pair<std::string_view, T>> words,
              std::string_view wanted, Setting<T>* out) {
  if (IsNull(field)) return;
  for (const auto& [word, value] : words) {
    if (field.node.kind != YamlNode::Kind::kScalar || field.node.text != word) continue;
    out->value = value;
    out->position = field.node.position;
    return;
  }
  ReportWrongValue(field, wanted);
}

// Calls `read_item` for each item of a list.
template <class ReadItem>
void ReadList(const Field& field, std::string_view wanted, const ReadItem& read_item) {
  if (IsNull(field)) return;
  if (field.node.kind != YamlNode::Kind::kSequence) return ReportWrongValue(field, wanted);
  for (const YamlNodePtr& item : field.node.items) {
    read_item(Field{field.key, *item, field.diagnostics});
  }
}

}  // namespace weir
