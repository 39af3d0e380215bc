// MappingText: the mapping file of a fuzz target, in memory.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/mapper.h"
#include "tests/fuzz/fuzz.h"

namespace weir {

// As Mapper::Load, of a text. Errors call the file by its place in /proc.
inline Result<std::shared_ptr<const Mapper>> LoadMappingText(std::string_view text,
                                                             const LoadOptions& options,
                                                             std::vector<std::string>* warnings) {
  const int fd = memfd_create("mapping", MFD_CLOEXEC);
  FUZZ_CHECK(fd >= 0);
  FUZZ_CHECK(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  auto mapper = Mapper::Load({"/proc/self/fd/" + std::to_string(fd)}, options, warnings);
  close(fd);
  return mapper;
}

}  // namespace weir
