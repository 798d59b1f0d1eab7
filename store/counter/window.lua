-- At most amount units in any time per long, counted in 64 parts of it: a part
-- counts as a whole until the last of it is over.
local amount, per = tonumber(ARGV[1]), tonumber(ARGV[2])
local need, want, back, age, count = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local made, seen, seenat = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local width = math.ceil(per / 64)
local current = math.floor(now / width)
local first = current - 64 -- the oldest part that counts
local parts, sum, born = {}, 0, nil
local row = redis.call('HGETALL', KEYS[1])
local over = {}
for i = 1, #row, 2 do
	if row[i] == 'g' then
		born = tonumber(row[i + 1])
	else
		local part = tonumber(row[i])
		if part < first or part > current + 64 then
			over[#over + 1] = row[i]
		else
			parts[part] = tonumber(row[i + 1])
			sum = sum + parts[part]
		end
	end
end
local set = {}
if not born then
	born = now
end
local function put(part, n)
	parts[part] = (parts[part] or 0) + n
	sum = sum + n
	set[part] = true
end
if born ~= made and seen > sum then -- the counter was lost meanwhile, or restored from before
	local part = math.min(math.floor(seenat / width), current)
	if part >= first then put(part, seen - sum) end
end
if back > 0 then
	local part = math.floor((now - age) / width)
	if part >= first and parts[part] then put(part, -math.min(back, parts[part])) end
end
local granted, retry = 0, 0
if want > 0 then
	if amount - sum >= need then
		granted = math.min(want, amount - sum)
		put(current, granted)
	else
		if count == '1' then put(current, math.min(need, math.max(0, 2 * amount - sum))) end
		local free = amount - sum
		for part = first, current do
			free = free + (parts[part] or 0)
			if free >= need then
				retry = (part + 65) * width - now
				break
			end
		end
		if free < need then retry = per end
	end
end
if next(set) or #over > 0 then
	if #over > 0 then redis.call('HDEL', KEYS[1], unpack(over)) end
	redis.call('HSET', KEYS[1], 'g', born)
	for part in pairs(set) do redis.call('HSET', KEYS[1], string.format('%d', part), parts[part]) end
	redis.call('PEXPIRE', KEYS[1], math.ceil(65 * width / 1000) + 1000)
end
return {granted, now, born, sum, math.max(0, amount - sum), retry}
