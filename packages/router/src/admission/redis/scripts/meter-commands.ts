import { meters } from "./meters.js";

/** Each of ARGV from the second on, as JSON: a charge whose amount is what was spent, or {journal, sequence}. */
export const seed = /* lua */ `${meters}
for index = 2, #ARGV do
  local told = cjson.decode(ARGV[index])
  if told.journal then redis.call('HSETNX', prefix .. 'applied', told.journal, told.sequence)
  else
    local m = open(told)
    if m.money and not m.seeded then
      m.seeded = true
      redis.call('HSET', m.name, 'k', '1')
      add(m, told[7], now)
    end
  end
end
`;

/** ARGV[2]: a meter's key. ARGV[3]: the limit. ARGV[4]: for how many milliseconds it holds. */
export const constrain = /* lua */ `${meters}
local key, limit, until_ms = ARGV[2], tonumber(ARGV[3]), now + tonumber(ARGV[4])
read_constraints({ key })
local left = {}
for _, held in ipairs(constraints[key]) do
  if held[1] <= limit and held[2] >= until_ms then return end
  if held[1] < limit or held[2] > until_ms then left[#left + 1] = held end
end
left[#left + 1] = { limit, until_ms }
table.sort(left, function(one, other) return one[2] < other[2] end)
local written = {}
for _, held in ipairs(left) do written[#written + 1] = text(held[1]) .. ' ' .. text(held[2]) end
redis.call('HSET', prefix .. 'constraints', key, table.concat(written, ';'))
`;

/** Each of ARGV from the second on: a charge, JSON. Answers with used, reserved and limit of each. */
export const usage = /* lua */ `${meters}
local charges, wanted, answer = {}, {}, {}
for index = 2, #ARGV do
  charges[#charges + 1] = cjson.decode(ARGV[index])
  wanted[#wanted + 1] = charges[#charges][2]
end
read_constraints(wanted)
for _, charge in ipairs(charges) do
  local m = open(charge)
  answer[#answer + 1] = text(m.used)
  answer[#answer + 1] = text(m.reserved)
  answer[#answer + 1] = text(limit_of(charge, now))
end
return answer
`;
