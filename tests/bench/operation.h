// Operation: one hot path, prepared so that weir-micro-bench can run it again and again.
//
// A pass does the same work each time, `per_pass` units of it; `prepare` runs before each pass and
// is not measured. The first `warm_passes` are not measured either: they bring memory and values to
// where they stay under load.
// Thread safety: one thread. What a pass needs lives as long as its functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace weir {

struct Operation {
  std::string name;
  std::string unit;
  uint64_t per_pass = 0;
  std::function<void()> pass;
  std::function<void()> prepare = {};
  uint64_t warm_passes = 2;
};

using Operations = std::vector<Operation>;

// By the folder whose paths they are.
void AddCommonOperations(Operations* operations);
void AddMappingOperations(Operations* operations);
void AddExporterOperations(Operations* operations);
void AddRouterOperations(Operations* operations);

// Keeps the compiler from dropping a computation whose result nobody needs.
template <class T>
inline void Keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace weir
