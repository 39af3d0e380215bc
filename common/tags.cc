#include "common/tags.h"

namespace weir {
namespace {

constexpr std::string_view kContainerId = "container_id";

// Where the tags of a raw name stand. SignalFX: head[list]tail; the others: head,list or head#list.
struct NameParts {
  std::string_view head;
  std::string_view list;
  std::string_view tail;
  bool lone_bracket = false;
};

NameParts SplitName(const ParserOptions& options, std::string_view name) {
  if (options.signalfx) {
    const size_t open = name.find('[');
    const size_t close = name.find(']');
    if (open != std::string_view::npos || close != std::string_view::npos) {
      // npos is the largest position: this also holds for a bracket that has no other.
      if (open >= close || close == std::string_view::npos) return {name, {}, {}, true};
      return {name.substr(0, open), name.substr(open + 1, close - open - 1), name.substr(close + 1),
              false};
    }
  }
  for (size_t at = 0; at < name.size(); ++at) {
    if ((name[at] == '#' && options.librato) || (name[at] == ',' && options.influxdb)) {
      return {name.substr(0, at), name.substr(at + 1), {}, false};
    }
  }
  return {name, {}, {}, false};
}

// Calls found(tag) for each good tag of a comma-separated list, returns the number of bad ones.
// Nothing after the last comma is nothing, not a bad tag.
template <class Found>
uint32_t ForEachTag(std::string_view list, char separator, bool strip_hash, Found found) {
  uint32_t errors = 0;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view tag = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (strip_hash && tag.starts_with('#')) tag.remove_prefix(1);
    const size_t at = tag.find(separator);
    if (at == std::string_view::npos || at == 0 || at + 1 == tag.size()) {
      ++errors;
      continue;
    }
    found(Tag{tag.substr(0, at), tag.substr(at + 1)});
  }
  return errors;
}

template <class Found>
uint32_t ForEachNameTag(const NameParts& parts, Found found) {
  if (parts.lone_bracket) return 1;
  return ForEachTag(parts.list, '=', false, found);
}

template <class Found>
uint32_t ForEachFieldTag(std::span<const std::string_view> label_fields, Found found) {
  uint32_t errors = 0;
  for (const std::string_view field : label_fields) {
    if (field.starts_with('#')) {
      errors += ForEachTag(field.substr(1), ':', true, found);
    } else {
      found(Tag{kContainerId, field.substr(2)});
    }
  }
  return errors;
}

}  // namespace

void ReadTags(const ParserOptions& options, std::string_view raw_name,
              std::span<const std::string_view> label_fields, MetricName* out) {
  const NameParts parts = SplitName(options, raw_name);
  out->name.assign(parts.head);
  out->name.append(parts.tail);
  out->tags.clear();
  const auto keep = [out](const Tag& tag) { out->tags.push_back(tag); };
  out->name_tag_errors = ForEachNameTag(parts, keep);
  out->field_tag_errors = ForEachFieldTag(label_fields, keep);
}

TagTally TallyNameTags(const ParserOptions& options, std::string_view raw_name) {
  TagTally tally;
  tally.errors =
      ForEachNameTag(SplitName(options, raw_name), [&tally](const Tag&) { ++tally.tags; });
  return tally;
}

TagTally TallyFieldTags(std::span<const std::string_view> label_fields) {
  TagTally tally;
  tally.errors = ForEachFieldTag(label_fields, [&tally](const Tag&) { ++tally.tags; });
  return tally;
}

}  // namespace weir
