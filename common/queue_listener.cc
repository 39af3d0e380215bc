#include "common/queue_listener.h"

#include <utility>

namespace weir {

QueueListener::QueueListener(EventLoop& loop, std::shared_ptr<LineQueue> queue, LineSink& sink)
    : Listener({.transport = Transport::kHttp, .fd = {}, .file = {}, .address = queue->address()}),
      queue_(std::move(queue)),
      sink_(sink),
      bell_(loop, queue_->bell(), true, false, [this] { OnBell(); }),
      look_again_(loop, kLookAgain, kLookAgain, [this] {
        if (!Deliver()) look_again_.Stop();
      }) {
  look_again_.Stop();
}

void QueueListener::OnBell() {
  queue_->Silence();
  if (Deliver() && !look_again_.active()) look_again_.Start();
}

bool QueueListener::Deliver() {
  if (!queue_->Take(&piece_)) return false;
  counters_.bytes += piece_.size();
  sink_.OnStream(piece_, transport());
  sink_.OnBatchEnd();
  return true;
}

void QueueListener::Drain() {
  while (Deliver()) {
  }
}

ListenerReport QueueListener::Report() const {
  ListenerReport report = Listener::Report();
  const LineQueue::Connections connections = queue_->connections();
  report.counters.connections = connections.accepted;
  report.counters.open_connections = connections.open;
  return report;
}

}  // namespace weir
