// YamlNode: a YAML document, read as Go's yaml.v2 reads it.
//
// statsd_exporter's mapping files were written for that library, which differs from yaml-cpp used
// plainly: of a key given twice the last one counts (a suspicion), `<<` merges maps, a key without
// value is null and not the text "null", and only the first document of a stream is read. Scalars
// keep their text and whether they were quoted; common/yaml_scalar.h gives them types,
// common/yaml_map.h takes maps apart.
//
// Lifetimes: nodes are shared where the file uses aliases, and never change once parsed.
// Tested by tests/unit/common/yaml_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/diagnostics.h"

namespace weir {

struct YamlNode;
using YamlNodePtr = std::shared_ptr<const YamlNode>;

struct YamlEntry {
  std::string key;
  Position position;  // of the key
  YamlNodePtr value;  // never null
};

struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  Position position;
  std::string text;       // kScalar
  bool is_plain = false;  // kScalar: neither quoted nor tagged, so it may be a number or bool
  std::vector<YamlNodePtr> items;  // kSequence
  std::vector<YamlEntry> entries;  // kMap: each key once, merged maps after the map's own keys
};

// The root of the first document; null for a file without any, and after an error.
YamlNodePtr ParseYaml(std::string_view text, Diagnostics* diagnostics);

}  // namespace weir
