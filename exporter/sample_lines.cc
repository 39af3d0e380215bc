#include "exporter/sample_lines.h"

#include <algorithm>

#include "common/check.h"

namespace weir {

void AppendMetadata(std::string_view keyword, std::string_view name, std::string_view text,
                    std::string_view escaped, std::string* out) {
  out->append(keyword);
  out->append(name);
  out->push_back(' ');
  while (true) {
    size_t plain = text.size();
    for (const char c : escaped) plain = std::min(plain, text.substr(0, plain).find(c));
    out->append(text.substr(0, plain));
    if (plain == text.size()) break;
    out->push_back('\\');
    out->push_back(text[plain] == '\n' ? 'n' : text[plain]);
    text.remove_prefix(plain + 1);
  }
  out->push_back('\n');
}

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kSummary:
      return "summary";
    case MetricType::kHistogram:
      return "histogram";
  }
  WEIR_CHECK(false);
}

}  // namespace weir
