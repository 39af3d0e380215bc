#include "common/unix_address.h"

#include <cstring>

#include "common/check.h"

namespace weir {

UnixAddress::UnixAddress(std::string_view path) {
  WEIR_CHECK(!path.empty() && path.size() <= kMaxPathBytes);
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path, path.data(), path.size());
  size_ = offsetof(sockaddr_un, sun_path) + path.size();
  if (path[0] == '@') {
    address_.sun_path[0] = '\0';
  } else {
    ++size_;
  }
}

std::string UnixAddress::OfSocket(int fd) {
  sockaddr_un address{};
  socklen_t size = sizeof(address);
  WEIR_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  if (size <= offsetof(sockaddr_un, sun_path)) return {};
  std::string name(address.sun_path, size - offsetof(sockaddr_un, sun_path));
  if (name[0] == '\0') {
    name[0] = '@';
    return name;
  }
  return name.c_str();  // the kernel may count the zero at the end
}

}  // namespace weir
