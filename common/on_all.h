// OnAll: has every thread of a group do something, and waits.
//
// `threads` is a range of pointers, of any kind, to what has Post(task). Thread safety: any thread
// that is none of the group. Tested by tests/unit/common/on_all_test.cc.
#pragma once

#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/promised.h"

namespace weir {

// What `ask(thread)` returned on each, in their order; nothing of those that did not answer before
// `patience` was over.
template <class Threads, class Ask>
auto AskAll(const Threads& threads, std::chrono::nanoseconds patience, Ask ask) {
  using Answer = decltype(ask(**std::begin(threads)));
  std::vector<std::shared_ptr<Promised<Answer>>> promises;
  for (const auto& thread : threads) {
    promises.push_back(std::make_shared<Promised<Answer>>());
    thread->Post(
        [&thread = *thread, ask, promised = promises.back()] { promised->Give(ask(thread)); });
  }
  const auto end = std::chrono::steady_clock::now() + patience;
  std::vector<Answer> answers;
  for (const auto& promised : promises) {
    const auto left = end - std::chrono::steady_clock::now();
    if (std::optional<Answer> answer = promised->Await(left)) {
      answers.push_back(std::move(*answer));
    }
  }
  return answers;
}

// Runs `task(thread)` on each; false when one did not end it before `patience` was over.
template <class Threads, class Task>
bool OnAll(const Threads& threads, std::chrono::nanoseconds patience, Task task) {
  const auto done = AskAll(threads, patience, [task](auto& thread) {
    task(thread);
    return true;
  });
  return done.size() == std::size(threads);
}

}  // namespace weir
