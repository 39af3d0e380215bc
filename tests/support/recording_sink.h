// RecordingSink: a LineSink that keeps what it is shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/listener.h"

namespace weir {

struct RecordingSink final : LineSink {
  void OnDatagram(std::string_view datagram, Transport transport) override {
    datagrams.emplace_back(datagram);
    last_transport = transport;
  }
  void OnStream(std::string_view lines, Transport transport) override {
    streams.emplace_back(lines);
    stream_text += lines;
    last_transport = transport;
  }
  void OnBatchEnd() override { ++batch_ends; }

  std::vector<std::string> datagrams;
  std::vector<std::string> streams;  // one entry per call
  std::string stream_text;           // all of them
  int batch_ends = 0;
  Transport last_transport = Transport::kUdp;
};

}  // namespace weir
