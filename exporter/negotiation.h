// Negotiate: which format and packing a scraper gets, from its Accept and Accept-Encoding headers.
//
// The entries of Accept are tried by falling q, specific ones before wildcards, then as they stand;
// the first one that we can write wins: delimited protobuf, OpenMetrics 1.0 when it is enabled, or
// text 0.0.4. When none fits, or there is none, the answer is text: a wildcard alone picks nothing.
// An entry with q=0 never wins.
// gzip is used when Accept-Encoding gives it a higher q than identity; `*` speaks for those it does
// not name.
//
// Thread safety: pure functions, any thread.
// Tested by tests/unit/exporter/negotiation_test.cc.
#pragma once

#include <string>
#include <string_view>

#include "exporter/exposition.h"

namespace weir {

struct Negotiated {
  Format format = Format::kText;
  bool gzip = false;
  // For the Content-Type header. `escaping` answers the scraper's own term, by default underscores;
  // our names need none, so it changes nothing else.
  std::string content_type;
};

// An absent header is the empty string. Broken entries are skipped.
Negotiated Negotiate(std::string_view accept, std::string_view accept_encoding,
                     bool openmetrics_enabled);

}  // namespace weir
