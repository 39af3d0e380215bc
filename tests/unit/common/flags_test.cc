#include "common/flags.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "common/flags_text.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Args = std::vector<std::string>;

// The flags of statsd_exporter that deployments use, and one of each other type.
struct Command {
  std::string web_address = ":9102";
  std::string telemetry_path = "/metrics";
  std::string udp = ":9125";
  std::string tcp = ":9125";
  std::string unixgram;
  std::string socket_mode = "755";
  std::string mapping_config;
  std::string relay_address;
  int64_t read_buffer = 0;
  int cache_size = 1000;
  std::string cache_type = "lru";
  uint32_t queue_size = 10'000;
  int flush_threshold = 1000;
  nanoseconds flush_interval = milliseconds(200);
  bool parse_influxdb = true;
  bool lifecycle = false;
  uint64_t memory = 0;
  std::vector<std::string> nodes = {"a:1"};

  FlagSet flags{"weir-exporter", "Takes StatsD and shows it to Prometheus.", "weir-exporter 1.0"};

  Command() {
    flags.Group("Web");
    flags.Add("web.listen-address", &web_address, "Where to serve HTTP.");
    flags.Add("web.telemetry-path", &telemetry_path, "The path of the metrics.");
    flags.Add("web.enable-lifecycle", &lifecycle, "Allow reload and shutdown over HTTP.");
    flags.Group("StatsD input");
    flags.Add("statsd.listen-udp", &udp, "UDP address to receive on. Empty: none.");
    flags.Add("statsd.listen-tcp", &tcp, "TCP address to receive on. Empty: none.");
    flags.Add("statsd.listen-unixgram", &unixgram, "Unix datagram socket. Empty: none.");
    flags.Add("statsd.unixsocket-mode", &socket_mode, "Permissions of the socket file.");
    flags.Add("statsd.mapping-config", &mapping_config, "The file of mapping rules.");
    flags.Add("statsd.read-buffer", &read_buffer, "Bytes of receive buffer.", int64_t{0});
    flags.Add("statsd.cache-size", &cache_size, "Entries of the cache.");
    flags.AddChoice("statsd.cache-type", &cache_type, {"lru", "random"}, "Kind of cache.");
    flags.Add("statsd.event-queue-size", &queue_size, "Batches in the queue.");
    flags.Add("statsd.event-flush-threshold", &flush_threshold, "Events in a batch.");
    flags.Add("statsd.event-flush-interval", &flush_interval, "Wait for a batch.");
    flags.Add("statsd.parse-influxdb-tags", &parse_influxdb, "Understand InfluxDB tags.");
    flags.Add("statsd.relay.address", &relay_address, "Where to relay lines to.");
    flags.Group("Other");
    flags.Add("node", &nodes, "A node.");
    flags.AddSize("limit.memory", &memory, "Most memory.");
  }

  Result<ParseOutcome> Parse(const Args& args, const char* argv0 = "/bin/statsd_exporter") {
    std::vector<const char*> argv = {argv0};
    for (const std::string& arg : args) argv.push_back(arg.c_str());
    return flags.Parse(static_cast<int>(argv.size()), argv.data());
  }

  void MustRun(const Args& args) {
    const Result<ParseOutcome> outcome = Parse(args);
    INFO((outcome ? "" : outcome.error().message));
    REQUIRE(outcome);
    REQUIRE_FALSE(outcome->print.has_value());
  }
};

std::string ErrorOf(const Args& args) {
  Command command;
  const Result<ParseOutcome> outcome = command.Parse(args);
  return outcome ? "no error" : outcome.error().message;
}

