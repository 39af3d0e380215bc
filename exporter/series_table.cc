#include "exporter/series_table.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "common/check.h"
#include "exporter/label_text.h"

namespace weir {
namespace {

constexpr std::string_view kObserverSuffixes[] = {"_sum", "_count", "_bucket"};

// `name` without `suffix`, or empty when it does not end in it.
std::string_view Without(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return {};
  return name.substr(0, name.size() - suffix.size());
}

// `name` without its last suffix that can make two names collide; empty when it has none.
std::string_view WithoutAnySuffix(std::string_view name) {
  for (std::string_view suffix : {"_sum", "_count", "_bucket", "_total"}) {
    if (const std::string_view base = Without(name, suffix); !base.empty()) return base;
  }
  return {};
}

bool IsObserver(SeriesKind kind) {
  return kind == SeriesKind::kSummary || kind == SeriesKind::kHistogram;
}

// A set shows as a gauge, but a gauge and a set can not share a family: their samples mean
// different things.
bool LegalLabel(std::string_view name, SeriesKind kind) {
  if (name.starts_with("__")) return false;
  return !IsObserver(kind) || (name != "le" && name != "quantile");
}

char* CopyLabelText(std::string_view text) {
  if (text.empty()) return nullptr;
  const auto size = static_cast<uint32_t>(text.size());
  char* copy = static_cast<char*>(std::malloc(sizeof size + size));
  WEIR_CHECK(copy != nullptr);
  std::memcpy(copy, &size, sizeof size);
  std::memcpy(copy + sizeof size, text.data(), size);
  return copy;
}

// Of a family and the names in label text: series that differ in values only share it.
uint64_t HashVector(uint64_t family_birth, std::string_view label_text) {
  Hash128 hash{family_birth, 0};
  bool in_value = false;
  size_t start = 0;
  for (size_t i = 0; i < label_text.size(); ++i) {
    if (in_value && label_text[i] == '\\') {
      ++i;
    } else if (label_text[i] == '"') {
      if (!in_value) {
        hash = SecretHash::Chain(hash, ProcessHash().Of(label_text.substr(start, i - start)));
      }
      in_value = !in_value;
      start = i + 2;  // behind the comma that follows the closing quote
    }
  }
  return hash.low ^ hash.high;
}

}  // namespace

SeriesTable::SeriesTable(const SeriesTableOptions& options)
    : options_(options), index_(0, IdentityHash{this}, IdentityEqual{this}) {}

SeriesTable::~SeriesTable() {
  for (uint32_t series = 0; series < used_; ++series) {
    if (!CellAt(series).live()) continue;
    DeleteValue(&CellAt(series));
    std::free(InfoAt(series).labels);
  }
}

uint32_t SeriesTable::OwnerOf(std::string_view family, uint32_t shard_count) {
  if (shard_count == 1) return 0;
  // All of them: the observer `x_total` collides with `x_total_count`, which ends in another one.
  for (std::string_view base = family; !base.empty(); base = WithoutAnySuffix(family))
    family = base;
  return static_cast<uint32_t>(ProcessHash().Of64(family) % shard_count);
}

std::string_view SeriesTable::LabelText(const Info& info) {
  if (info.labels == nullptr) return {};
  uint32_t size;
  std::memcpy(&size, info.labels, sizeof size);
  return {info.labels + sizeof size, size};
}

bool SeriesTable::Matches(uint32_t series, const Wanted& wanted) const {
  const Info& info = InfoAt(series);
  return info.identity == wanted.identity && info.family->name == wanted.family &&
         LabelText(info) == wanted.labels;
}

SeriesTable::Family* SeriesTable::FindFamily(std::string_view name) const {
  const auto found = families_.find(name);
  return found == families_.end() ? nullptr : found->get();
}

// Whether a new family would stand on the page under a name that another one uses, itself or with
// a suffix, and that stays; those that give way are added to *in_way. The rules for counters and
// gauges are the peer's; those between observers close its hole.
bool SeriesTable::Conflicts(std::string_view name, SeriesKind kind, const Arrival& arrival,
                            std::vector<Family*>* in_way) const {
  const auto stays = [&](Family* family) {
    if (family != nullptr && GivesWay(*family, arrival)) in_way->push_back(family);
    return family != nullptr && !GivesWay(*family, arrival);
  };
  for (std::string_view suffix : kObserverSuffixes) {
    const std::string_view base_name = Without(name, suffix);
    Family* const base = base_name.empty() ? nullptr : FindFamily(base_name);
    if (base == nullptr || base->kind == SeriesKind::kCounter) continue;
    if (IsObserver(kind) && (!IsObserver(base->kind) ||
                             (suffix == "_bucket" && base->kind != SeriesKind::kHistogram))) {
      continue;
    }
    if (stays(base)) return true;
  }
  if (!IsObserver(kind)) return false;
  for (std::string_view suffix : kObserverSuffixes) {
    if (suffix == "_bucket" && kind != SeriesKind::kHistogram) continue;
    const std::string derived = std::string(name).append(suffix);
    if (reserved_.contains(derived) || stays(FindFamily(derived))) return true;
  }
  return false;
}

Refusal SeriesTable::Admit(std::string_view family_name, const std::vector<Label>& labels,
                           SeriesKind kind, const SeriesPolicy& policy, SeriesHandle* handle,
                           const Arrival& arrival) {
  if (family_name.empty()) return Refusal::kEmptyName;
  if (reserved_.contains(family_name)) return Refusal::kReservedName;
  for (const Label& label : labels) {
    if (!LegalLabel(label.name, kind)) return Refusal::kIllegalLabel;
  }
  Family* family = FindFamily(family_name);
  if (family == nullptr || family->kind != kind) {
    if (!MakeWay(family, family_name, kind, arrival)) return Refusal::kConflict;
    family = nullptr;
  }
  if (family != nullptr) family->help = policy.help;  // a reload may have changed it

  const Wanted wanted = Identify(family_name, labels);
  const auto known = index_.find(wanted);
  uint32_t series;
  if (known != index_.end()) {
    series = *known;
  } else {
    const uint8_t place = PlaceOf(arrival.source, kind, labels);
    const Refusal refusal = TakePlace(family, wanted, place, arrival.merged_from);
    if (refusal != Refusal::kNone) return refusal;
    if (family == nullptr) family = MakeFamily(family_name, kind, policy, arrival.now_nanos);
    series = MakeSeries(family, wanted, place, arrival.now_nanos);
  }
  family->only_merged = false;
  family->pace.AddSamples(1, arrival.now_nanos);
  *handle = {series, CellAt(series).generation};
  return Refusal::kNone;
}

SeriesTable::Wanted SeriesTable::Identify(std::string_view family, std::span<const Label> labels) {
  label_text_.clear();
  AppendLabels(labels, &label_text_);
  const Hash128 identity =
      SecretHash::Chain(ProcessHash().Of(family), ProcessHash().Of(label_text_));
  return {identity.low ^ identity.high, family, label_text_};
}

SeriesTable::Family* SeriesTable::MakeFamily(std::string_view name, SeriesKind kind,
                                             const SeriesPolicy& policy, int64_t now_nanos) {
  auto family = std::make_unique<Family>();
  family->name = name;
  family->kind = kind;
  family->birth = births_ + 1;
  family->born_seconds = static_cast<uint32_t>(now_nanos / kNanosPerSecond);
  family->help = policy.help;
  family->summary = policy.summary;
  family->histogram = policy.histogram;
  text_bytes_ += name.size();
  Family* made = family.get();
  in_order_.insert(made);
  families_.insert(std::move(family));
  return made;
}

uint32_t SeriesTable::MakeSeries(Family* family, const Wanted& wanted, uint8_t place,
                                 int64_t now_nanos) {
  uint32_t series;
  if (!free_.empty()) {
    series = free_.back();
    free_.pop_back();
  } else {
    series = used_++;
    if (series >> kChunkBits == cells_.size()) {
      cells_.push_back(std::make_unique<Cell[]>(kChunk));
      infos_.push_back(std::make_unique<Info[]>(kChunk));
    }
  }
  Cell& cell = CellAt(series);
  cell.kind = family->kind;
  cell.plan = 0;
  MakeValue(*family, &cell);
  ++cell.generation;

  InfoAt(series) = {family,
                    CopyLabelText(wanted.labels),
                    wanted.identity,
                    ++births_,
                    static_cast<uint32_t>(family->series.size()),
                    place};
  family->series.push_back(series);
  family->pace.AddSeries(now_nanos);
  index_.insert(series);
  CountVector(*family, wanted.labels, +1);
  text_bytes_ += wanted.labels.size();
  ++series_count_;
  ++kind_counts_[static_cast<size_t>(family->kind)];
  if (place != kNoPlace) AddWeight(static_cast<int64_t>(ObserverBytes(cell)));
  return series;
}

void SeriesTable::CountVector(const Family& family, std::string_view label_text, int change) {
  const auto kind = static_cast<size_t>(family.kind);
  const auto [vector, is_new] = vectors_.try_emplace(HashVector(family.birth, label_text), 0);
  if (is_new) ++vector_counts_[kind];
  vector->second += change;
  if (vector->second > 0) return;
  vectors_.erase(vector);
  --vector_counts_[kind];
}

void SeriesTable::MakeValue(const Family& family, Cell* cell) {
  switch (family.kind) {
    case SeriesKind::kCounter:
      cell->counter = {0, 0};
      break;
    case SeriesKind::kGauge:
      cell->gauge = 0;
      break;
    case SeriesKind::kSet:
      cell->set = new Distinct(options_.set_window);
      break;
    case SeriesKind::kSummary:
      cell->summary = new Summary(family.summary);
      break;
    case SeriesKind::kHistogram:
      cell->histogram = new Histogram(family.histogram);
      break;
  }
}

void SeriesTable::DeleteValue(Cell* cell) {
  switch (cell->kind) {
    case SeriesKind::kCounter:
    case SeriesKind::kGauge:
      break;
    case SeriesKind::kSet:
      delete cell->set;
      break;
    case SeriesKind::kSummary:
      delete cell->summary;
      break;
    case SeriesKind::kHistogram:
      delete cell->histogram;
      break;
  }
}

void SeriesTable::Forget(uint32_t series) {
  Cell& cell = CellAt(series);
  Info& info = InfoAt(series);
  Family* family = info.family;
  if (witness_ != nullptr && cell.kind != SeriesKind::kSet) witness_->OnForgotten(ViewOf(series));
  index_.erase(series);
  if (info.place != kNoPlace) GivePlaceBack(*family, info, cell);
  if (family->overflow == series) {
    family->overflow = kGone;
    overflows_.erase(series);
  }
  if (homes_ != nullptr) homes_->Forget(series);
  CountVector(*family, LabelText(info), -1);
  DeleteValue(&cell);
  ++cell.generation;
  ++epoch_;
  --series_count_;
  --kind_counts_[static_cast<size_t>(family->kind)];
  text_bytes_ -= LabelText(info).size();
  std::free(info.labels);
  family->series[info.position] = kGone;
  ++family->gone;
  info = {};
  free_.push_back(series);

  if (family->gone == family->series.size()) {
    text_bytes_ -= family->name.size();
    in_order_.erase(family);
    families_.erase(families_.find(std::string_view(family->name)));
  } else if (family->gone > 16 && family->gone * 2 > family->series.size()) {
    Compact(family);
  }
}

void SeriesTable::Compact(Family* family) {
  family->series.erase(std::remove(family->series.begin(), family->series.end(), kGone),
                       family->series.end());
  ++compactions_;
  family->gone = 0;
  for (uint32_t position = 0; position < family->series.size(); ++position) {
    InfoAt(family->series[position]).position = position;
  }
}

void SeriesTable::UpdatePlans(const RulePlans& rules) {
  for (const auto& [identity, plan] : rules) plans_.Update(identity, plan);
  if (plans_.full()) RenewPlans(rules);
}

// Gives up the plans that no series lives by. Those by which series of rules that are no more live
// are shared, for no reload will change them.
void SeriesTable::RenewPlans(const RulePlans& rules) {
  Plans renewed;
  std::vector<uint16_t> new_ids(plans_.size(), 0);
  new_ids[0] = renewed.Of("", plans_[0]);
  for (uint32_t series = 0; series < used_; ++series) {
    Cell& cell = CellAt(series);
    if (!cell.live() || cell.plan == 0) continue;
    uint16_t& id = new_ids[cell.plan];
    if (id == 0) {
      const std::string_view rule = plans_.RuleOf(cell.plan);
      id = rules.contains(rule) ? renewed.Of(rule, plans_[cell.plan])
                                : renewed.Shared(plans_[cell.plan]);
    }
    cell.plan = id;
  }
  plans_ = std::move(renewed);
}

void SeriesTable::Expire(int64_t now_nanos, uint32_t parts) {
  if ((!plans_.AnyExpires() && homes_ == nullptr) || used_ == 0) return;
  for (uint32_t left = used_ / parts + 1; left > 0; --left) {
    expire_next_ = expire_next_ + 1 < used_ ? expire_next_ + 1 : 0;
    const Cell& cell = CellAt(expire_next_);
    const int64_t ttl = plans_[cell.plan].ttl.count();
    if (!cell.live()) continue;
    if (ttl > 0 && now_nanos - cell.touched > ttl) {
      Forget(expire_next_);
    } else {
      LetGo(expire_next_, now_nanos);
    }
  }
}

void SeriesTable::SetOwnership(std::shared_ptr<const Ownership> ownership) {
  if (homes_ == nullptr) {
    homes_ = std::make_unique<Homes>(std::move(ownership));
  } else {
    homes_->SetOwnership(std::move(ownership));
  }
}

void SeriesTable::LetGo(uint32_t series, int64_t now_nanos) {
  const Cell& cell = CellAt(series);
  const SeriesKind kind = cell.kind;
  if (kind == SeriesKind::kCounter || kind == SeriesKind::kHistogram) return;
  if (!LetsGo(series, cell, now_nanos)) return;
  if (kind == SeriesKind::kSummary) {
    if (!cell.summary->LetGo()) return;
  } else {
    Forget(series);
  }
  ++let_go_[static_cast<size_t>(kind)];
}

SeriesTable::Memory SeriesTable::MemoryBytes() const {
  return {
      .cells = cells_.size() * kChunk * sizeof(Cell),
      .observers = observer_bytes_,
      .text = text_bytes_,
      .index = infos_.size() * kChunk * sizeof(Info) + index_.capacity() * (sizeof(uint32_t) + 1) +
               vectors_.capacity() * (sizeof(std::pair<uint64_t, uint32_t>) + 1) +
               (homes_ == nullptr ? 0 : homes_->MemoryBytes()) +
               families_.size() * (sizeof(Family) + 2 * sizeof(Family*)),
  };
}

}  // namespace weir
