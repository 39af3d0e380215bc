// RenderCursor and FamilySpans: where a page rendered in slices stands, and what a slice holds.
//
// Thread safety: as plain values. Tested by tests/unit/exporter/series_render_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Where a page is. Default-constructed: at the start.
struct RenderCursor {
  std::string family;  // rendered up to and, when `within`, into this one
  bool within = false;
  uint64_t last_birth = 0;   // of the last rendered series of `family`
  size_t next_position = 0;  // behind it, unless the table was compacted since
  uint32_t compactions = 0;
  size_t observer_bytes = 0;  // of the summaries, histograms and sets rendered so far
  bool done = false;
};

// Where families end in the text of a slice. A family may go on in the next slice. All names stand
// in one string: a page can have a family per series, and an allocation each was half of its cost.
class FamilySpans {
 public:
  struct Span {
    std::string_view name;
    size_t end;  // offset behind its last byte in the slice's text
  };

  void Add(std::string_view name, size_t end) {
    names_.append(name);
    ends_.push_back({names_.size(), end});
  }
  void Clear() {
    names_.clear();
    ends_.clear();
  }
  size_t size() const { return ends_.size(); }
  Span operator[](size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1].name;
    return {std::string_view(names_).substr(begin, ends_[i].name - begin), ends_[i].text};
  }

 private:
  struct Ends {
    size_t name;
    size_t text;
  };
  std::string names_;
  std::vector<Ends> ends_;
};

}  // namespace weir
