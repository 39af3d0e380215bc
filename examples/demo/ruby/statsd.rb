# frozen_string_literal: true

require "socket"

# A StatsD client with the calls and the datagrams of the gem statsd-instrument. In an application
# take the gem, which also batches and aggregates: nothing but the `require` changes.
module StatsD
  HOST, _, PORT = ENV.fetch("STATSD_ADDR", "localhost:8125").rpartition(":")

  class << self
    def increment(name, value = 1, tags: {})
      emit(name, value, "c", tags)
    end

    # Runs the block and sends how many milliseconds it took.
    def measure(name, tags: {})
      start = milliseconds
      yield
    ensure
      emit(name, milliseconds - start, "ms", tags)
    end

    private

    def milliseconds
      Process.clock_gettime(Process::CLOCK_MONOTONIC, :float_millisecond)
    end

    # The socket is made by the first call in a process. It is not connected, so that an absent
    # server is no error here: metrics must never hurt the request.
    def emit(name, value, type, tags)
      @address ||= Addrinfo.udp(HOST, PORT)
      @socket ||= Socket.new(@address.afamily, :DGRAM)
      line = +"#{name}:#{value}|#{type}"
      line << "|#" << tags.map { |key, text| "#{key}:#{text}" }.join(",") unless tags.empty?
      @socket.send(line, 0, @address)
    rescue SystemCallError, SocketError
      nil
    end
  end
end
