-- A bucket of ARGV burst units, into which amount flow per time: GCRA, kept as
-- what is used of the bucket and when that was so.
local amount, per, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local need, want, back, age, count = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local made, seen, seenat = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local flow = amount / per
local row = redis.call('HMGET', KEYS[1], 'g', 'u', 't')
local born, used, at = tonumber(row[1]), 0, now
local write = false
if born then
	at = tonumber(row[3])
	if at > now and at - now > per then at = now end -- the clock of another server was ahead
	used = math.max(0, tonumber(row[2]) - math.max(0, now - at) * flow)
	at = math.max(at, now)
else
	born = now
end
if born ~= made and seen > 0 then -- the counter was lost meanwhile, or restored from before
	local known = seen - math.max(0, now - seenat) * flow
	if known > used then used, write = known, true end
end
if back > 0 then -- less what would have flowed into the bucket anyway
	back = back - age * flow
	if back > 0 then used, write = math.max(0, used - back), true end
end
local free = math.floor(burst - used + 0.000001)
local granted, retry = 0, 0
if want > 0 then
	if free >= need then
		granted = math.min(want, free)
		used, write = used + granted, true
	else
		if count == '1' then used, write = math.min(used + need, 2 * burst), true end
		retry = math.ceil((need - (burst - used)) / flow)
	end
end
if write then
	redis.call('HSET', KEYS[1], 'g', born, 'u', used, 't', at)
	redis.call('PEXPIRE', KEYS[1], math.ceil(used / flow / 1000) + 1000)
end
return {granted, now, born, math.ceil(used), math.max(0, math.floor(burst - used + 0.000001)), retry}
