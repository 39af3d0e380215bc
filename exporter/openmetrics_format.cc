#include "exporter/openmetrics_format.h"

#include <cmath>

namespace weir {
namespace {

constexpr std::string_view kTotal = "_total";

}  // namespace

char* OpenMetricsNumbers::Value(double value, char* out) {
  char* end = WriteNumber(value, out);
  const std::string_view text(out, static_cast<size_t>(end - out));
  if (!std::isfinite(value) || text.find_first_of(".e") != std::string_view::npos) return end;
  *end++ = '.';
  *end++ = '0';
  return end;
}

size_t OpenMetricsFormat::Begin(const FamilyHead& head, std::string* out) const {
  const size_t mark = out->size();
  if (head.continued) return mark;
  std::string_view name = head.name;
  std::string_view type = TypeName(head.type);
  if (head.type == MetricType::kCounter) {
    if (!head.stem_taken && name.size() > kTotal.size() && name.ends_with(kTotal)) {
      name.remove_suffix(kTotal.size());
    } else {
      type = "unknown";
    }
  }
  AppendMetadata("# HELP ", name, head.help, "\\\n\"", out);
  AppendMetadata("# TYPE ", name, type, "", out);
  return mark;
}

void OpenMetricsFormat::EndPage(std::string* out) const { out->append("# EOF\n"); }

}  // namespace weir
