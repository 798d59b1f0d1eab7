-- Says that a node lives, and how many do.
local node, life = ARGV[1], tonumber(ARGV[2])

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - life)
if ARGV[3] == '1' then
	redis.call('ZREM', KEYS[1], node)
else
	redis.call('ZADD', KEYS[1], now, node)
	redis.call('PEXPIRE', KEYS[1], math.ceil(life / 1000))
end
return {redis.call('ZCARD', KEYS[1]), now, 0, 0, 0, 0}
