-- What wrk sends to the shop: orders of two products each, by one of many accounts.
-- PORTS: the instances' ports, a thread of wrk for each. KEYS: a file with an account's key a line.
local ports, threads = {}, 0
for port in os.getenv("PORTS"):gmatch("%d+") do
    table.insert(ports, port)
end

function setup(thread)
    threads = threads + 1
    thread.addr = wrk.lookup("127.0.0.1", ports[(threads - 1) % #ports + 1])[1]
    thread:set("seed", threads)
end

function init()
    math.randomseed(os.time() + seed)
    keys = {}
    for key in io.lines(os.getenv("KEYS")) do
        table.insert(keys, key)
    end
end

function request()
    local first = math.random(1, 99)
    local second = math.random(first + 1, 100)
    local line = '{"product_id": "bench-%d", "quantity": 1}'
    return wrk.format("POST", "/orders", {
        ["Content-Type"] = "application/json",
        ["Authorization"] = "Bearer " .. keys[math.random(#keys)],
    }, '{"lines": [' .. line:format(first) .. ", " .. line:format(second) .. "]}")
end
