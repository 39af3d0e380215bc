#include "common/config_text.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "common/utf8.h"

namespace weir {

Result<std::string> ReadConfigFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return Error{path + ": cannot be read: " + std::strerror(errno)};
  }
  return text;
}

bool IsConfigText(std::string_view text, Diagnostics* diagnostics) {
  Position where{1, 1};
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t size = CodePointSize(text.substr(i));
    const bool is_control =
        (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
    if (is_control || (byte >= 0x80 && size == 1)) {
      diagnostics->Error(where, "byte " + std::to_string(byte) +
                                    (is_control ? " is a control character" : " is not UTF-8") +
                                    "; a configuration file is UTF-8 text");
      return false;
    }
    where = byte == '\n' ? Position{where.line + 1, 1} : Position{where.line, where.column + 1};
    i += size;
  }
  return true;
}

}  // namespace weir