std::string Shown(const Args& args) {
  Command command;
  const Result<ParseOutcome> outcome = command.Parse(args);
  INFO((outcome ? "" : outcome.error().message));
  REQUIRE(outcome);
  return outcome->print.value_or("nothing");
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class ArgumentFile {
 public:
  explicit ArgumentFile(const std::string& content) {
    const int fd = mkstemp(path_);
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    close(fd);
  }
  ~ArgumentFile() { std::remove(path_); }
  std::string word() const { return std::string("@") + path_; }

 private:
  char path_[32] = "/tmp/weir_flags_XXXXXX";
};

}  // namespace

TEST_CASE("without arguments every flag has its default", "[flags]") {
  Command command;
  command.MustRun({});
  CHECK(command.udp == ":9125");
  CHECK(command.flush_interval == milliseconds(200));
  CHECK(command.parse_influxdb);
  CHECK(command.nodes == Args{"a:1"});
}

TEST_CASE("the community chart's arguments parse", "[flags]") {
  Command command;
  command.MustRun({"--web.listen-address=:9102", "--web.telemetry-path=/metrics",
                   "--statsd.listen-udp=:9125", "--statsd.listen-tcp=:9125",
                   "--statsd.cache-size=1000", "--statsd.event-queue-size=10000",
                   "--statsd.event-flush-threshold=1000", "--statsd.event-flush-interval=200ms",
                   "--statsd.mapping-config=/etc/prometheus-statsd-exporter/statsd-mapping.conf"});
  CHECK(command.mapping_config == "/etc/prometheus-statsd-exporter/statsd-mapping.conf");
  CHECK(command.queue_size == 10'000);
}

TEST_CASE("the community chart without ports gives empty values in the middle", "[flags]") {
  Command command;
  command.MustRun({"--web.listen-address=:9102", "--statsd.listen-udp=", "--statsd.listen-tcp=",
                   "--statsd.cache-size=7", "--statsd.mapping-config="});
  CHECK(command.udp.empty());
  CHECK(command.tcp.empty());
  CHECK(command.cache_size == 7);
  CHECK(command.mapping_config.empty());
}

TEST_CASE("the arguments of other deployments parse", "[flags]") {
  Command command;
  SECTION("Airflow chart") {
    command.MustRun({"--statsd.mapping-config=/etc/statsd-exporter/mappings.yml"});
    CHECK(command.mapping_config == "/etc/statsd-exporter/mappings.yml");
  }
  SECTION("Sentry chart") {
    command.MustRun({"--statsd.listen-udp=:9125", "--web.listen-address=:9102"});
  }
  SECTION("Emissary") {
    command.MustRun({"--statsd.listen-udp=:8125", "--web.listen-address=:9102",
                     "--statsd.mapping-config=/statsd-exporter/mapping-config.yaml"});
    CHECK(command.udp == ":8125");
  }
  SECTION("sf-operator") {
    command.MustRun(
        {"--statsd.mapping-config=/etc/m.yaml", "--statsd.relay.address=graphite:8125"});
    CHECK(command.relay_address == "graphite:8125");
  }
  SECTION("Nomad job") {
    command.MustRun({"--web.telemetry-path=/v1/metrics", "--statsd.listen-udp=:8125",
                     "--statsd.listen-tcp=:8125"});
    CHECK(command.telemetry_path == "/v1/metrics");
  }
  SECTION("Kong through YAML: the quotes are the value") {
    command.MustRun({"--statsd.listen-unixgram=''", "--statsd.read-buffer=30000000"});
    CHECK(command.unixgram == "''");
    CHECK(command.read_buffer == 30'000'000);
  }
  SECTION("a sidecar with a socket only") {
    command.MustRun({"--statsd.listen-udp=", "--statsd.listen-tcp=",
                     "--statsd.listen-unixgram=/run/x/statsd.sock", "--statsd.unixsocket-mode=660",
                     "--no-statsd.parse-influxdb-tags"});
    CHECK(command.udp.empty());
    CHECK(command.tcp.empty());
    CHECK(command.unixgram == "/run/x/statsd.sock");
    CHECK(command.socket_mode == "660");
    CHECK_FALSE(command.parse_influxdb);
  }
}

TEST_CASE("a value may be a word of its own", "[flags]") {
  Command command;
  command.MustRun({"--statsd.listen-udp", "[::1]:9125", "--statsd.listen-tcp", "",
                   "--statsd.listen-unixgram", "@weir", "--web.telemetry-path", "-",
                   "--web.enable-lifecycle"});
  CHECK(command.udp == "[::1]:9125");
  CHECK(command.tcp.empty());
  CHECK(command.unixgram == "@weir");
  CHECK(command.telemetry_path == "-");
  CHECK(command.lifecycle);
}

TEST_CASE("a value is taken as it stands, whatever it looks like", "[flags]") {
  const std::string value = GENERATE("[a,b]", "[]", "{}", "%%", "--", "--statsd.listen-tcp=x", "-5",
                                     "a=b", "a,b", "\"quoted\"", "//", "@x", " ", "h\xC3\xA9");
  CAPTURE(value);
  Command command;
  command.MustRun({"--statsd.listen-udp=" + value, "--node=" + value, "--node=" + value});
  CHECK(command.udp == value);
  CHECK(command.tcp == ":9125");
  CHECK(command.nodes == Args{value, value});
}

TEST_CASE("a list collects its values and replaces the default", "[flags]") {
  Command command;
  command.MustRun({"--node=x", "--node", "y", "--node="});
  CHECK(command.nodes == Args{"x", "y", ""});
}

TEST_CASE("an optional text tells an empty value from none", "[flags]") {
  const auto parse = [](std::vector<const char*> args) {
    std::optional<std::string> value;
    FlagSet flags("p", "Summary.", "1");
    flags.Group("G");
    flags.Add("x", &value, "A text.");
    args.insert(args.begin(), "p");
    REQUIRE(flags.Parse(static_cast<int>(args.size()), args.data()).has_value());
    return value;
  };
  CHECK_FALSE(parse({}).has_value());
  CHECK(parse({"--x="}) == "");
  CHECK(parse({"--x", "a"}) == "a");
}

TEST_CASE("numbers are whole and within their range", "[flags]") {
  Command command;
  command.MustRun({"--statsd.cache-size=-3", "--statsd.event-queue-size=4294967295",
                   "--statsd.read-buffer=9223372036854775807"});
  CHECK(command.cache_size == -3);
  CHECK(command.queue_size == 4'294'967'295);

  CHECK(ErrorOf({"--statsd.event-queue-size=4294967296"}) ==
        "statsd_exporter: error: --statsd.event-queue-size must be a whole number from 0 to "
        "4294967295, got '4294967296', try --help");
  CHECK(Contains(ErrorOf({"--statsd.read-buffer=-1"}), "from 0 to 9223372036854775807, got '-1'"));
  for (const char* wrong : {"", "x", "1x", " 1", "1.5", "+1", "99999999999999999999"}) {
    CHECK(Contains(ErrorOf({std::string("--statsd.cache-size=") + wrong}),
                   std::string("got '") + wrong + "'"));
  }
}

TEST_CASE("durations take days", "[flags]") {
  Command command;
  command.MustRun({"--statsd.event-flush-interval=1d12h"});
  CHECK(command.flush_interval == std::chrono::hours(36));
  CHECK(Contains(ErrorOf({"--statsd.event-flush-interval=5"}),
                 "--statsd.event-flush-interval: invalid duration \"5\": the unit is missing"));
}

TEST_CASE("a choice outside its list is refused with the list", "[flags]") {
  Command command;
  command.MustRun({"--statsd.cache-type=random"});
  CHECK(command.cache_type == "random");
  CHECK(ErrorOf({"--statsd.cache-type=x"}) ==
        "statsd_exporter: error: enum value must be one of lru,random, got 'x', try --help");
  CHECK(Contains(ErrorOf({"--statsd.cache-type="}), "got ''"));
}

TEST_CASE("mistakes are refused in kingpin's words", "[flags]") {
  const auto what = [](const Args& args) {
    const std::string error = ErrorOf(args);
    const std::string prefix = "statsd_exporter: error: ";
    const std::string suffix = ", try --help";
    REQUIRE(error.starts_with(prefix));
    REQUIRE(error.ends_with(suffix));
    return error.substr(prefix.size(), error.size() - prefix.size() - suffix.size());
  };
  CHECK(what({"--web.enable-lifecycle=true"}) == "unexpected true");
  CHECK(what({"--web.enable-lifecycle", "true"}) == "unexpected true");
  CHECK(what({"--web.enable-lifecycle="}) == "unexpected ");
  CHECK(what({"--statsd.listen-udp=a", "--statsd.listen-udp=a"}) ==
        "flag 'statsd.listen-udp' cannot be repeated");
  CHECK(what({"--web.enable-lifecycle", "--no-web.enable-lifecycle"}) ==
        "flag 'web.enable-lifecycle' cannot be repeated");
  CHECK(what({"--nope"}) == "unknown long flag '--nope'");
  CHECK(what({"--statsd.listen"}) == "unknown long flag '--statsd.listen'");
  CHECK(what({"--nope=1"}) == "unknown long flag '--nope'");
  CHECK(what({"--no-statsd.listen-udp"}) == "unknown long flag '--no-statsd.listen-udp'");
  CHECK(what({"--no-help"}) == "unknown long flag '--no-help'");
  CHECK(what({"-x"}) == "unknown short flag '-x'");
  CHECK(what({"positional"}) == "unexpected positional");
  CHECK(what({"--", "--statsd.listen-udp=a"}) == "unexpected --statsd.listen-udp=a");
  CHECK(what({"--", "--help"}) == "unexpected --help");
  CHECK(what({""}) == "unexpected ");
  CHECK(what({"-"}) == "unexpected -");
  CHECK(what({"--statsd.listen-udp"}) == "expected argument for flag '--statsd.listen-udp'");
  CHECK(what({"--statsd.cache-size", "-3"}) == "expected argument for flag '--statsd.cache-size'");
  CHECK(what({"--bogus", "--help"}) == "unknown long flag '--bogus'");
  CHECK(Command().Parse({"x"}, "weir-exporter").error().message ==
        "weir-exporter: error: unexpected x, try --help");
}

TEST_CASE("nothing may follow the end of flags, but it may stand there", "[flags]") {
  Command command;
  command.MustRun({"--statsd.listen-udp=a", "--"});
  CHECK(command.udp == "a");
}

TEST_CASE("an argument file stands for its lines", "[flags]") {
  const ArgumentFile inner("--statsd.listen-tcp=\n");
  const ArgumentFile outer("# comment\n\n--statsd.listen-udp\n:1 2\n" + inner.word() +
                           "\n--no-statsd.parse-influxdb-tags");
  Command command;
  command.MustRun({outer.word(), "--statsd.cache-size=5"});
  CHECK(command.udp == ":1 2");
  CHECK(command.tcp.empty());
  CHECK_FALSE(command.parse_influxdb);
  CHECK(command.cache_size == 5);
}

TEST_CASE("an argument file that cannot be read or names itself is an error", "[flags]") {
  CHECK(Contains(ErrorOf({"@/nonexistent/args"}),
                 "cannot read argument file '/nonexistent/args': No such file or directory"));
  CHECK(Contains(ErrorOf({"@/tmp"}), "cannot read argument file '/tmp': Is a directory"));
  const ArgumentFile file("");
  {
    std::ofstream loop(file.word().substr(1));
    loop << file.word() << '\n';
  }
  CHECK(Contains(ErrorOf({file.word()}), "argument files name each other"));
}

TEST_CASE("help and version go to stdout", "[flags]") {
  CHECK(Shown({"--version"}) == "weir-exporter 1.0\n");
  CHECK(Shown({"-h"}) == Shown({"--help"}));
  CHECK(Shown({"--statsd.listen-udp=", "--help", "--bogus"}) == Shown({"--help"}));
}

TEST_CASE("help tells of operands, and of no default where there is none", "[flags]") {
  std::optional<std::string> address;
  std::string kind;
  FlagSet flags("sender", "Sends.", "1\n");
  flags.Operands("[FILE]");
  flags.Group("Ways");
  flags.Add("to", &address, "Where to send. Not given: nowhere.");
  flags.AddChoice("kind", &kind, {"a", "b"}, "What to send. Not given: all.");
  const char* const argv[] = {"sender", "--help"};
  const auto outcome = flags.Parse(2, argv);
  REQUIRE(outcome.has_value());
  CHECK(outcome->print->starts_with("Usage: sender [flags] [FILE]\n"));
  CHECK(Contains(*outcome->print,
                 "  --to=<text>\n        Where to send. Not given: nowhere.\n"
                 "  --kind=a|b\n        What to send. Not given: all.\n"));
}

TEST_CASE("help groups and explains every flag within the width", "[flags]") {
  const std::string help = Shown({"--help"});
  CHECK(help.starts_with(
      "Usage: weir-exporter [flags]\n\nTakes StatsD and shows it to Prometheus.\n"));
  CHECK(Contains(help,
                 "\nStatsD input\n  --statsd.listen-udp=<text>\n"
                 "        UDP address to receive on. Empty: none. Default: \":9125\".\n"));
  CHECK(Contains(help,
                 "  --[no-]statsd.parse-influxdb-tags\n"
                 "        Understand InfluxDB tags. Default: true.\n"));
  CHECK(Contains(help, "  --statsd.cache-type=lru|random\n        Kind of cache. Default: lru.\n"));
  CHECK(Contains(help, "Wait for a batch. Default: 200ms.\n"));
  CHECK(Contains(help, "A node. May be repeated. Default: \"a:1\".\n"));
  CHECK_FALSE(Contains(help, "completion"));
  CHECK(help.find("\nWeb\n") < help.find("\nStatsD input\n"));

  const Command command;
  for (const FlagInfo& flag : command.flags.List()) {
    if (!flag.hidden) CHECK(Contains(help, flag.help.substr(0, flag.help.find(' '))));
  }
  const std::string narrow = HelpText({"p", std::string(30, 'x') + " y z"},
                                      {{"flag", "text", "d",
                                        "Some words that do not fit in "
                                        "forty columns, so they are wrapped.",
                                        "G"}},
                                      40);
  size_t longest = 0;
  for (size_t start = 0, end; (end = narrow.find('\n', start)) != std::string::npos;) {
    longest = std::max(longest, end - start);
    start = end + 1;
  }
  CHECK(longest <= 40);
  CHECK(longest > 30);
}

TEST_CASE("a size is a number of bytes, with a unit or none", "[flags]") {
  Command command;
  command.MustRun({"--limit.memory=2GiB"});
  CHECK(command.memory == uint64_t{2} << 30);
  Command wrong;
  CHECK(
      Contains(wrong.Parse({"--limit.memory=2GB"}).error().message,
               "--limit.memory must be a size in bytes, such as 65536, 64KiB or 16MiB, got '2GB'"));
}

TEST_CASE("the table tells of every flag", "[flags]") {
  const Command command;
  const std::vector<FlagInfo> flags = command.flags.List();
  const auto find = [&flags](std::string_view name) {
    for (const FlagInfo& flag : flags) {
      if (flag.name == name) return flag;
    }
    FAIL("no flag " << name);
    return FlagInfo{};
  };
  const FlagInfo udp = find("statsd.listen-udp");
  CHECK(udp.type == "text");
  CHECK(udp.default_text == ":9125");
  CHECK(udp.group == "StatsD input");
  CHECK(udp.help == "UDP address to receive on. Empty: none.");
  CHECK(find("statsd.cache-type").choices == Args{"lru", "random"});
  CHECK(find("statsd.event-flush-interval").default_text == "200ms");
  CHECK(find("statsd.cache-size").type == "int");
  CHECK(find("limit.memory").type == "size");
  CHECK(find("limit.memory").default_text == "0");
  CHECK(find("web.enable-lifecycle").default_text == "false");
  CHECK(find("help-man").hidden);
  CHECK(find("completion-script-bash").hidden);
  CHECK_FALSE(find("help").hidden);
}

TEST_CASE("the man page holds the flags and escapes what roff would read", "[flags]") {
  const std::string page = Shown({"--help-man"});
  CHECK(page.starts_with(".TH WEIR\\-EXPORTER 1\n.SH NAME\nweir\\-exporter \\- Takes"));
  CHECK(Contains(page,
                 ".SS StatsD input\n.TP\n\\fB\\-\\-statsd.listen\\-udp=<text>\\fR\n"
                 "UDP address to receive on."));
  CHECK(Contains(ManPage({"p", ".x\\"}, {}), "\\- \\&.x\\e\n"));
}

TEST_CASE("the bash script completes flags and choices", "[flags]") {
  const std::string script = Shown({"--completion-script-bash"});
  const auto complete = [&script](const std::string& words, int current) {
    const ArgumentFile file(script + "COMP_WORDS=(" + words +
                            ")\nCOMP_CWORD=" + std::to_string(current) +
                            "\n_weir_exporter\necho \"${COMPREPLY[@]}\"\n");
    FILE* bash = popen(("bash " + file.word().substr(1) + " 2>&1").c_str(), "r");
    REQUIRE(bash != nullptr);
    char text[4096];
    std::string all;
    while (fgets(text, sizeof(text), bash) != nullptr) all += text;
    CHECK(pclose(bash) == 0);
    return all;
  };
  CHECK(complete("weir-exporter --statsd.listen-u", 1) ==
        "--statsd.listen-udp --statsd.listen-unixgram\n");
  CHECK(complete("weir-exporter --no-w", 1) == "--no-web.enable-lifecycle\n");
  CHECK(complete("weir-exporter --statsd.cache-type r", 2) == "random\n");
  CHECK(complete("weir-exporter --statsd.cache-type =", 2) == "lru random\n");
  CHECK(complete("weir-exporter --statsd.cache-type = l", 3) == "lru\n");
}

TEST_CASE("the zsh script names flags, choices and files", "[flags]") {
  const std::string script = Shown({"--completion-script-zsh"});
  CHECK(script.starts_with("#compdef weir-exporter\n_arguments \\\n"));
  CHECK(Contains(script, "'--statsd.cache-type=[Kind of cache.]:choice:(lru random)'"));
  CHECK(Contains(script,
                 "'--statsd.listen-udp=[UDP address to receive on. Empty\\: none.]:text:_files'"));
  CHECK(Contains(script, "'--no-web.enable-lifecycle[Allow"));
  CHECK(Contains(script, "'*--node=[A node.]:list:_files'"));
}

TEST_CASE("a long flag with one dash is taken as Go's flag package takes it", "[flags]") {
  Command command;
  const char* const words[] = {"weir-exporter", "-statsd.listen-udp=:1", "-statsd.listen-tcp", ":2",
                               "-web.enable-lifecycle"};
  REQUIRE(command.flags.Parse(5, words).has_value());
  CHECK(command.udp == ":1");
  CHECK(command.tcp == ":2");
  CHECK(command.lifecycle);
  Command unknown;
  const char* const wrong[] = {"weir-exporter", "-statsd.listen"};
  CHECK(unknown.flags.Parse(2, wrong).error().message ==
        "weir-exporter: error: unknown short flag '-s', try --help");
}

}  // namespace weir
