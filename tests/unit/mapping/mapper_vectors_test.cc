// The peer's own answers (tests/cases/mapping/peer_answers.txt), and where Weir differs on purpose.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/mapping/mapping_fixture.h"

namespace weir {
namespace {

struct Deviation {
  int test_case;
  std::string_view asked;  // "KIND NAME", or "load"
  std::string_view answer;
  std::string_view reason;
};

constexpr std::string_view kReleased =
    "every released version takes this key; only the unreleased HEAD rejects it";
constexpr std::string_view kStar =
    "a `*` in a metric name is text like any other and is captured; there it shifts captures";
constexpr std::string_view kNoMiss =
    "with ordering disabled every glob stays reachable; there a heuristic loses names";

constexpr Deviation kDeviations[] = {
    {2, "counter a.x.x", "three {}", kNoMiss},
    {9, "counter a.*", "x {lab=\"*\"}", kStar},
    {10, "counter *", "x {lab=\"*\"}", kStar},
    {11, "counter a.b", "y {}", "a shorter rule is not shadowed by an earlier longer one"},
    {16, "counter a.*.x", "x__ {p1=\"*\",p2=\"x\"}", kStar},
    {16, "counter a.y.*", "x_y {p1=\"y\",p2=\"*\"}", kStar},
    {19, "counter a.b", "y {}", kNoMiss},
    {19, "counter a.d", "z {}", kNoMiss},
    {27, "load", "accepts", kReleased},
    {28, "load", "accepts", kReleased},
    {29, "load", "accepts", kReleased},
    {30, "load", "accepts", kReleased},
    {31, "load", "accepts", kReleased},
    {32, "load", "accepts", kReleased},
    {33, "load", "accepts", kReleased},
    {34, "load", "accepts", kReleased},
    {36, "load", "accepts", "a key given twice: the last one counts, as in every release"},
    {37, "load", "accepts", "a key given twice: the last one counts, as in every release"},
    {60, "load", "accepts", "wildcards may be a part of a segment"},
};

// What it was asked, and what it answered.
struct Answer {
  std::string asked;
  std::string answer;
};

struct Case {
  int number = 0;
  std::string config;
  std::vector<Answer> answers;
};

void AddAnswerLine(std::string_view line, Case* into) {
  constexpr std::string_view kArrow = " => ";
  const size_t arrow = line.find(kArrow);
  if (arrow == std::string_view::npos) {
    REQUIRE(line == "rejects");
    into->answers.push_back({"load", "rejects"});
    return;
  }
  into->answers.push_back(
      {std::string(line.substr(0, arrow)), std::string(line.substr(arrow + kArrow.size()))});
}

std::vector<Case> ReadCases() {
  std::ifstream file(SourceDir() / "tests/cases/mapping/peer_answers.txt");
  std::vector<Case> cases;
  bool in_config = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("%%% ")) {
      cases.push_back({std::stoi(line.substr(4)), "", {}});
      in_config = true;
    } else if (line == "%%") {
      in_config = false;
    } else if (in_config) {
      cases.back().config += line + "\n";
    } else if (!line.starts_with("#")) {
      AddAnswerLine(line, &cases.back());
    }
  }
  return cases;
}

const Deviation* FindDeviation(int test_case, std::string_view asked) {
  const auto found = std::find_if(
      std::begin(kDeviations), std::end(kDeviations),
      [&](const Deviation& known) { return known.test_case == test_case && known.asked == asked; });
  return found == std::end(kDeviations) ? nullptr : found;
}

std::string Ask(const Loaded& loaded, std::string_view asked) {
  if (asked == "load") return loaded.mapper == nullptr ? "rejects" : "accepts";
  if (loaded.mapper == nullptr) return "rejects";
  const size_t space = asked.find(' ');
  const std::string answer =
      Resolved(*loaded.mapper, asked.substr(space + 1), KindNamed(asked.substr(0, space)));
  return answer.starts_with("unmapped") ? "unmapped" : answer;
}

TEST_CASE("the mapper answers as the peer's does, save for the listed deviations", "[mapper]") {
  const std::vector<Case> cases = ReadCases();
  REQUIRE(cases.size() == 107);
  size_t deviations_met = 0;
  for (const Case& test_case : cases) {
    INFO("case " << test_case.number << ":\n" << test_case.config);
    const Loaded loaded = LoadText(test_case.config);
    const bool is_rejected =
        std::any_of(test_case.answers.begin(), test_case.answers.end(),
                    [](const Answer& answer) { return answer.asked == "load"; });
    if (!is_rejected) CHECK(Ask(loaded, "load") == "accepts");
    for (const Answer& answer : test_case.answers) {
      INFO(answer.asked);
      const Deviation* deviation = FindDeviation(test_case.number, answer.asked);
      if (deviation == nullptr) {
        CHECK(Ask(loaded, answer.asked) == answer.answer);
      } else {
        INFO(deviation->reason);
        ++deviations_met;
        CHECK(Ask(loaded, answer.asked) == deviation->answer);
        CHECK(deviation->answer != answer.answer);
      }
    }
  }
  CHECK(deviations_met == std::size(kDeviations));
}

}  // namespace
}  // namespace weir
