// RouterConfig: everything a router's configuration says, whichever form it was written in.
//
// A file is read in four forms, told apart by what stands in it, never by its name: our YAML, the
// key=value file of hulu's statsd-router, the JSON of go-statsd-proxy, and the JavaScript object of
// etsy's proxy.js. The last three choose that system's placement, ports, probes and console, so
// that the file works as it is. docs/router-config.md has every key.
//
// Errors: all of a file's at once, one "file:line:column: what" per line, with the offending text
// and what would be right. What is doubtful (an unknown key, a probe that is missing) is a warning,
// and with `strict` an error where the file's author probably meant something else.
//
// Nothing is resolved or discovered here: names stay names. Thread safety: plain values and pure
// functions, except that loading reads the file. Tested by
// tests/unit/common/topology/config_yaml_test.cc, config_hulu_test.cc, config_go_test.cc,
// config_etsy_test.cc, config_form_test.cc, config_discover_test.cc and config_text_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/placement.h"
#include "common/result.h"
#include "common/socket.h"
#include "common/topology/config_words.h"

namespace weir {

// Where lines come in. At least one must be given; an empty text is no listener.
struct ListenConfig {
  // host:port each; more than one where clients were told several ports (hulu's threads_num). All
  // workers share each port. Default one, ":8125".
  std::vector<std::string> udp = {":8125"};
  // host:port. Default ":8125".
  std::string tcp = ":8125";
  // Paths of a unix datagram and a unix stream socket; "@name" is an abstract one. Default none.
  std::string unixgram;
  std::string unix_stream;
  // Permissions of the sockets' files. Default 0755, under which only the owner can send.
  uint32_t unix_mode = 0755;

  friend bool operator==(const ListenConfig&, const ListenConfig&) = default;
};

// The text console, off unless asked for.
struct ConsoleConfig {
  std::string listen;  // host:port; empty: none
  ConsoleStyle style = ConsoleStyle::kOwn;

  friend bool operator==(const ConsoleConfig&, const ConsoleConfig&) = default;
};

// Lines about ourselves, sent through the data path with hulu's names: a few per downstream, worker
// and interval.
struct PingConfig {
  std::chrono::nanoseconds interval{0};  // zero: off, the default
  std::string prefix = "weir";

  friend bool operator==(const PingConfig&, const PingConfig&) = default;
};

// How downstreams are probed. A death is noticed within fall * interval + timeout.
struct HealthCheckConfig {
  // For downstreams with a health address that do not say it themselves. Default statsd.
  HealthKind kind = HealthKind::kStatsd;
  // One probe per downstream and interval, from this process. Default 2s.
  std::chrono::nanoseconds interval = std::chrono::seconds(2);
  // At most the interval. Default 1s, or the interval when that is shorter.
  std::chrono::nanoseconds timeout = std::chrono::seconds(1);
  // So many results in a row change the state. Default 2 each; more is calmer and slower.
  uint32_t fall = 2;
  uint32_t rise = 2;

  friend bool operator==(const HealthCheckConfig&, const HealthCheckConfig&) = default;
};

// Bounds of on_down: hold, for each downstream. What exceeds them is dropped, oldest first by time,
// newest first by bytes.
struct HoldConfig {
  std::chrono::nanoseconds time = std::chrono::seconds(30);
  uint64_t bytes = uint64_t{16} << 20;

  friend bool operator==(const HoldConfig&, const HoldConfig&) = default;
};

struct DownstreamConfig {
  // host:port as configured (a name stays one), or the path of a unix socket.
  std::string address = {};
  // By which placement knows it: an address may change without moving keys as long as this stays.
  // Default the address. Unique.
  std::string label = {};
  // Share of the keys relative to the others; only `slots` and `ketama` heed it. Default 1.
  uint32_t weight = 1;
  Transport transport = Transport::kUdp;  // or kTcp, kUnixgram
  // TCP: bytes that may wait for the connection, the newest beyond them are dropped. Default 16
  // MiB, paid only while they wait.
  uint64_t queue = uint64_t{16} << 20;

  // kNone: only refusals on the data socket tell that it is dead.
  HealthKind health_kind = HealthKind::kNone;
  std::string health = {};       // host:port to probe; empty with kNone
  std::string health_path = {};  // kHttp: path with query, as "/-/ready"; otherwise empty

  // It stands in no file but was found (common/topology/discovery.h). Then an empty address stands
  // for nowhere.
  bool discovered = false;

