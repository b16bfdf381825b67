-- wrk script: every request opens a case as the next of the players, under an Idempotency-Key of its own.
-- Arguments: file of "telegram_id<tab>initData" lines, prefix of the keys, number of cases, first player, players.

local paths, heads, tails = {}, {}, {}
local prefix, players, sent

function init(arguments)
  prefix, players = arguments[2], tonumber(arguments[5])
  sent = tonumber(arguments[4])
  for number = 1, tonumber(arguments[3]) do
    paths[number] = "POST /api/cases/Bench%20" .. number .. "/open HTTP/1.1\r\nHost: bench\r\n"
  end
  for line in io.lines(arguments[1]) do
    local id, init_data = line:match("^(%d+)\t(.+)$")
    local body = '{"telegram_id": ' .. id .. '}'
    heads[#heads + 1] = "Authorization: tma " .. init_data .. "\r\nIdempotency-Key: " .. prefix
    tails[#tails + 1] = "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
    if #heads == players then break end
  end
end

function request()
  sent = sent + 1
  local player = sent % #heads + 1
  return paths[sent % #paths + 1] .. heads[player] .. sent .. tails[player]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f, "mean_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.mean / 1e3))
end
