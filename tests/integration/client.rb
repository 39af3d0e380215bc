# frozen_string_literal: true

# Sends what Ruby StatsD clients send in production: tags, packed values, scientific notation,
# events, service checks, batches without a last line end.
#
#   ruby client.rb udp HOST PORT | unixgram PATH
#
# Prints the sum of each counter and the number of observations it sent, as `name value` lines.

require "socket"

MAX_PACKET = 1472

def connect(transport, address, port = nil)
  case transport
  when "udp"
    UDPSocket.new.tap { |socket| socket.connect(address, Integer(port)) }
  when "unixgram"
    Socket.new(:UNIX, :DGRAM).tap { |socket| socket.connect(Socket.pack_sockaddr_un(address)) }
  else
    abort "unknown transport #{transport}"
  end
end

class Client
  attr_reader :sent

  def initialize(socket)
    @socket = socket
    @batch = +""
    @sent = Hash.new(0)
  end

  def line(text)
    flush if @batch.bytesize + text.bytesize + 1 > MAX_PACKET
    @batch << "\n" unless @batch.empty?
    @batch << text
  end

  def flush
    @socket.send(@batch, 0) unless @batch.empty?
    @batch = +""
  end

  def increment(name, value, tags = "env:prod,dc:1")
    @sent[name] += value
    line("#{name}:#{value}|c|##{tags}")
  end

  def measure(name, values, type)
    @sent["#{name}_count"] += values.size
    line("#{name}:#{values.join(":")}|#{type}|#env:prod")
  end
end

client = Client.new(connect(*ARGV))
500.times do |i|
  client.increment("ruby_hits", 1 + i % 7)
  client.increment("ruby_decimals", 0.5)
  client.measure("ruby_packed", [0.5, 1.5 + i, 2.5e-05], "d")
  client.measure("ruby_blocks", [0.0015940000303089619 * i], "ms")
  client.measure("ruby_sizes", [i], "h")
end
client.line("ruby_huge:1.0e+20|g")
client.line("ruby_tiny:1.0e-07|g|#env:prod")
client.line("ruby_sampled:1|c|@5.0e-01|#env:prod")
client.sent["ruby_sampled"] = 2
client.line("ruby_solo:1|c|#env:prod,solo")
client.sent["ruby_solo"] = 1
client.line("_e{7,11}:title é|text\\nline2|h:h1|d:1700000000|k:k|p:low|s:src|t:error|#a:b")
client.line("_sc|ruby_check|1|h:h|d:1700000000|#a:b|m:fine")
client.flush
# One packed line above any network's packet size, alone in its datagram.
client.measure("ruby_large", (1..250).map { |i| i / 1000.0 }, "d")
client.flush
client.sent.each { |name, value| puts "#{name} #{value}" }
