#include "mapping/rule.h"

namespace weir {

std::string Rule::Identity() const {
  std::string identity = glob ? "glob " : "regex ";
  identity.append(std::to_string(kinds)).append(" ").append(match);
  identity.append("\n").append(name.Shape());
  for (const LabelCondition& condition : conditions) {
    identity.append("\n").append(condition.name).append("=").append(condition.value.pattern());
  }
  return identity;
}

}  // namespace weir
