// ParserOptions: which dialects a line may speak and what its doubtful parts mean. The defaults are
// the exporter's.
#pragma once

namespace weir {

struct ParserOptions {
  // The dialects of tags. One that is off leaves its characters where they stand, except DogStatsD:
  // its tags are then dropped.
  bool dogstatsd = true;
  bool influxdb = true;
  bool librato = true;
  bool signalfx = true;
  // `|c:id` becomes the label container_id; otherwise it is skipped and counted as ignored.
  bool container_id = true;
  // `|s` is a set; otherwise it is refused as statsd_exporter refuses it.
  bool sets = true;
  // A gauge with a sign is a change; otherwise its value is absolute.
  bool relative_gauges = true;
};

}  // namespace weir
