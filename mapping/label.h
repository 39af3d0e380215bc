// Label: one name="value" of a series. A Tag (common/tags.h) is the same before it becomes a label.
#pragma once

#include <string>

#include "common/tags.h"

namespace weir {

// As Prometheus will see it: the name is a legal label name, the value is raw bytes (valid UTF-8).
struct Label {
  std::string name;
  std::string value;

  friend bool operator==(const Label&, const Label&) = default;
};

}  // namespace weir
