// Operations of mapping/: what the rules make of a name that is seen for the first time.
#include <fstream>
#include <memory>

#include "common/check.h"
#include "mapping/mapper.h"
#include "tests/bench/bench_lines.h"
#include "tests/bench/operation.h"

namespace weir {
namespace {

std::shared_ptr<const Mapper> Load(const std::string& path) {
  std::vector<std::string> warnings;
  auto mapper = Mapper::Load({path}, {}, &warnings);
  WEIR_CHECK(mapper.has_value());
  return *mapper;
}

// Resolves the names of the series that `wanted` takes, each with two tags.
Operation MapOperation(const std::string& name, std::shared_ptr<const Mapper> mapper, bool globs) {
  struct State {
    std::shared_ptr<const Mapper> mapper;
    std::vector<std::string> names;
    std::vector<Tag> tags = {{"env", "prod"}, {"region", "eu-west-1"}};
    Resolution resolution;
  };
  auto state = std::make_shared<State>();
  state->mapper = std::move(mapper);
  // The rules take services 0 to 16.
  for (size_t i = 0; state->names.size() < BenchLines::kUsualSeries; ++i) {
    if ((i % 50 < 17) == globs) state->names.push_back(BenchLines::Name(i, i % 3));
  }
  return {name, "name", state->names.size(), [state] {
            for (const std::string& statsd_name : state->names) {
              state->mapper->Resolve(statsd_name, EventKind::kCounter, state->tags,
                                     &state->resolution);
              Keep(state->resolution.rule);
            }
          }};
}

}  // namespace

void AddMappingOperations(Operations* operations) {
  const auto globs = Load(WEIR_SOURCE_DIR "/tests/bench/mapping.yml");
  operations->push_back(MapOperation("map.glob", globs, true));
  operations->push_back(MapOperation("map.unmapped", globs, false));
  const auto expressions = Load(WEIR_SOURCE_DIR "/tests/bench/expressions.yml");
  operations->push_back(MapOperation("map.regex", expressions, true));
}

}  // namespace weir
