import { meters } from "./meters.js";
import { records } from "./records.js";

/**
 * Each of ARGV from the second on: {attempt, at, journal or empty, sequence, money or empty, corrections: [charge, used]} as JSON. Sequences
 * are compared as texts of equal length, so that they are exact however large they are.
 * Answers with journals, each followed by the last sequence that has been applied.
 */
export const settle = /* lua */ `${meters}${records}
local applied_key = prefix .. 'applied'

local function is_next(settlement)
  local journal, attempt = settlement.journal, settlement.attempt
  if journal == '' then
    local record = find_attempt(attempt)
    local settled_key = prefix .. 's:' .. attempt
    local settled_at = tonumber(redis.call('GET', settled_key) or nil)
    if record and record.settled == '1' then return false end
    if settled_at and now - settled_at <= settled_remembered_ms then return false end
    redis.call('SET', settled_key, text(now), 'PX', text(settled_remembered_ms))
    return true
  end
  local before = redis.call('HGET', applied_key, journal) or '0'
  if before ~= settlement.before then return false end
  redis.call('HSET', applied_key, journal, settlement.sequence)
  return true
end

local function apply(settlement)
  local at = tonumber(settlement.at)
  local attempt = find_attempt(settlement.attempt)
  if attempt and attempt.settled == '1' then attempt = nil end
  local request = attempt and find_request(attempt.request)
  local owners, corrected = {}, {}
  if attempt then owners = request and { attempt, request } or { attempt } end
  for _, correction in ipairs(settlement.corrections) do
    local charge, used, is_found = correction[1], correction[2], false
    for _, owner in ipairs(owners) do
      for _, taken in ipairs(owner.taken) do
        if not is_found and taken[1] == charge[1] and not corrected[taken] then
          is_found = true
          corrected[taken] = true
          settle_taken(owner, taken, used)
        end
      end
    end
    if not is_found and charge[3] ~= 'lease' then add(open(charge), used, at) end
  end
  if not attempt then return end
  for _, taken in ipairs(attempt.taken) do
    local is_cost = taken[6] == '1' and settlement.money ~= ''
    if not corrected[taken] then settle_taken(attempt, taken, is_cost and settlement.money or nil) end
  end
  if request and request.has_changed then
    write_taken(request)
    heard_of(request)
  end
  mark_settled(attempt)
  write_taken(attempt)
  heard_of(attempt)
  end_attempt_if_over(attempt)
end

local answer, told = {}, {}
for index = 2, #ARGV do
  local settlement = cjson.decode(ARGV[index])
  if is_next(settlement) then apply(settlement) end
  local journal = settlement.journal
  if journal ~= '' and not told[journal] then
    told[journal] = true
    answer[#answer + 1] = journal
  end
end
local applied = {}
for _, journal in ipairs(answer) do
  applied[#applied + 1] = journal
  applied[#applied + 1] = redis.call('HGET', applied_key, journal) or '0'
end
tell_if_returned()
return applied
`;
