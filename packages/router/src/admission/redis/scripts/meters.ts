import { leaseMs } from "../../admission.js";
/**
 * What all scripts of the admission begin with: the clock, and meters.
 *
 * KEYS[1] is what all keys begin with, ARGV[1] the time of a test, or empty for Redis' own clock.
 *
 * Amounts are exact: Lua's numbers hold whole numbers up to 2^53, but would be written as `4e+15`, so that none is ever made
 * a text but by `text`. State of the meter `id`, under `m:id`:
 *
 *     rolling, period   a hash: s the sum, n the newest bucket, its number → what was put into a bucket
 *                       and of money: r what is reserved, k whether it has been told what was spent before
 *     lease             a sorted set of `amount index holder` by expiry; and under `l:id` the sum
 *
 * A charge is {id, key, kind, first, second, money, amount, limit}, all of them texts; first and second are the length of a
 * bucket and the number of those that count, or a period's start and end. What was taken is the same, without a limit.
 */
export const meters = /* lua */ `
local prefix = KEYS[1]
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local lease_ms = ${String(leaseMs)}
local day_ms = 86400000

local function text(number)
  if number == 0 then return '0' end
  return string.format('%.0f', number)
end

local function minus(amount)
  return text(-tonumber(amount))
end

local opened = {}

local function turn(m)
  local bucket = math.floor(now / m.first)
  if not m.newest then
    m.newest = bucket
    return
  end
  if bucket <= m.newest then return end
  local fields = {}
  for old = m.newest - m.second + 1, math.min(bucket - m.second, m.newest) do
    fields[#fields + 1] = text(old)
  end
  local gone = 0
  if #fields > 0 then
    for _, amount in ipairs(redis.call('HMGET', m.name, unpack(fields))) do
      if amount then gone = gone + tonumber(amount) end
    end
    redis.call('HDEL', m.name, unpack(fields))
  end
  if gone ~= 0 then redis.call('HINCRBY', m.name, 's', minus(gone)) end
  redis.call('HSET', m.name, 'n', text(bucket))
  m.used = m.used - gone
  m.newest = bucket
end

-- Of calls under way: what has expired is held no more.
local function expire(m)
  local gone = redis.call('ZRANGEBYSCORE', m.name, '-inf', text(now))
  if #gone == 0 then return end
  local amount = 0
  for _, member in ipairs(gone) do amount = amount + tonumber(string.match(member, '^%d+')) end
  redis.call('ZREM', m.name, unpack(gone))
  redis.call('DECRBY', m.sum, text(amount))
end

local function open(charge)
  local id, kind = charge[1], charge[3]
  local m = opened[id]
  if m then return m end
  m = {
    name = prefix .. 'm:' .. id,
    kind = kind,
    first = tonumber(charge[4]),
    second = tonumber(charge[5]),
    money = charge[6] == '1',
    reserved = 0,
    asked = 0,
  }
  opened[id] = m
  if kind == 'lease' then
    m.sum = prefix .. 'l:' .. id
    expire(m)
    m.used = tonumber(redis.call('GET', m.sum) or '0')
    return m
  end
  local state = redis.call('HMGET', m.name, 's', 'n', 'r', 'k')
  m.used = tonumber(state[1] or '0')
  m.newest = tonumber(state[2] or nil)
  m.reserved = tonumber(state[3] or '0')
  m.seeded = state[4] == '1'
  if kind == 'rolling' then turn(m) end
  return m
end

-- What is not touched for long is forgotten, but never what is reserved.
local function keep(m)
  if m.kind == 'lease' then
    redis.call('PEXPIRE', m.name, text(2 * lease_ms))
    redis.call('PEXPIRE', m.sum, text(2 * lease_ms))
  elseif m.reserved > 0 then redis.call('PERSIST', m.name)
  else
    local left = day_ms
    if m.kind == 'period' then left = math.max(m.second - now, 0) + day_ms
    elseif m.money then left = m.first * m.second + day_ms
    else left = m.first * m.second + lease_ms end
    redis.call('PEXPIRE', m.name, text(left))
  end
end

-- Puts an amount, which may be below 0, where it was admitted.
local function add(m, amount, at)
  amount = tonumber(amount)
  local change = amount
  if m.kind == 'rolling' then
    local bucket = math.min(math.floor(at / m.first), m.newest)
    if bucket <= m.newest - m.second then return end
    if amount < 0 then
      change = math.max(amount, -tonumber(redis.call('HGET', m.name, text(bucket)) or '0'))
    end
    redis.call('HINCRBY', m.name, text(bucket), text(change))
    redis.call('HSET', m.name, 'n', text(m.newest))
  else
    change = math.max(amount, -m.used)
  end
  redis.call('HINCRBY', m.name, 's', text(change))
  m.used = m.used + change
  keep(m)
end

local function reserve(m, amount)
  redis.call('HINCRBY', m.name, 'r', amount)
  m.reserved = m.reserved + tonumber(amount)
  keep(m)
end

local function hold(m, amount, index, holder)
  local member = amount .. ' ' .. index .. ' ' .. holder
  if redis.call('ZADD', m.name, text(now + lease_ms), member) == 1 then
    redis.call('INCRBY', m.sum, amount)
    m.used = m.used + tonumber(amount)
  end
  keep(m)
end

local function give_back(m, amount, index, holder)
  local member = amount .. ' ' .. index .. ' ' .. holder
  if redis.call('ZREM', m.name, member) == 0 then return false end
  redis.call('DECRBY', m.sum, amount)
  m.used = m.used - tonumber(amount)
  return true
end

local function take(taken, index, holder, at)
  local m, amount = open(taken), taken[7]
  if m.kind == 'lease' then hold(m, amount, index, holder)
  elseif m.money then reserve(m, amount)
  else add(m, amount, at) end
end

-- When so much of what counts will count no more.
local function returns_at(m, amount)
  if m.kind == 'lease' then return nil end
  -- The next one begins with nothing.
  if m.kind == 'period' then return m.second end
  local state = redis.call('HGETALL', m.name)
  local buckets, amounts = {}, {}
  for index = 1, #state, 2 do
    local bucket = tonumber(state[index])
    if bucket and bucket > m.newest - m.second then
      buckets[#buckets + 1] = bucket
      amounts[bucket] = tonumber(state[index + 1])
    end
  end
  table.sort(buckets)
  local returned = 0
  for _, bucket in ipairs(buckets) do
    returned = returned + amounts[bucket]
    if returned >= amount then return (bucket + m.second) * m.first end
  end
  return nil
end

-- By key of a meter: {limit, until}, the first to end first.
local constraints = {}

local function read_constraints(wanted)
  if #wanted == 0 then return end
  for index, found in ipairs(redis.call('HMGET', prefix .. 'constraints', unpack(wanted))) do
    local held = {}
    for limit, until_ms in string.gmatch(found or '', '(%d+) (%d+)') do
      if tonumber(until_ms) > now then held[#held + 1] = { tonumber(limit), tonumber(until_ms) } end
    end
    constraints[wanted[index]] = held
  end
end

local function limit_of(charge, at)
  local lowest = tonumber(charge[8])
  for _, held in ipairs(constraints[charge[2]] or {}) do
    if held[2] > at and held[1] < lowest then lowest = held[1] end
  end
  return lowest
end

-- When it will fit, under the limit that holds now or under those that hold when constraints have ended.
local function fits_at(charge, m)
  local asked = m.asked + tonumber(charge[7])
  local taken = m.used + m.reserved + asked
  local ends = constraints[charge[2]] or {}
  for index = 0, #ends do
    local from = now
    if index > 0 then from = ends[index][2] end
    local limit = limit_of(charge, from)
    if asked <= limit then
      local returned = from
      if taken > limit then
        -- Where nothing but reservations is in the way, it hangs on those who hold them.
        local is_only_reserved = m.used + asked <= limit
        returned = not is_only_reserved and returns_at(m, taken - limit)
      end
      if returned then
        local at = math.max(from, returned)
        if index == #ends or at < ends[index + 1][2] then return at end
      end
    end
  end
  return nil
end
`;
