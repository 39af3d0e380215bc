// SampleKey: by which key a router has placed a sample, from the sample.
//
// `name` and `series` as KeyReader reads lines (common/key.h). `mapped` as the router's MappedKey
// does: by the series that the rules make of it under the default dialects of tags; the rules are
// the exporter's own, which must be the router's.
// What cannot be told from a sample: of a line with several samples the router's rules look at the
// first, and lyft's statsrelay hashes all packed values but the last.
//
// Cost: that of a key; `mapped` that of the rules (mapping/mapper.h) once more. Taken only when a
// series is seen for the first time.
// Thread safety: owned by one shard. Tested by tests/unit/exporter/sample_key_test.cc.
#pragma once

#include <cstdint>

#include "common/key.h"
#include "common/sample.h"
#include "common/tags.h"
#include "exporter/ownership.h"
#include "mapping/mapper.h"

namespace weir {

class SampleKey {
 public:
  explicit SampleKey(const Ownership& ownership);

  // The hash of its key, as Ownership::LetsGo takes it, for any ownership with the SameKeys.
  uint64_t HashOf(const Ownership& ownership, const Mapper& mapper, const Sample& sample);

 private:
  const bool mapped_;
  KeyReader reader_;

  // Scratch of `mapped`.
  MetricName name_;
  Resolution resolution_;
};

}  // namespace weir
