#include "exporter/exposition.h"

#include "common/check.h"
#include "exporter/openmetrics_format.h"
#include "exporter/proto_format.h"
#include "exporter/text_format.h"

namespace weir {

const Exposition& Exposition::For(Format format) {
  static const TextFormat text;
  static const OpenMetricsFormat openmetrics;
  static const ProtoFormat proto;
  switch (format) {
    case Format::kText:
      return text;
    case Format::kOpenMetrics:
      return openmetrics;
    case Format::kProtobuf:
      return proto;
  }
  WEIR_CHECK(false);
}

}  // namespace weir
