#include "router/locate.h"

#include <utility>

#include "common/key.h"
#include "common/ring.h"
#include "common/topology/plan.h"
#include "router/mapped_key.h"

namespace weir {

std::string Locate(const RouterConfig& config, std::shared_ptr<const Mapper> mapper,
                   const std::vector<std::string>& names) {
  const Ring ring(RingConfigOf(config), LiveSet(config.downstreams.size(), true));
  KeyReader reader(config.placement, config.name_end, KeyModeOf(config));
  const std::unique_ptr<LineKey> mapped = mapper ? MakeMappedKey(std::move(mapper)) : nullptr;
  std::string text;
  for (const std::string& name : names) {
    const std::string line = name.find('|') == std::string::npos ? name + ":1|c" : name;
    const auto key = mapped == nullptr ? reader.KeyOf(line) : mapped->KeyOf(line);
    const DownstreamConfig& owner = config.downstreams[ring.Owner(key)];
    text += name + " " + owner.address + " " + owner.label + "\n";
  }
  return text;
}

}  // namespace weir
