import { meters } from "./meters.js";
import { records } from "./records.js";

/**
 * A gateway is there. ARGV[2]: its id. ARGV[3]: the epoch that it knows, or empty.
 *
 * The epoch is a name that Redis' state has for as long as it is not lost. Whoever finds none, and knew one, gives the others
 * a second to tell what they hold before anybody is admitted.
 * Answers with the epoch, how many gateways have been there of late, the time, and for how long nobody is admitted.
 */
export const greet = /* lua */ `${meters}
local epoch_key, gateways_key = prefix .. 'epoch', prefix .. 'gateways'
local rebuilding_ms = 1000
local seen_for_ms = 30000
local epoch, open_at = unpack(redis.call('HMGET', epoch_key, 'id', 'open'))
if not epoch then
  epoch = ARGV[2] .. '.' .. text(now)
  open_at = text(ARGV[3] == '' and 0 or now + rebuilding_ms)
  redis.call('HSET', epoch_key, 'id', epoch, 'open', open_at)
  redis.call('PUBLISH', prefix .. 'epoch', epoch)
end
redis.call('ZADD', gateways_key, text(now), ARGV[2])
redis.call('ZREMRANGEBYSCORE', gateways_key, '-inf', text(now - seen_for_ms))
redis.call('PEXPIRE', gateways_key, text(2 * seen_for_ms))
return { epoch, text(redis.call('ZCARD', gateways_key)), text(now), text(math.max(tonumber(open_at) - now, 0)) }
`;

/** ARGV[2]: the id of a gateway that ends. */
export const takeLeave = /* lua */ `redis.call('ZREM', KEYS[1] .. 'gateways', ARGV[2])`;

/**
 * What a gateway holds, told again where Redis may have lost it. Each of ARGV from the second on, as JSON:
 *
 *     {journal, sequence}   what had been applied
 *     {request, at, charges, finished}
 *     {attempt, request, at, candidate, charges, note, released, settled}
 *
 * and in each of them `by`, the journal that they are written to.
 *
 * What Redis knows stays as it is, with leases anew. Limits are not looked at: what is told is under way, or was.
 */
export const assertHeld = /* lua */ `${meters}${records}
local function hold_again(record)
  for index, taken in ipairs(record.taken) do
    if taken[3] == 'lease' then hold(open(taken), taken[7], text(index), record.holder) end
  end
end

local function take_again(record, is_over)
  for index, taken in ipairs(record.taken) do
    local is_over_now = is_over and taken[3] == 'lease' or taken[8] == 'settled'
    if not is_over_now then take(taken, text(index), record.holder, tonumber(record.at)) end
  end
end

local function assert_request(told)
  local known = find_request(told.request)
  if known then
    if known.finished ~= '1' and not told.finished then hold_again(known) end
    return
  end
  local request = create_request(told.request, told.charges, told.at, '')
  take_again(request, told.finished)
  if told.finished then redis.call('HSET', request.key, 'finished', '1') end
  heard_of(request)
end

local function assert_attempt(told)
  local known = find_attempt(told.attempt)
  if known then
    if known.released ~= '1' and not told.released then hold_again(known) end
    return
  end
  local request = find_request(told.request) or create_request(told.request, {}, told.at, '')
  local attempt = create_attempt(told.attempt, request, text(told.candidate), told.charges, told.at, {
    call = '', journal = told.by, note = told.note
  })
  take_again(attempt, told.released)
  if told.released then redis.call('HSET', attempt.key, 'released', '1') end
  if told.settled then redis.call('HSET', attempt.key, 'settled', '1') end
end

for index = 2, #ARGV do
  local told = cjson.decode(ARGV[index])
  if told.journal then
    redis.call('HSETNX', prefix .. 'applied', told.journal, told.sequence)
  elseif told.attempt then assert_attempt(told)
  else assert_request(told) end
end
`;
