#include "exporter/text_format.h"

namespace weir {

size_t TextFormat::Begin(const FamilyHead& head, std::string* out) const {
  const size_t mark = out->size();
  if (head.continued) return mark;
  AppendMetadata("# HELP ", head.name, head.help, "\\\n", out);
  AppendMetadata("# TYPE ", head.name, TypeName(head.type), "", out);
  return mark;
}

}  // namespace weir
