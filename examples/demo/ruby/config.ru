# frozen_string_literal: true

require_relative "statsd"

# Counts the request and times its work, then answers with who served it. The worker is a tag here
# to prove that no process is missing; in production leave it out, for every pid is a new series.
run lambda { |_env|
  StatsD.measure("demo.request_time", tags: { app: "ruby" }) { sleep(rand * 0.02) }
  StatsD.increment("demo.requests", tags: { app: "ruby", worker: Process.pid })
  [200, { "content-type" => "text/plain" }, ["ruby #{Process.pid}\n"]]
}
