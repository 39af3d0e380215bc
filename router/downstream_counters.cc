#include "router/downstream_counters.h"

#include <cerrno>

namespace weir {

DropReason DropReasonOf(int error) {
  switch (error) {
    case ECONNREFUSED:
    case ENOENT:  // a unix socket whose file is gone
      return DropReason::kRefused;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EDESTADDRREQ:
    case ETIMEDOUT:
      return DropReason::kUnreachable;
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return DropReason::kWouldBlock;
    case EMSGSIZE:
      return DropReason::kTooLong;
    default:
      return DropReason::kOther;
  }
}

uint64_t DownstreamCounters::dropped_lines() const {
  uint64_t lines = 0;
  for (const Amount& amount : dropped) lines += amount.lines;
  return lines;
}

DownstreamCounters& DownstreamCounters::operator+=(const DownstreamCounters& other) {
  taken_lines += other.taken_lines;
  sent += other.sent;
  returned += other.returned;
  for (size_t i = 0; i < kDropReasonCount; ++i) dropped[i] += other.dropped[i];
  connects += other.connects;
  connect_failures += other.connect_failures;
  return *this;
}

}  // namespace weir
