#include "exporter/sample_key.h"

#include <span>
#include <string_view>

#include "exporter/admit_sample.h"
#include "mapping/series_key.h"

namespace weir {
namespace {

KeyMode ModeOf(KeyKind key) { return key == KeyKind::kSeries ? KeyMode::kSeries : KeyMode::kName; }

}  // namespace

SampleKey::SampleKey(const Ownership& ownership)
    : mapped_(ownership.key() == KeyKind::kMapped),
      reader_(ownership.ring().config().placement, ownership.ring().config().name_end,
              ModeOf(ownership.key())) {}

uint64_t SampleKey::HashOf(const Ownership& ownership, const Mapper& mapper, const Sample& sample) {
  const auto fields = std::span(sample.label_fields).first(sample.label_field_count);
  if (mapped_) {
    ReadTags(ParserOptions(), sample.name, fields, &name_);
    mapper.Resolve(name_.name, EventKindOf(sample.type), name_.tags, &resolution_);
    if (!resolution_.family.empty()) {
      const SeriesKey key = SeriesKeyOf(resolution_);
      return ownership.ring().HashOf({key.data(), key.size()});
    }
  }
  return ownership.ring().HashOf(reader_.KeyOfSample(sample.name, fields));
}

}  // namespace weir
