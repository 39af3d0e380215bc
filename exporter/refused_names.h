// RefusedNames: the families that limits kept from getting a series, the latest sixteen.
//
// So that an operator sees what an explosion of names is made of, although none of it is on the
// page. Only first sights are noted: a name that is remembered as refused comes once.
// Allocates for the first names only. Thread safety: owned by one shard.
// Tested by tests/unit/exporter/refused_names_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "exporter/refusal.h"

namespace weir {

class RefusedNames {
 public:
  static constexpr size_t kMost = 16;
  // Longer names are cut.
  static constexpr size_t kMostBytes = 256;

  struct Name {
    std::string family;
    Refusal refusal;
    int64_t when_nanos;
  };

  // One that is there already is only moved to the front.
  void Add(std::string_view family, Refusal refusal, int64_t now_nanos);

  // The latest first.
  std::span<const Name> names() const { return std::span(names_).first(size_); }

 private:
  std::array<Name, kMost> names_;
  size_t size_ = 0;
};

}  // namespace weir
