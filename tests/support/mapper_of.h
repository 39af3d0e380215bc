// MapperOf: the rules of a mapping file that is written here.
#pragma once

#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/mapper.h"
#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {

inline std::shared_ptr<const Mapper> MapperOf(std::string_view yaml,
                                              const MapperOptions& options = {}) {
  const TemporaryDirectory directory;
  const std::string path = directory / "mapping.yml";
  std::ofstream(path) << yaml;
  std::vector<std::string> warnings;
  auto mapper = Mapper::Load({path}, {.strict = false, .mapper = options}, &warnings);
  if (!mapper.has_value()) FAIL(mapper.error().message);
  return *mapper;
}

}  // namespace weir
