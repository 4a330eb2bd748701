-- Sends leads to POST /api/v1/leads; no two carry the same phone number or Idempotency-Key.
-- wrk ... -s accept.lua URL -- TOKEN ARRAY RUN
local array, run, n, headers = 0, "", 0, {}
local before = '{"source":"site","name":"张三","phone":"1'
local after = '","company":"某某自动化有限公司","region":"苏州","message":"'
  .. string.rep("询价 400W 伺服电机 20 台 ", 10) .. '","utm":{"campaign":"c1"}}'

function init(args)
  headers["Authorization"] = "Bearer " .. args[1]
  headers["Content-Type"] = "application/json"
  array, run = tonumber(args[2]), args[3]
end

local function lead()
  n = n + 1
  return before .. string.format("%010d", 3000000000 + n) .. after
end

function request()
  local body
  if array > 0 then
    local leads = {}
    for i = 1, array do leads[i] = lead() end
    body = "[" .. table.concat(leads, ",") .. "]"
  else
    body = lead()
  end
  headers["Idempotency-Key"] = run .. n
  return wrk.format("POST", "/api/v1/leads", headers, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "failed": %d, "p99_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(99) / 1000))
end
