#include "common/topology/config_form.h"

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/router_config.h"

namespace weir {
namespace {

TEST_CASE("the form of a file is told by its content", "[router-config]") {
  using Form = ConfigForm;
  const std::vector<std::pair<std::string_view, Form>> cases = {
      {"", Form::kYaml},
      {"# nothing\n", Form::kYaml},
      {"mtu: 1\n", Form::kYaml},
      {"- a\n", Form::kYaml},
      {"{downstreams: [a]}", Form::kYaml},
      {"# c\n{listen: {udp: \":1\"}}", Form::kYaml},
      {"{\"placement\": slots}", Form::kYaml},
      {"ping: {prefix: a=b}\nmtu: 1\n", Form::kYaml},
      {"# a=b\n# c=d\nmtu: 1\n", Form::kYaml},
      {"data_port=1\n", Form::kHulu},
      {"\n\n  data_port = 1\n", Form::kHulu},
      {"# note: x\ndownstream=a:1:2,b:3:4\n", Form::kHulu},
      {"ping_prefix=x\nlog_level=1\nbroken line\n", Form::kHulu},
      {"ping_prefix={x}\n", Form::kHulu},
      {"{}", Form::kEtsy},
      {"{nodes: []}", Form::kEtsy},
      {"{\"nodes\": [], \"port\": 1}", Form::kEtsy},
      {"{\"port\": 1}", Form::kEtsy},
      {"module.exports = {\nport: 1\n", Form::kEtsy},
      {"var config = { // x\n", Form::kEtsy},
      {"/* data_port=1 */ ({nodes: []})", Form::kEtsy},
      {"{nodes: [{managementport: 1}]}", Form::kEtsy},
      {"{nodes: ['managementport']}", Form::kEtsy},
      {"{nodes: [], listen: 1}", Form::kEtsy},
      {"{\"nodes\": [], \"managementport\": 1}", Form::kGo},
      {"{\"ManagementPort\": 1}", Form::kGo},
      {"{\"nodes\": [}, \"managementport\": 1}", Form::kGo},
  };
  for (const auto& [text, wanted] : cases) {
    CAPTURE(text);
    CHECK(FormOf(text) == wanted);
  }
}

TEST_CASE("bytes that are no text are refused in every form", "[router-config]") {
  for (const std::string_view text : {"mtu: \xFF", "data_port=1\n\xFF", "{nodes: '\xFF'}"}) {
    CAPTURE(text);
    CHECK(OnlyError(text).find("byte 255 is not UTF-8") != std::string::npos);
  }
}

TEST_CASE("the beginning of a good file never crashes a reader, and is never taken for another's",
          "[router-config]") {
  for (const char* name : {"hulu.conf", "go-statsd-proxy.json", "etsy-proxy.js", "router.yml",
                           "graphite.yml", "statsrelay.yml"}) {
    std::vector<std::string> warnings;
    REQUIRE(LoadRouterConfig(RouterExample(name), {}, &warnings).has_value());
    std::ifstream file(RouterExample(name));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    REQUIRE_FALSE(text.empty());
    for (size_t size = 0; size < text.size(); ++size) ReadConfig(text.substr(0, size));
    for (size_t at = 0; at < text.size(); ++at) {
      for (const char c : {'{', '}', '"', '\'', '\\', '*', '\n', '['}) {
        std::string changed = text;
        changed[at] = c;
        const ReadOutcome outcome = ReadConfig(changed);
        CHECK(outcome.config.has_value() == outcome.errors.empty());
      }
    }
  }
}

}  // namespace
}  // namespace weir
