-- amount units from began until ends, which are times of this server. Each
-- period has a key of its own.
local amount, began, ends = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local need, want, back, count = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[8]
local made, seen = tonumber(ARGV[9]), tonumber(ARGV[10])

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
if now < began or now >= ends then
	return {-1, now, 0, 0, 0, 0}
end
local row = redis.call('HMGET', KEYS[1], 'g', 'u')
local born, used, write = tonumber(row[1]), tonumber(row[2]) or 0, false
if not born then
	born = now
end
if born ~= made and seen > used then -- the counter was lost meanwhile, or restored from before
	used, write = seen, true
end
if back > 0 then
	used, write = math.max(0, used - back), true
end
local granted, retry = 0, 0
if want > 0 then
	if amount - used >= need then
		granted = math.min(want, amount - used)
		used, write = used + granted, true
	else
		if count == '1' then used, write = math.min(used + need, 2 * amount), true end
		retry = ends - now
	end
end
if write then
	redis.call('HSET', KEYS[1], 'g', born, 'u', used)
	redis.call('PEXPIREAT', KEYS[1], math.ceil(ends / 1000) + 1000)
end
return {granted, now, born, used, math.max(0, amount - used), retry}
