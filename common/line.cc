#include "common/line.h"

#include <charconv>

namespace weir {
namespace {

struct EventHead {
  size_t title_length;
  size_t text_length;
  std::string_view rest;  // from the title on
};

// Takes a length and the character after it off the front of `text`.
bool TakeLength(std::string_view* text, char after, size_t* length) {
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, *length);
  if (error != std::errc() || stop == end || *stop != after) return false;
  text->remove_prefix(static_cast<size_t>(stop + 1 - text->data()));
  return true;
}

std::optional<EventHead> ReadEventHead(std::string_view line) {
  if (!line.starts_with("_e{")) return std::nullopt;
  line.remove_prefix(3);
  EventHead head;
  if (!TakeLength(&line, ',', &head.title_length) || !TakeLength(&line, '}', &head.text_length) ||
      !line.starts_with(':')) {
    return std::nullopt;
  }
  head.rest = line.substr(1);
  return head;
}

// Where `text` is after `count` bytes or code points from `at`; npos when it is shorter.
size_t SkipBytes(std::string_view text, size_t at, size_t count) {
  return count <= text.size() - at ? at + count : std::string_view::npos;
}

size_t SkipCodePoints(std::string_view text, size_t at, size_t count) {
  for (; count > 0; --count) {
    if (at == text.size()) return std::string_view::npos;
    ++at;
    while (at < text.size() && (static_cast<uint8_t>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

template <class Skip>
std::optional<std::string_view> TitleBy(Skip skip, const EventHead& head) {
  const std::string_view rest = head.rest;
  const size_t title_end = skip(rest, 0, head.title_length);
  if (title_end >= rest.size() || rest[title_end] != '|') return std::nullopt;
  const size_t text_end = skip(rest, title_end + 1, head.text_length);
  if (text_end != rest.size() && (text_end > rest.size() || rest[text_end] != '|')) {
    return std::nullopt;
  }
  return rest.substr(0, title_end);
}

}  // namespace

std::optional<std::string_view> EventTitle(std::string_view line) {
  const std::optional<EventHead> head = ReadEventHead(line);
  if (!head || head->title_length == 0) return std::nullopt;
  if (auto title = TitleBy(SkipBytes, *head)) return title;
  return TitleBy(SkipCodePoints, *head);
}

std::optional<std::string_view> CheckName(std::string_view line) {
  if (!line.starts_with("_sc|")) return std::nullopt;
  line.remove_prefix(4);
  const size_t bar = line.find('|');
  if (bar == 0 || bar == std::string_view::npos) return std::nullopt;
  const std::string_view status = line.substr(bar + 1);
  const bool known = !status.empty() && status[0] >= '0' && status[0] <= '3' &&
                     (status.size() == 1 || status[1] == '|');
  return known ? std::optional(line.substr(0, bar)) : std::nullopt;
}

}  // namespace weir
