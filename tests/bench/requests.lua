-- What wrk sends: JSON counts of 10,000 tagged names, or batches of lines, each with one of many tokens.
--
-- Arguments: json or batch, and a file with a token a line.

local KEYS = 10000
local BATCH_BYTES = 64 * 1024

local tokens = {}
local paths = {}
local batches = {}
local kind
local number = 0

local function tags(key)
  return string.format("env:prod,region:eu-west-%d,code:%d", key % 3, 200 + key % 5)
end

function init(arguments)
  kind = arguments[1]
  for token in io.lines(arguments[2]) do
    tokens[#tokens + 1] = token
  end
  if kind == "json" then
    for key = 0, KEYS - 1 do
      paths[key] = {
        "/count/app.service" .. key % 50 .. ".endpoint" .. key,
        string.format('{"value":%d,"tags":"%s"}', key % 500 + 1, tags(key)),
      }
    end
    return
  end
  local lines, size = {}, 0
  for key = 0, KEYS - 1 do
    local line = string.format("app.service%d.endpoint%d:%d|c|#%s\n", key % 50, key, key % 500 + 1, tags(key))
    if size + #line > BATCH_BYTES then
      batches[#batches + 1] = table.concat(lines)
      lines, size = {}, 0
    end
    lines[#lines + 1] = line
    size = size + #line
  end
  batches[#batches + 1] = table.concat(lines)
end

function request()
  number = number + 1
  local headers = { ["X-JWT-Token"] = tokens[number % #tokens + 1] }
  if kind == "json" then
    headers["Content-Type"] = "application/json"
    local call = paths[number % KEYS]
    return wrk.format("POST", call[1], headers, call[2])
  end
  headers["Content-Type"] = "text/plain"
  return wrk.format("POST", "/batch", headers, batches[number % #batches + 1])
end
