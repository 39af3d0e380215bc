// Hash and equality that let Abseil's maps with std::string keys be asked by std::string_view.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace weir {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

struct TextEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

}  // namespace weir
