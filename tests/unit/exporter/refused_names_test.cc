#include "exporter/refused_names.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::vector<std::string> FamiliesOf(const RefusedNames& names) {
  std::vector<std::string> families;
  for (const RefusedNames::Name& name : names.names()) families.push_back(name.family);
  return families;
}

TEST_CASE("the latest refused name stands first, and each once", "[refused_names]") {
  RefusedNames names;
  CHECK(names.names().empty());
  names.Add("a", Refusal::kSeriesLimit, 1);
  names.Add("b", Refusal::kSeriesLimit, 2);
  names.Add("c", Refusal::kFamilyLimit, 3);
  names.Add("a", Refusal::kMemoryLimit, 4);
  CHECK(FamiliesOf(names) == std::vector<std::string>{"a", "c", "b"});
  CHECK(names.names()[0].refusal == Refusal::kMemoryLimit);
  CHECK(names.names()[0].when_nanos == 4);
}

TEST_CASE("no more than sixteen are kept, and no more of each than 256 bytes", "[refused_names]") {
  RefusedNames names;
  for (int i = 0; i < 1000; ++i) {
    names.Add(std::to_string(i) + std::string(70'000, 'x'), Refusal::kSeriesLimit, i);
  }
  CHECK(names.names().size() == 16);
  CHECK(names.names()[0].family.starts_with("999x"));
  CHECK(names.names()[15].family.starts_with("984x"));
  for (const RefusedNames::Name& name : names.names()) CHECK(name.family.size() == 256);
}

}  // namespace
}  // namespace weir
