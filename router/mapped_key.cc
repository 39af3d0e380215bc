#include "router/mapped_key.h"

#include <span>
#include <string_view>
#include <utility>

#include "common/hash.h"
#include "common/key.h"
#include "common/parser.h"
#include "common/tags.h"
#include "mapping/series_key.h"

namespace weir {
namespace {

// In the memo: the line goes by its name. No digit.
constexpr char kByName = '\0';

std::span<const std::string_view> LabelFields(const Sample& sample) {
  return std::span(sample.label_fields).first(sample.label_field_count);
}

// Of all that the rules look at, as sent.
Hash128 HashOf(const Sample& sample) {
  const SecretHash& secret = ProcessHash();
  Hash128 hash = secret.Of(sample.name);
  for (const std::string_view field : LabelFields(sample)) {
    hash = SecretHash::Chain(hash, secret.Of(field));
  }
  hash.high += static_cast<uint64_t>(EventKindOf(sample.type));
  return hash;
}

class MappedKey final : public LineKey {
 public:
  MappedKey(std::shared_ptr<const Mapper> mapper, size_t memo_entries)
      : mapper_(std::move(mapper)), memo_(memo_entries) {}

  std::string_view KeyOf(std::string_view line) override {
    Sample sample;
    if (reader_.Open(line) != LineVerdict::kSampled || !reader_.Next(&sample)) {
      return names_.KeyOf(line);
    }
    const Hash128 hash = HashOf(sample);
    const KeyMemo::Key* key = memo_.Find(hash);
    if (key == nullptr) key = &memo_.Insert(hash, FirstSight(sample));
    if (key->front() == kByName) return names_.KeyOf(line);
    return {key->data(), key->size()};
  }

 private:
  KeyMemo::Key FirstSight(const Sample& sample) {
    ReadTags(ParserOptions(), sample.name, LabelFields(sample), &name_);
    mapper_->Resolve(name_.name, EventKindOf(sample.type), name_.tags, &resolution_);
    if (resolution_.verdict == Resolution::Verdict::kDropped ||
        resolution_.verdict == Resolution::Verdict::kEmptyName) {
      return {kByName};
    }
    return SeriesKeyOf(resolution_);
  }

  const std::shared_ptr<const Mapper> mapper_;
  KeyMemo memo_;
  KeyReader names_{Placement::kSlots, NameEnd::kFirst, KeyMode::kName};
  ParseCounters counters_;
  LineReader reader_{ParserOptions(), &counters_};

  // Scratch of a first sight.
  MetricName name_;
  Resolution resolution_;
};

}  // namespace

std::unique_ptr<LineKey> MakeMappedKey(std::shared_ptr<const Mapper> mapper, size_t memo_entries) {
  return std::make_unique<MappedKey>(std::move(mapper), memo_entries);
}

}  // namespace weir
