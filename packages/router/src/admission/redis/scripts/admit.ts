import { meters } from "./meters.js";
import { records } from "./records.js";

/**
 * ARGV[2]: the epoch that is known, or empty. ARGV[3]: {attempt, request, call, own: charges, candidates: [charges],
 * journal, note}, JSON; `call` names this one question, so that it can be given up.
 *
 * Answers with a list of texts: `admitted`, time, candidate, and used, reserved and limit of each
 * charge; `refused`, and of each refusal candidate, index of the charge, used, reserved, limit, and in how many milliseconds
 * it fits or empty; `wrong period`, time; `unseeded`, and of each meter its candidate and its index; `epoch`;
 * `rebuilding`, for how many milliseconds; `abandoned`.
 */
export const admit = /* lua */ `${meters}${records}
local epoch = redis.call('HMGET', prefix .. 'epoch', 'id', 'open')
if ARGV[2] ~= '' then
  if epoch[1] ~= ARGV[2] then return { 'epoch' } end
  if tonumber(epoch[2]) > now then return { 'rebuilding', text(tonumber(epoch[2]) - now) } end
end

local asked = cjson.decode(ARGV[3])
if redis.call('EXISTS', prefix .. 'abandoned:' .. asked.call) == 1 then return { 'abandoned' } end
local own, candidates = asked.own, asked.candidates

local keys_asked = {}
for _, charge in ipairs(own) do keys_asked[#keys_asked + 1] = charge[2] end
for _, charges in ipairs(candidates) do
  for _, charge in ipairs(charges) do keys_asked[#keys_asked + 1] = charge[2] end
end
read_constraints(keys_asked)

local function add_use(answer, charge)
  local m = open(charge)
  answer[#answer + 1] = text(m.used)
  answer[#answer + 1] = text(m.reserved)
  answer[#answer + 1] = text(limit_of(charge, now))
end

local function admitted(candidate, at)
  local answer = { 'admitted', at, candidate }
  for _, charge in ipairs(candidates[tonumber(candidate) + 1] or {}) do add_use(answer, charge) end
  for _, charge in ipairs(own) do add_use(answer, charge) end
  return answer
end

local known = find_attempt(asked.attempt)
if known then
  return admitted(known.candidate, known.at)
end
local request = find_request(asked.request)
local own_asked = request and {} or own

local unseeded, named = { 'unseeded' }, {}
local function is_outside(charges, candidate)
  for index, charge in ipairs(charges) do
    if charge[3] == 'period' and (now < tonumber(charge[4]) or now >= tonumber(charge[5])) then return true end
    if charge[6] == '1' and not open(charge).seeded then
      local place = named[charge[2]] or #unseeded + 1
      named[charge[2]] = place
      unseeded[place], unseeded[place + 1] = candidate, text(index - 1)
    end
  end
  return false
end
if is_outside(own_asked, '') then return { 'wrong period', text(now) } end
for index, charges in ipairs(candidates) do
  if is_outside(charges, text(index - 1)) then return { 'wrong period', text(now) } end
end
if #unseeded > 1 then return unseeded end

local refused = { 'refused' }
local function fits(charges, candidate)
  for index, charge in ipairs(charges) do
    local m, amount = open(charge), tonumber(charge[7])
    local limit = limit_of(charge, now)
    if m.used + m.reserved + m.asked + amount > limit then
      local at = fits_at(charge, m)
      for _, value in ipairs({ candidate, text(index - 1), text(m.used), text(m.reserved), text(limit) }) do
        refused[#refused + 1] = value
      end
      refused[#refused + 1] = at and text(at - now) or ''
      for before = 1, index - 1 do
        local other = open(charges[before])
        other.asked = other.asked - tonumber(charges[before][7])
      end
      return false
    end
    m.asked = m.asked + amount
  end
  return true
end

local function take_all(charges, holder)
  local taken = {}
  for index, charge in ipairs(charges) do
    take(charge, text(index), holder, now)
    taken[index] = { charge[1], charge[2], charge[3], charge[4], charge[5], charge[6], charge[7] }
  end
  return taken
end

if not fits(own_asked, '') then return refused end
local count = math.max(#candidates, 1)
for index = 1, count do
  local charges = candidates[index] or {}
  if fits(charges, text(index - 1)) then
    local owner = request or create_request(asked.request, take_all(own_asked, 'q:' .. asked.request), now, asked.call)
    local candidate = #candidates == 0 and '-1' or text(index - 1)
    create_attempt(asked.attempt, owner, candidate, take_all(charges, 'a:' .. asked.attempt), now, asked)
    return admitted(candidate, text(now))
  end
end
return refused
`;
