import { meters } from "./meters.js";
import { records } from "./records.js";

/**
 * Each of ARGV from the second on, as JSON: {`attempt` or `request`, id, how}, which is over; or {`abandoned`, attempt, call},
 * a call of `admit` that was given up: what it did is undone, and if it comes late it does nothing.
 */
export const release = /* lua */ `${meters}${records}
local abandoned_ms = 60000

local function finish(request, how)
  if request.finished == '1' then return end
  if how == 'never sent' then
    undo_taken(request)
    write_taken(request)
  else release_taken(request) end
  request.finished = '1'
  redis.call('HSET', request.key, 'finished', '1')
  heard_of(request)
  end_request_if_over(request)
end

local function abandon(id, call)
  redis.call('SET', prefix .. 'abandoned:' .. call, '1', 'PX', abandoned_ms)
  local attempt = find_attempt(id)
  if not attempt or attempt.call ~= call then return end
  release_attempt(attempt, 'never sent')
  local request = find_request(attempt.request)
  if request and request.call == call and tonumber(request.open) <= 0 then finish(request, 'never sent') end
end

for index = 2, #ARGV do
  local what, id, how = unpack(cjson.decode(ARGV[index]))
  if what == 'abandoned' then abandon(id, how)
  elseif what == 'request' then
    local request = find_request(id)
    if request then finish(request, how) end
  else
    local attempt = find_attempt(id)
    if attempt then release_attempt(attempt, how) end
  end
end
tell_if_returned()
`;
