-- The flows as wrk sends them. Arguments: the flow, a label that is new for each run, and a file with a line for each account or
-- event.
--
-- What registers or signs in does so on a connection of its own, as each person would; source_addresses.c gives each an address.

local alone = { ["content-type"] = "application/json", ["connection"] = "close" }
local label, lines, count = "", {}, 0

-- The next line of the file, over and over.
local function line()
    return lines[(count - 1) % #lines + 1]
end

local function with_token(content_type)
    return { ["authorization"] = "Bearer " .. line(), ["content-type"] = content_type }
end

local function person(kind)
    return string.format('"email":"%s-%s-%d@example.com"', kind, label, count)
end

local flows = {}

function flows.register()
    local body = "{" .. person("user") .. ',"password":"correct horse battery","name":"Ada Lovelace"}'
    return wrk.format("POST", "/api/auth/register", alone, body)
end

function flows.login()
    return wrk.format("POST", "/api/auth/login", alone, '{"email":"' .. line() .. '","password":"correct horse battery"}')
end

function flows.me()
    return wrk.format("GET", "/api/auth/me", with_token())
end

function flows.list()
    return wrk.format("GET", "/api/crm/leads?limit=50", with_token())
end

function flows.create()
    local body = "{" .. person("lead") .. ',"name":"Grace Hopper","company":"COBOL Inc","title":"Admiral","status":"qualified"}'
    return wrk.format("POST", "/api/crm/leads", with_token("application/json"), body)
end

-- A hundred leads that were not there before.
function flows.import()
    local rows = { "email,full name,company,job title,lead status,priority,notes" }
    for row = 1, 100 do
        rows[#rows + 1] = string.format(
            "row-%s-%d-%d@example.com,Grace Hopper %d,COBOL Inc,Admiral,qualified,high,Met at the fair", label, count, row, row)
    end
    return wrk.format("POST", "/api/crm/leads/import", with_token("text/csv"), table.concat(rows, "\n") .. "\n")
end

-- The first message of a new conversation.
function flows.chat()
    return wrk.format("POST", "/api/chat/message", with_token("application/json"), '{"message":"How much should I charge?"}')
end

-- A line is who sends, and whom to.
function flows.transfer()
    local token, recipient = line():match("^(%S+) (%S+)$")
    local headers = { ["authorization"] = "Bearer " .. token, ["content-type"] = "application/json" }
    local body = string.format('{"to":"%s","amount":1000000,"transferId":"%s-%d"}', recipient, label, count)
    return wrk.format("POST", "/api/buz/transfer", headers, body)
end

-- A line is a signature, and the event that it is of.
function flows.webhook()
    local signature, body = line():match("^(%S+) (.+)$")
    local headers = { ["stripe-signature"] = signature, ["content-type"] = "application/json" }
    return wrk.format("POST", "/api/stripe/webhook", headers, body)
end

local flow

function init(arguments)
    flow, label = flows[arguments[1]], arguments[2]
    for text in io.lines(arguments[3]) do
        lines[#lines + 1] = text
    end
end

function request()
    count = count + 1
    return flow()
end

function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format(
        '{"requests":%d,"seconds":%.3f,"per_second":%.1f,"p50_ms":%.3f,"p99_ms":%.3f,"maximum_ms":%.3f,"errors":%d}\n',
        summary.requests, summary.duration / 1e6, summary.requests / (summary.duration / 1e6),
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3, failed))
end
