// The manual keeps its promises: every example in docs/mapping.md loads without a complaint.

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/mapping/mapping_fixture.h"

namespace weir {
namespace {

std::vector<std::string> YamlBlocks(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> blocks;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      is_inside = line == "```yaml";
      if (is_inside) blocks.emplace_back();
    } else if (is_inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

TEST_CASE("every example of the mapping manual loads without a complaint", "[mapper][docs]") {
  const std::vector<std::string> blocks = YamlBlocks(SourceDir() / "docs/mapping.md");
  REQUIRE(blocks.size() > 8);
  for (const std::string& block : blocks) {
    INFO(block);
    const Loaded loaded = LoadText(block, {.strict = true, .mapper = {}});
    CHECK(loaded.errors == std::vector<std::string>{});
    CHECK(loaded.warnings == std::vector<std::string>{});
    CHECK(loaded.lint == std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace weir
