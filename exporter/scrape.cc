#include "exporter/scrape.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/on_all.h"
#include "common/promised.h"
#include "exporter/collected.h"

namespace weir {
namespace {

// Pieces smaller than this are gathered before they are handed out.
constexpr size_t kPieceBytes = size_t{64} << 10;

// A run of whole families, or of one family's series.
struct Slice {
  std::string text;
  FamilySpans spans;
  RenderCursor cursor;  // behind it
};

// One source of the page: families in order of their names.
class Source {
 public:
  virtual ~Source() = default;
  // The name of the family that comes next; empty at the end.
  virtual std::string_view Next() = 0;
  // Appends text to *out: the next family, and all that follow it whose names are less than `end`
  // (empty: no end), as far as they are at hand.
  virtual void Take(std::string_view end, std::string* out) = 0;
  virtual bool stuck() const { return false; }
};

class ShardSource final : public Source {
 public:
  ShardSource(Shard* shard, const Exposition& exposition, const ScrapeLimits& limits)
      : shard_(shard), exposition_(exposition), limits_(limits) {
    Ask({}, {});
  }

  std::string_view Next() override {
    while (span_ == slice_.spans.size()) {
      if (slice_.cursor.done || stuck_) return {};
      std::optional<Slice> slice = coming_->Await(limits_.patience);
      if (!slice) {
        stuck_ = true;
        return {};
      }
      std::swap(slice_, *slice);
      span_ = begin_ = 0;
      if (!slice_.cursor.done) Ask(slice_.cursor, std::move(*slice));
    }
    return slice_.spans[span_].name;
  }

  void Take(std::string_view end, std::string* out) override {
    const FamilySpans& spans = slice_.spans;
    size_t behind = span_ + 1;
    if (end.empty() || spans[spans.size() - 1].name < end) {
      behind = spans.size();
    } else {
      while (behind < spans.size() && spans[behind].name < end) ++behind;
    }
    out->append(slice_.text, begin_, spans[behind - 1].end - begin_);
    begin_ = spans[behind - 1].end;
    span_ = behind;
  }

  bool stuck() const override { return stuck_; }

 private:
  // Has the shard render the slice behind `cursor` into the memory of `old`. The task holds its own
  // share of the promise: this source may be gone when it runs.
  void Ask(RenderCursor cursor, Slice old) {
    coming_ = std::make_shared<Promised<Slice>>();
    old.text.clear();
    old.spans.Clear();
    old.cursor = std::move(cursor);
    auto slice = std::make_shared<Slice>(std::move(old));
    shard_->Post([shard = shard_, coming = coming_, slice, &exposition = exposition_,
                  limits = limits_] {
      shard->table().RenderSlice(exposition, shard->now(), limits.slice_bytes, limits.slice_time,
                                 &slice->cursor, &slice->text, &slice->spans);
      coming->Give(std::move(*slice));
    });
  }

  Shard* const shard_;
  const Exposition& exposition_;
  const ScrapeLimits limits_;
  std::shared_ptr<Promised<Slice>> coming_;
  Slice slice_;
  size_t span_ = 0;   // the next family
  size_t begin_ = 0;  // of its text
  bool stuck_ = false;
};

// Weir's own families.
class OwnSource final : public Source {
 public:
  OwnSource(const std::vector<prometheus::MetricFamily>& families, const Exposition& exposition)
      : families_(families), exposition_(exposition) {}

  std::string_view Next() override {
    return next_ < families_.size() ? std::string_view(families_[next_].name) : std::string_view();
  }

  void Take(std::string_view, std::string* out) override {
    RenderCollected(families_[next_++], false, exposition_, out);
  }

 private:
  const std::vector<prometheus::MetricFamily>& families_;
  const Exposition& exposition_;
  size_t next_ = 0;
};

using Sources = std::vector<std::unique_ptr<Source>>;

// The source whose next family comes first, and the name at which another one must go on.
std::pair<Source*, std::string> FirstOf(const Sources& sources) {
  Source* first = nullptr;
  std::string_view first_name, second_name;
  for (const auto& source : sources) {
    const std::string_view name = source->Next();
    if (source->stuck()) return {};  // the others' patience is not for waiting longer
    if (name.empty()) continue;
    if (first == nullptr || name < first_name) {
      second_name = first_name;
      first_name = name;
      first = source.get();
    } else if (second_name.empty() || name < second_name) {
      second_name = name;
    }
  }
  return {first, std::string(second_name)};
}

}  // namespace

std::vector<ShardReport> CollectReports(const std::vector<Shard*>& shards,
                                        std::chrono::nanoseconds patience) {
  return AskAll(shards, patience, [](Shard& shard) { return shard.Report(); });
}

ScrapeEnd WritePage(const std::vector<Shard*>& shards,
                    const std::vector<prometheus::MetricFamily>& own, Format format,
                    const ScrapeLimits& limits, const std::function<bool(std::string_view)>& write,
                    const std::function<void()>& settle) {
  const Exposition& exposition = Exposition::For(format);
  Sources sources;
  for (Shard* shard : shards) {
    sources.push_back(std::make_unique<ShardSource>(shard, exposition, limits));
  }
  sources.push_back(std::make_unique<OwnSource>(own, exposition));

  std::string piece;
  for (;;) {
    const auto [first, end] = FirstOf(sources);
    if (std::any_of(sources.begin(), sources.end(), [](const auto& s) { return s->stuck(); })) {
      return ScrapeEnd::kShardStuck;
    }
    if (first == nullptr) break;
    // Here, so that there is always a last piece.
    if (piece.size() >= kPieceBytes) {
      if (!write(piece)) return ScrapeEnd::kReaderGone;
      piece.clear();
    }
    first->Take(end, &piece);
  }
  exposition.EndPage(&piece);
  if (settle) settle();
  return piece.empty() || write(piece) ? ScrapeEnd::kWhole : ScrapeEnd::kReaderGone;
}

}  // namespace weir
