import { meters } from "./meters.js";
import { records } from "./records.js";

/**
 * What attempts of a journal have reserved. ARGV[2]: the journal. ARGV[3]: a cursor, `0` for the beginning. ARGV[4]: for how many
 * milliseconds a gateway that was heard of is taken for alive.
 * Answers with whether the journal's gateway is alive, the next cursor, and of each attempt id, note, candidate, request, time and amount; an attempt
 * of which nothing is left has an empty request.
 */
export const reservations = /* lua */ `${meters}${records}
local journal = ARGV[2]
local seen = tonumber(redis.call('ZSCORE', prefix .. 'gateways', journal) or nil)
local found = redis.call('HSCAN', reserved_key(journal), ARGV[3], 'COUNT', '100')
local answer = { seen and seen > now - tonumber(ARGV[4]) and '1' or '0', found[1] }
local function add(value) answer[#answer + 1] = value end
for index = 1, #found[2], 2 do
  local attempt = find_attempt(found[2][index])
  add(found[2][index])
  add(found[2][index + 1])
  add(attempt and attempt.candidate or '')
  add(attempt and attempt.request or '')
  add(attempt and attempt.at or '')
  local amount = '0'
  for _, taken in ipairs(attempt and attempt.taken or {}) do
    if taken[6] == '1' and taken[8] ~= 'settled' then amount = taken[7] end
  end
  add(amount)
end
return answer
`;

/**
 * Attempts whose gateway and journal are gone have spent what they had reserved, as far as anybody knows. ARGV[2]: the journal. Each
 * of ARGV from the third on: [attempt, amount], JSON. The attempt stays known, so that whoever knows better after all settles it as
 * ever: what it corrects is then what is charged here. One that is settled already stays as it is.
 */
export const lose = /* lua */ `${meters}${records}
local lost_remembered_ms = 40 * 86400000
for index = 3, #ARGV do
  local id, amount = unpack(cjson.decode(ARGV[index]))
  local attempt = find_attempt(id)
  if attempt and attempt.settled ~= '1' and waits_for_money(attempt) then
    for _, taken in ipairs(attempt.taken) do
      if taken[6] == '1' and taken[8] ~= 'settled' then settle_taken(attempt, taken, amount) end
    end
    write_taken(attempt)
    redis.call('PEXPIRE', attempt.key, text(lost_remembered_ms))
  end
  redis.call('HDEL', reserved_key(ARGV[2]), id)
end
tell_if_returned()
`;