  friend bool operator==(const DownstreamConfig&, const DownstreamConfig&) = default;
};

// Downstreams that are found again and again instead of being listed.
struct DiscoverConfig {
  DiscoverKind kind = DiscoverKind::kDns;
  // kDns: name:port, a node for each of its addresses. kSrv: the name of SRV records, a node for
  // each. kFile: a path, which may have `*`, `?` and `[...]` in its last part; the files list nodes
  // as those of Prometheus' file_sd do.
  std::string where = {};
  // What each node is like. Its `address` and `label` are empty, and `health` has no host: the
  // node's stands before it.
  DownstreamConfig like = {};

  friend bool operator==(const DiscoverConfig&, const DiscoverConfig&) = default;
};

// Who is asked for names, of downstreams and of what is discovered.
struct ResolverConfig {
  // Numeric host:port of a DNS server. Empty, the default: the system's name service, or the DNS
  // servers of /etc/resolv.conf for what is discovered.
  std::string address;
  // From an answer to the next question. Default 30s; after a failure at most 2s.
  std::chrono::nanoseconds interval = std::chrono::seconds(30);

  friend bool operator==(const ResolverConfig&, const ResolverConfig&) = default;
};

struct RouterConfig {
  ListenConfig listen;
  ConsoleConfig console;
  // host:port of metrics, health, reload and the status page; empty: none. Default ":9145".
  std::string web = ":9145";

  // What of a line decides where it goes. `series` costs sorting the tags, `mapped` the rules of
  // the mapping files for each new name; both keep what they found. Default name.
  KeyKind key = KeyKind::kName;
  std::vector<std::string> mapping;  // files or directories, for `mapped`

  // Default slots. The others place keys as another router does, to the bit.
  Placement placement = Placement::kSlots;
  // statsrelay: shard i belongs to downstreams[shard_map[i]]. Empty: one shard per downstream.
  std::vector<uint16_t> shard_map;
  NameEnd name_end = NameEnd::kFirst;  // statsrelay

  // Bytes of payload in a datagram. More per datagram costs less per line as long as the network
  // does not fragment it. Default 1432, which fits 1500 with room for tunnels.
  uint32_t mtu = 1432;
  // How long a line may wait for others. Default 100ms.
  std::chrono::nanoseconds flush_interval = std::chrono::milliseconds(100);
  // Default structure: a name, a value and a type, at the cost of a look at each line's delimiters.
  ValidationLevel validation = ValidationLevel::kStructure;

  PingConfig ping;
  HealthCheckConfig health_check;
  OnDown on_down = OnDown::kRehash;  // default: its keys move to the others until it returns
  HoldConfig hold;
  // In percent. While fewer downstreams than this are alive, deaths stop changing the ring: the
  // probes are then more likely wrong than the downstreams. Zero, the default: only when none is.
  uint32_t panic_threshold = 0;

  // Receive buffer to ask for, in bytes, for UDP and unix datagrams; zero asks for nothing. It
  // absorbs bursts and costs memory only while full. Default 64 MiB.
  uint64_t read_buffer = uint64_t{64} << 20;
  uint32_t threads = 0;  // workers; zero, the default: one per core

  ResolverConfig resolver;

  // In the file's order, which hulu's placement needs. Those that were discovered stand behind all
  // others.
  std::vector<DownstreamConfig> downstreams;
  std::vector<DiscoverConfig> discover;

  friend bool operator==(const RouterConfig&, const RouterConfig&) = default;
};

// What the command line says; each part replaces what the file says.
struct ConfigOverrides {
  std::optional<std::vector<std::string>> listen_udp;
  std::optional<std::string> listen_tcp;
  std::optional<std::string> web;
  std::optional<std::string> console;
  std::vector<std::string> downstreams;  // host:port; empty: those of the file
  bool may_listen_on_nothing = false;    // lines come by another way
  std::optional<Placement> placement;
  uint32_t threads = 0;  // zero: as the file says
};

struct ConfigOptions {
  bool strict = false;  // unknown keys and other suspicions are errors
  ConfigOverrides overrides;
};

// Reads the file at `path`; without one (an empty path) the defaults and the overrides must do.
// Appends warnings of the same form as errors, also when it fails.
Result<RouterConfig> LoadRouterConfig(const std::string& path, const ConfigOptions& options,
                                      std::vector<std::string>* warnings);

// As LoadRouterConfig, of a text that is called `name` in errors.
Result<RouterConfig> ReadRouterConfig(std::string_view text, const std::string& name,
                                      const ConfigOptions& options,
                                      std::vector<std::string>* warnings);

// The configuration in our YAML, every key written out; reading it gives an equal one, without a
// warning beyond those of the configuration itself. REQUIRES: `config` came from a reader.
std::string ToYaml(const RouterConfig& config);

}  // namespace weir
