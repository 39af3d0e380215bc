// Mapper: what the rules make of a sample's name and tags.
//
// Holds the compiled rules of all mapping files. Globs are tried first, then regular expressions,
// both in file order; a name no rule takes is unmapped and goes by its escaped name. Called once
// per first sight of a (name, kind, tags); known series never come here.
//
// Cost of Resolve: one walk of the glob trie (bounded by segments and matching branches, not by the
// number of rules), one pass of all regular expressions together, then the winning rule's
// templates.
//
// Thread safety: immutable after construction; any thread may call Resolve.
// Lifetimes: Resolution::rule points into the Mapper; everything in Resolution::policy lives until
// the process ends (mapping/series_policy.h).
// Tested by tests/unit/mapping/mapper_test.cc and mapper_vectors_test.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "mapping/label.h"
#include "mapping/rule.h"
#include "mapping/series_policy.h"

namespace weir {

struct RuleSet;

// What the rules make of one sample's name and tags.
struct Resolution {
  enum class Verdict : uint8_t {
    kUnmapped,   // no rule took it: the escaped name, the tags, the defaults
    kMapped,     // `rule` took it
    kDropped,    // `rule` took it to drop it
    kEmptyName,  // the name came out empty: nothing can be stored
  };
  Verdict verdict = Verdict::kUnmapped;
  const Rule* rule = nullptr;  // null when no rule took it
  std::string family;          // escaped; empty unless kUnmapped or kMapped
  // Sorted by name, each name once: the tags, less drop_labels, renamed, joined by the rule's
  // labels. Names are escaped, but may still be ones that Prometheus keeps for itself (`__x`).
  std::vector<Label> labels;
  SeriesPolicy policy;
};

struct MapperOptions {
  // The TTL of series for which the file says nothing (--statsd.default-ttl); zero: never
  // forgotten.
  std::chrono::nanoseconds default_ttl{0};
};

struct LoadOptions {
  // Unknown and duplicate keys are errors instead of warnings.
  bool strict = false;
  MapperOptions mapper;
};

class Mapper {
 public:
  // Without rules: everything is unmapped.
  explicit Mapper(const MapperOptions& options = {});
  ~Mapper();
  Mapper(const Mapper&) = delete;
  Mapper& operator=(const Mapper&) = delete;

  // Loads mapping files as if they were one, in the order given; a directory stands for its *.yml,
  // *.yaml and *.conf files in name order. `defaults` hold for the rules of their own file; for
  // unmapped names the first file that sets a key wins. On failure the error lists everything that
  // is wrong, one "file:line:column: what" per line. Appends warnings of the same form.
  static Result<std::shared_ptr<const Mapper>> Load(const std::vector<std::string>& paths,
                                                    const LoadOptions& options,
                                                    std::vector<std::string>* warnings);

  // Fills `*out`, whose former content is discarded and whose memory is reused.
  void Resolve(std::string_view statsd_name, EventKind kind, std::span<const Tag> tags,
               Resolution* out) const;

  // The policy of a series of `family` that `rule`, one of this mapper's, made; null: that no rule
  // took.
  SeriesPolicy PolicyOf(std::string_view family, const Rule* rule, EventKind kind) const;

  size_t rule_count() const;
  // Calls visit(rule) for every rule, in file order.
  void VisitRules(const std::function<void(const Rule&)>& visit) const;
  // What unmapped names get.
  const SeriesPolicy& unmapped(EventKind kind) const;
  // Whether any series may ever be forgotten.
  bool MayExpire() const;

  // The glob trie as a Graphviz digraph: node 0 is the root, then one node per kind, then segments.
  void DumpFsm(std::ostream& out) const;

  // What an operator should know although the files load: families with several help texts or
  // bucket sets, rules that can never match, references that come out empty. "file:line: what".
  std::vector<std::string> Lint() const;

 private:
  explicit Mapper(std::unique_ptr<const RuleSet> set);

  const std::unique_ptr<const RuleSet> set_;  // never null
};

}  // namespace weir
