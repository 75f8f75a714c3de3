import { RedisScript } from "../../redis/redis-script.js";

/*
 * Cooldowns are kept in a hash by deployment, as JSON: {version, cause, reason, thenProbe, until}, `until` by Redis' clock. To
 * and from gateways goes what is left of it, so that their clocks need not agree.
 */
const prelude = /* lua */ `
local key = KEYS[1] .. 'cooldowns'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function found(id)
  local written = redis.call('HGET', key, id)
  return written and cjson.decode(written) or nil
end

local function message(id, cooldown)
  return cjson.encode({
    id = id, version = cooldown.version, cause = cooldown.cause, reason = cooldown.reason,
    thenProbe = cooldown.thenProbe, leftMs = cooldown['until'] - now,
  })
end
`;

/** ARGV: a deployment, and its cooldown with `leftMs`. Of two the later end counts. Tells all, and answers, what holds. */
export const coolDown = new RedisScript(`${prelude}
local id, told = ARGV[1], cjson.decode(ARGV[2])
told['until'], told.leftMs = now + told.leftMs, nil
local known = found(id)
if known and known['until'] >= told['until'] then
  known.thenProbe = known.thenProbe or told.thenProbe
  told = known
elseif known then told.thenProbe = known.thenProbe or told.thenProbe end
redis.call('HSET', key, id, cjson.encode(told))
redis.call('PUBLISH', KEYS[1] .. 'health', message(id, told))
return message(id, told)
`);

/** ARGV: a deployment, and the version of the cooldown that is over. A newer one stays. */
export const recover = new RedisScript(`${prelude}
local known = found(ARGV[1])
if known and known.version ~= ARGV[2] then return end
redis.call('HDEL', key, ARGV[1])
redis.call('PUBLISH', KEYS[1] .. 'health', cjson.encode({ id = ARGV[1], version = ARGV[2], recovered = true }))
`);

/** Answers with all cooldowns. Of those that nobody has ended for a day the deployment is gone. */
export const readAll = new RedisScript(`${prelude}
local flat, answer = redis.call('HGETALL', key), {}
for index = 1, #flat, 2 do
  local cooldown = cjson.decode(flat[index + 1])
  if cooldown['until'] < now - 86400000 then redis.call('HDEL', key, flat[index])
  else answer[#answer + 1] = message(flat[index], cooldown) end
end
return answer
`);

/** ARGV: a deployment, who asks, for how many milliseconds. 1 if the probe is theirs, still or now. */
export const takeProbe = new RedisScript(`
local key = KEYS[1] .. 'probe:' .. ARGV[1]
local holder = redis.call('GET', key)
if holder and holder ~= ARGV[2] then return 0 end
redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
return 1
`);

/** ARGV: a deployment, and who gives its probe back. */
export const giveProbeBack = new RedisScript(`
local key = KEYS[1] .. 'probe:' .. ARGV[1]
if redis.call('GET', key) == ARGV[2] then redis.call('DEL', key) end
`);
