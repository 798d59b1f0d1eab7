-- Places of which amount may be had at once. Each node holds some until a time
-- of this server and asks again before; what a dead node held comes back.
local amount, need, want, life, node = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local others, mine, last, over = 0, 0, now, {}
local row = redis.call('HGETALL', KEYS[1])
for i = 1, #row, 2 do
	local held, ends = string.match(row[i + 1], '^(%d+) (%d+)$')
	held, ends = tonumber(held), tonumber(ends)
	if not held or ends <= now then
		over[#over + 1] = row[i]
	elseif row[i] == node then
		mine = held
	else
		others, last = others + held, math.max(last, ends)
	end
end
for i = 1, #over, 1000 do
	redis.call('HDEL', KEYS[1], unpack(over, i, math.min(i + 999, #over)))
end
-- Calls that go on under a hold that is not over keep their places.
local granted = math.max(0, math.min(want, amount - others), math.min(need, mine))
if granted > 0 then
	local ends = now + life
	redis.call('HSET', KEYS[1], node, string.format('%d %d', granted, ends))
	redis.call('PEXPIRE', KEYS[1], math.ceil((math.max(last, ends) - now) / 1000) + 1000)
elseif mine > 0 then
	redis.call('HDEL', KEYS[1], node)
end
return {granted, now, 0, others + granted, math.max(0, amount - others - granted), 0}
