#include "router/locate.h"

#include "tests/support/router_config.h"

namespace weir {
namespace {

std::string At(const std::string& text, const std::vector<std::string>& names) {
  return Locate(GoodConfig(text), nullptr, names);
}

// The nodes of the golden vectors, A, B and C (routers.md 4.5).
constexpr const char* kNodes =
    "downstreams:\n"
    "- {address: '127.0.0.1:8127', label: A}\n"
    "- {address: '127.0.0.1:8129', label: B}\n"
    "- {address: '127.0.0.1:8131', label: C}\n";

TEST_CASE("a name is told with the address and the label of its node", "[locate]") {
  CHECK(At(std::string("placement: etsy\n") + kNodes, {"foo", "bar", "uniques"}) ==
        "foo 127.0.0.1:8127 A\nbar 127.0.0.1:8129 B\nuniques 127.0.0.1:8131 C\n");
  CHECK(At(std::string("placement: hulu\n") + kNodes, {"glork"}) == "glork 127.0.0.1:8131 C\n");
  CHECK(At(std::string("placement: statsrelay\n") + kNodes, {"apple", "banana", "x"}) ==
        "apple 127.0.0.1:8131 C\nbanana 127.0.0.1:8127 A\nx 127.0.0.1:8127 A\n");
}

TEST_CASE("a whole line goes where its name goes", "[locate]") {
  const std::string text = std::string("placement: etsy\n") + kNodes;
  CHECK(At(text, {"uniques:5|ms|#a:b"}) == "uniques:5|ms|#a:b 127.0.0.1:8131 C\n");
}

TEST_CASE("tags of a whole line count when the key has them", "[locate]") {
  const std::string text = std::string("key: series\n") + kNodes;
  CHECK(At(text, {"n:1|c|#a:1,b:2"}).substr(15) == At(text, {"n:2|g|#b:2,a:1"}).substr(15));
  std::string nodes;
  for (int i = 0; i < 50; ++i) {
    const std::string line = "n:1|c|#a:" + std::to_string(i);
    nodes += At(text, {line}).back() == '\n' ? At(text, {line}).substr(line.size()) : "";
  }
  CHECK(nodes.find(" A\n") != std::string::npos);
  CHECK(nodes.find(" B\n") != std::string::npos);
  CHECK(nodes.find(" C\n") != std::string::npos);
}

}  // namespace
}  // namespace weir
