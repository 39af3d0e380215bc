// ConfigDraft: a configuration while it is being read, with the places that later checks point at.
//
// Each form's reader fills one; CheckDraft then says what no single key can. A reader that meets a
// wrong value reports it and goes on with the default, so that all errors come at once.
//
// Thread safety: none; one per file being read.
// Tested by tests/unit/common/topology/config_yaml_test.cc and those of the other forms.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/diagnostics.h"
#include "common/topology/config.h"

namespace weir {

// What is known of a downstream beside its configuration.
struct DownstreamNote {
  Position position;         // of its entry
  Position weight_position;  // line 0: none was given
  // Whether somebody decided that there is no probe; otherwise its absence is a warning.
  bool unprobed_on_purpose = false;
};

struct ConfigDraft {
  RouterConfig config;
  std::vector<DownstreamNote> notes;           // one per config.downstreams
  std::vector<DownstreamNote> discover_notes;  // one per config.discover
  // Labels of downstreams, by shard, until CheckDraft has found them.
  std::vector<std::pair<std::string, Position>> shards;
  Position shards_position;                            // line 0: there is no shard_map
  Position mapping_position;                           // line 0: there is no mapping
  Position key_position;                               // line 0: there is no key
  std::string_view downstreams_key = "`downstreams`";  // where this form lists them
  bool is_list_broken = false;                         // they were not a list, which was told
  bool may_listen_on_nothing = false;                  // lines come by another way

  DownstreamConfig& AddDownstream(Position position);
  DiscoverConfig& AddDiscover(Position position);
};

// The forms. Each returns false when the text has no structure to check any further. The text is
// IsConfigText and has no byte order mark.
bool ReadYamlConfig(std::string_view text, ConfigDraft* draft, Diagnostics* diagnostics);
bool ReadHuluConfig(std::string_view text, ConfigDraft* draft, Diagnostics* diagnostics);
bool ReadGoConfig(std::string_view text, ConfigDraft* draft, Diagnostics* diagnostics);
bool ReadEtsyConfig(std::string_view text, ConfigDraft* draft, Diagnostics* diagnostics);

// Lets the command line have its way.
void ApplyOverrides(const ConfigOverrides& overrides, ConfigDraft* draft, Diagnostics* diagnostics);

// Fills in labels and shards and checks what depends on several keys.
void CheckDraft(ConfigDraft* draft, Diagnostics* diagnostics);

}  // namespace weir
