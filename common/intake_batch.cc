#include "common/intake_batch.h"

#include <utility>

#include "common/line.h"

namespace weir {
namespace {

bool IsEventOrCheck(std::string_view line) {
  return line.starts_with("_e{") || line.starts_with("_sc|");
}

}  // namespace

std::string Batch::Json() const {
  std::string json = "{\"taken\":" + std::to_string(taken) +
                     ",\"refused\":" + std::to_string(refused) + ",\"reasons\":{";
  bool first = true;
  // Reasons are words of ours.
  for (const auto& [reason, count] : reasons) {
    json.append(first ? "\"" : ",\"").append(reason).append("\":").append(std::to_string(count));
    first = false;
  }
  return json + "}}\n";
}

Batch TakeBatch(std::string body, std::string_view prefix, const TokenGrant* grant,
                const LineJudge& judge) {
  Batch batch;
  const auto refuse = [&batch](std::string_view reason, size_t count) {
    batch.refused += count;
    const auto place = batch.reasons.find(reason);
    if (place != batch.reasons.end()) {
      place->second += count;
    } else {
      batch.reasons.emplace(reason, count);
    }
  };
  const bool limited = grant != nullptr && grant->prefixes.has_value();
  if (prefix.empty() && !limited) {
    batch.lines = std::move(body);
    if (!batch.lines.empty() && !batch.lines.ends_with('\n')) batch.lines += '\n';
  } else {
    LineCutter cutter(body, Framing::kStream);
    std::string_view line;
    while (cutter.Next(&line)) {
      if (line.empty()) continue;
      if (limited && !grant->Allows(line)) {
        refuse(kNameNotAllowed, 1);
        continue;
      }
      if (!IsEventOrCheck(line)) batch.lines += prefix;
      batch.lines.append(line).append("\n");
    }
  }
  judge(batch.lines, [&](std::string_view reason) {
    if (reason.empty()) {
      ++batch.taken;
    } else {
      refuse(reason, 1);
    }
  });
  return batch;
}

}  // namespace weir
