#include "exporter/explain_words.h"

#include <algorithm>

namespace weir {
namespace {

std::string_view Meaning(ParseError error, const ParserOptions& options) {
  switch (error) {
    case ParseError::kMalformedLine:
      return "it is not name:value|type in valid UTF-8";
    case ParseError::kMixedTaggingStyles:
      return "it has tags in its name and in a |# field; send all of them one way";
    case ParseError::kNotEnoughPartsAfterColon:
      return "no |type follows the value; the types are c, g, ms, h, d and s";
    case ParseError::kInvalidExtendedAggregateType:
      return "several values in one sample need a type of ms, h or d, or, for c and g, must all be "
             "numbers";
    case ParseError::kMalformedComponent:
      return "a field is empty (||), a part after a ':' has no |type, or there are more than four "
             "fields of tags";
    case ParseError::kMalformedValue:
      return "its value is no number; only a set takes any text, if it is not empty";
    case ParseError::kInvalidSampleFactor:
      return "a rate behind @ is no number";
    case ParseError::kMalformedContainerId:
      return "a field that begins with c must be c:<container id>";
    case ParseError::kIllegalEvent:
      break;
  }
  return options.sets ? "its type is none of c, g, ms, h, d and s"
                      : "its type is none of c, g, ms, h and d; sets (s) are refused because "
                        "--statsd.set-window is 0";
}

std::string EmptyNameMeaning(const Resolution& resolution) {
  if (resolution.rule == nullptr) return "nothing is left of the name without its tags";
  return "the name that rule " + PlaceOf(*resolution.rule) +
         " makes is empty; if that is meant, say action: drop";
}

std::string ConflictMeaning(const Resolution& resolution) {
  return "an earlier sample made " + resolution.family +
         ", or what shows under its name with _sum, _count or _bucket, another type; send them "
         "under different names, or rename one by a rule";
}

std::string IllegalLabelMeaning(const Resolution& resolution) {
  const auto is_reserved = [](const Label& label) { return label.name.starts_with("__"); };
  const bool reserved =
      std::any_of(resolution.labels.begin(), resolution.labels.end(), is_reserved);
  const std::string what =
      reserved ? "label names that begin with __ belong to Prometheus"
               : "the labels le and quantile belong to histograms and summaries themselves";
  return what + "; rename the tag, or give a rule drop_labels or rename_labels";
}

std::string Meaning(Refusal refusal, const Resolution& resolution) {
  switch (refusal) {
    case Refusal::kNone:
      return "";
    case Refusal::kEmptyName:
      return EmptyNameMeaning(resolution);
    case Refusal::kNegativeCounter:
      return "a counter only grows; send a gauge, or give a rule as: gauge";
    case Refusal::kConflict:
      return ConflictMeaning(resolution);
    case Refusal::kReservedName:
      return resolution.family +
             " is a metric of weir-exporter itself, or shows as one; choose "
             "another name, or map it to one";
    case Refusal::kIllegalLabel:
      return IllegalLabelMeaning(resolution);
    case Refusal::kHandoffFull:
      return "the thread that owns the series does not keep up";
    case Refusal::kSeriesLimit:
    case Refusal::kFamilyLimit:
    case Refusal::kListenerLimit:
    case Refusal::kMemoryLimit:
      break;
  }
  return "there may be no more series; docs/limits.md";
}

std::string Reason(std::string_view name, std::string_view meaning) {
  return std::string(name).append(": ").append(meaning);
}

}  // namespace

std::string_view WordOf(LineVerdict verdict) {
  switch (verdict) {
    case LineVerdict::kEmpty:
      return "empty";
    case LineVerdict::kMalformed:
      return "malformed";
    case LineVerdict::kEvent:
      return "event";
    case LineVerdict::kCheck:
      return "check";
    case LineVerdict::kSampled:
      break;
  }
  return "sampled";
}

std::string_view WordOf(SampleType type) {
  switch (type) {
    case SampleType::kCounter:
      return "counter";
    case SampleType::kGauge:
      return "gauge";
    case SampleType::kSet:
      return "set";
    case SampleType::kObserver:
      break;
  }
  return "observer";
}

std::string WhyNothing(LineVerdict verdict) {
  switch (verdict) {
    case LineVerdict::kEvent:
      return "the line is a DogStatsD event, which Prometheus has no place for; it is only counted";
    case LineVerdict::kCheck:
      return "the line is a DogStatsD service check, which Prometheus has no place for; it is only "
             "counted";
    default:
      return "the line is empty";
  }
}

std::string WordsOf(ParseError error, const ParserOptions& options) {
  return Reason(Name(error), Meaning(error, options));
}

std::string WordsOfVoidRate() {
  return Reason("void_sample_rate",
                "at this rate the observation stands for none; rates are from 2^-32 to 1");
}

std::string WordsOfTagErrors(uint32_t count) {
  return std::to_string(count) + " (empty, or without a separator, a key or a value)";
}

std::string PlaceOf(const Rule& rule) { return rule.file + ":" + std::to_string(rule.line); }

std::string WordsOfDrop(const Rule& rule) {
  return Reason("mapping_rule", "dropped by rule " + PlaceOf(rule) + " (action: drop)");
}

std::string WordsOf(Refusal refusal, const Resolution& resolution) {
  return Reason(Name(refusal), Meaning(refusal, resolution));
}

}  // namespace weir
