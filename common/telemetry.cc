#include "common/telemetry.h"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

namespace weir {
namespace {

std::optional<size_t> CountOpenFds() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return std::nullopt;
  size_t count = 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count - 3;  // ".", ".." and the directory itself
}

// The fields of /proc/self/stat from the third on; the second, the name, may hold anything.
std::vector<double> ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  const size_t name_end = text.rfind(')');
  if (name_end == text.npos) return {};
  std::istringstream rest(text.substr(name_end + 4));  // ") S "
  std::vector<double> fields;
  for (double field; rest >> field;) fields.push_back(field);
  return fields;
}

// When the machine started, in seconds since 1970.
double BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::atof(line.c_str() + 6);
  }
  return 0;
}

// Bytes received and sent over every interface but loopback, as the process' namespace has them.
std::optional<std::pair<double, double>> ReadNetwork() {
  std::ifstream file("/proc/self/net/netstat");
  std::string names, values;
  while (std::getline(file, names) && std::getline(file, values)) {
    if (!names.starts_with("IpExt:")) continue;
    std::istringstream name_stream(names), value_stream(values);
    std::pair<double, double> bytes{0, 0};
    std::string name, value;
    while (name_stream >> name && value_stream >> value) {
      if (name == "InOctets") bytes.first = std::atof(value.c_str());
      if (name == "OutOctets") bytes.second = std::atof(value.c_str());
    }
    return bytes;
  }
  return std::nullopt;
}

}  // namespace

OwnFamily::OwnFamily(std::string_view name, std::string_view help, prometheus::MetricType type) {
  family_.name = name;
  family_.help = help;
  family_.type = type;
}

OwnFamily OwnFamily::Counter(std::string_view name, std::string_view help) {
  return OwnFamily(name, help, prometheus::MetricType::Counter);
}

OwnFamily OwnFamily::Gauge(std::string_view name, std::string_view help) {
  return OwnFamily(name, help, prometheus::MetricType::Gauge);
}

OwnFamily& OwnFamily::Add(OwnLabels labels, double value) {
  prometheus::ClientMetric metric;
  for (const auto& [name, label_value] : labels) {
    metric.label.push_back({std::string(name), std::string(label_value)});
  }
  (family_.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      value;
  family_.metric.push_back(std::move(metric));
  return *this;
}

std::vector<prometheus::MetricFamily> CollectProcess() {
  std::vector<prometheus::MetricFamily> families;
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    families.push_back(OwnFamily::Gauge(name, help).Add(value).Take());
  };
  const auto counter = [&](std::string_view name, std::string_view help, double value) {
    families.push_back(OwnFamily::Counter(name, help).Add(value).Take());
  };
  rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    counter("process_cpu_seconds_total", "CPU time spent by this process, in seconds.",
            seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  if (const auto fds = CountOpenFds()) {
    gauge("process_open_fds", "File descriptors this process has open.", static_cast<double>(*fds));
  }
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    gauge("process_max_fds", "File descriptors this process may have open.",
          static_cast<double>(limit.rlim_cur));
  }
  // Places in the stat line, counted from the field after the state (proc(5) counts it as 4).
  constexpr size_t kStartTime = 18, kVirtualBytes = 19, kResidentPages = 20;
  if (const auto stat = ReadStat(); stat.size() > kResidentPages) {
    gauge("process_virtual_memory_bytes", "Address space of this process, in bytes.",
          stat[kVirtualBytes]);
    gauge("process_resident_memory_bytes", "Memory this process occupies, in bytes.",
          stat[kResidentPages] * static_cast<double>(sysconf(_SC_PAGESIZE)));
    gauge("process_start_time_seconds", "When this process started, in seconds since 1970.",
          BootTime() + stat[kStartTime] / static_cast<double>(sysconf(_SC_CLK_TCK)));
  }
  if (getrlimit(RLIMIT_AS, &limit) == 0) {
    gauge("process_virtual_memory_max_bytes", "Address space this process may use, in bytes.",
          static_cast<double>(limit.rlim_cur));
  }
  if (const auto network = ReadNetwork()) {
    counter("process_network_receive_bytes_total", "IP bytes received in this process' namespace.",
            network->first);
    counter("process_network_transmit_bytes_total", "IP bytes sent in this process' namespace.",
            network->second);
  }
  return families;
}

}  // namespace weir
