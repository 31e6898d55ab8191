-- wrk script: reports of a percentage, one obligation after the other. REPORTS names a file whose lines are an obligation's
-- id and the ids of what it asks about; PAUSE is the time between two reports of one connection, in milliseconds.
local asks = {}
for line in io.lines(os.getenv("REPORTS")) do
    local obligation, assignments = line:match("^(%S+) (%S+)$")
    local items = {}
    for id in assignments:gmatch("[^,]+") do
        items[#items + 1] = '{"assignment_id":"' .. id .. '","percent":%d}'
    end
    asks[#asks + 1] = { "/api/v1/obligations/" .. obligation .. "/reports", table.concat(items, ",") }
end
local pause = tonumber(os.getenv("PAUSE") or "0")
local headers = { ["Authorization"] = "Bearer " .. os.getenv("TOKEN"), ["Content-Type"] = "application/json" }
local at = 0

function init()
    math.randomseed(os.time())
    at = math.random(#asks)
end

function request()
    at = at % #asks + 1
    local ask = asks[at]
    -- Progress never falls, and what the data say of it is not known here.
    local items = ask[2]:gsub("%%d", "100")
    return wrk.format("POST", ask[1], headers, '{"items":[' .. items .. "]}")
end

if pause > 0 then
    function delay() return pause end
end
