// The exporter from datagrams to pages: with rules that use all there is, two shards and, by
// choice, limits. What was sent is applied or dropped by count, the page is one that a scraper
// reads in every format, and what the memo and the budget hold is bounded.
#include <cctype>
#include <memory>
#include <string>

#include "exporter/series_budget.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mapping_text.h"
#include "tests/support/pipeline.h"
#include "tests/support/self_page.h"

namespace weir {
namespace {

constexpr std::string_view kRules = R"(defaults:
  ttl: 30s
mappings:
- {match: 'g.*.*', name: 'g_${1}', labels: {two: '$2'}}
- {match: 'h.*', name: h, observer_type: histogram, labels: {xx: '${1}'}}
- {match: 's.*', name: 's_$1', scale: 0.001}
- {match: 'drop.*', name: x, action: drop}
- {match: 'as.*', name: 'as_$1', as: gauge}
- {match: 'empty.(.*)', match_type: regex, name: '$1'}
- {match: '([a-z]+)\.re\.(\d+)', match_type: regex, name: 're_$1', labels: {nn: '$2'}}
- {match: 'tag.*', name: tag, match_labels: {env: 'p*'}, drop_labels: [host], rename_labels: {aa: bb}}
)";

const std::shared_ptr<const Mapper>& Rules() {
  static const std::shared_ptr<const Mapper> mapper = [] {
    std::vector<std::string> warnings;
    auto loaded = LoadMappingText(kRules, {}, &warnings);
    FUZZ_CHECK(loaded.has_value());
    return *loaded;
  }();
  return mapper;
}

bool IsName(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front()))) return false;
  for (const char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != ':') return false;
  }
  return true;
}

// Strictly, as a scraper reads it: a name, perhaps labels in which every quote is closed, a value.
void CheckPage(std::string_view page) {
  for (const std::string& line : LinesOf(page)) {
    if (line.starts_with('#')) continue;
    const size_t name_end = line.find_first_of("{ ");
    FUZZ_CHECK(name_end != line.npos);
    FUZZ_CHECK(IsName(std::string_view(line).substr(0, name_end)));
    size_t at = name_end;
    if (line[at] == '{') {
      bool quoted = false;
      for (++at; at < line.size() && (quoted || line[at] != '}'); ++at) {
        if (quoted && line[at] == '\\') {
          ++at;
          FUZZ_CHECK(at < line.size() &&
                     std::string_view("n\\\"").find(line[at]) != std::string::npos);
        } else if (line[at] == '"') {
          quoted = !quoted;
        }
      }
      FUZZ_CHECK(at < line.size());
      ++at;
    }
    FUZZ_CHECK(at + 1 < line.size() && line[at] == ' ');
    FUZZ_CHECK(line.find(' ', at + 1) == line.npos);
  }
}

}  // namespace

FUZZ(ingest) {
  Choices choices(&input);
  const bool has_rules = !choices.Bit();
  const bool has_limits = choices.Bit();
  const uint32_t shards = choices.Bit() ? 2 : 1;
  const bool forgets = choices.Bit();
  SeriesBudget budget({.series = 4, .per_family = 3, .per_listener = 3, .memory = 70'000});
  Pipeline pipeline(shards, {}, {.budget = has_limits ? &budget : nullptr});
  if (has_rules) pipeline.SetMapper(Rules());
  // A NUL that begins a line begins another datagram, at another shard and listener.
  uint32_t turn = 0;
  while (!input.empty()) {
    const size_t end = std::min(input.find(std::string_view("\n\0", 2)), input.size());
    const std::vector<char> copy(input.begin(), input.begin() + static_cast<ptrdiff_t>(end));
    const std::string_view datagram(copy.data(), copy.size());
    const auto source = static_cast<Transport>(turn % SeriesBudget::kSources);
    pipeline.Send(datagram, turn % shards, source);
    pipeline.Send(datagram, (turn + 1) % shards, source);  // the memo knows it now
    input.remove_prefix(std::min(end + 2, input.size()));
    ++turn;
    if (forgets) pipeline.Pass(std::chrono::seconds(turn % 3 * 20));
  }
  pipeline.Settle();
  FUZZ_CHECK(!has_limits || budget.series() <= 4);
  CheckPage(pipeline.Page());
  for (uint32_t shard = 0; shard < shards; ++shard) {
    const int64_t now = pipeline.clock.NowNanos();
    FUZZ_CHECK(PageOf(&pipeline.table(shard), Format::kProtobuf, now, 64).size() < size_t{1} << 26);
    CheckPage(PageOf(&pipeline.table(shard), Format::kOpenMetrics, now, 64));
  }
  FUZZ_CHECK(Conserves(SelfPage(pipeline.Reports())));
  pipeline.Pass(std::chrono::seconds(100));
  if (!has_rules || !has_limits) return;
  // All of it had a TTL: nothing is left, and all was given back.
  FUZZ_CHECK(pipeline.Page().empty());
  size_t memos = 0;
  for (uint32_t shard = 0; shard < shards; ++shard) {
    memos += pipeline.ingest(shard).memo().MemoryBytes();
  }
  FUZZ_CHECK(budget.series() == 0 && budget.bytes() == memos);
}

}  // namespace weir
