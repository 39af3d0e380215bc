#include "common/config_text.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/scoped_fd.h"
#include "common/utf8.h"

namespace weir {

Result<std::string> ReadConfigFile(const std::string& path) {
  const ScopedFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 65'536> piece;
  while (file.valid()) {
    const ssize_t count = read(file.get(), piece.data(), piece.size());
    if (count == 0) return text;
    if (count > 0) text.append(piece.data(), static_cast<size_t>(count));
    if (count < 0 && errno != EINTR) break;
  }
  return Error{path + ": cannot be read: " + std::strerror(errno)};
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
