import { meters } from "./meters.js";
import { records } from "./records.js";

/**
 * Each of ARGV from the second on: {what, id, how} as JSON. `attempt` and `request` are over; an `abandoned` attempt is undone
 * whatever it was, and if it comes to be admitted late it is not.
 */
export const release = /* lua */ `${meters}${records}
local dead_ms = 60000
for index = 2, #ARGV do
  local what, id, how = unpack(cjson.decode(ARGV[index]))
  if what == 'request' then
    local request = find_request(id)
    if request and request.finished ~= '1' then
      if how == 'never sent' then
        undo_taken(request)
        write_taken(request)
      else release_taken(request) end
      request.finished = '1'
      redis.call('HSET', request.key, 'finished', '1')
      heard_of(request)
      end_request_if_over(request)
    end
  else
    local attempt = find_attempt(id)
    if attempt and not attempt.dead then release_attempt(attempt, how) end
    if what == 'abandoned' then
      redis.call('HSET', attempt_key(id), 'dead', '1')
      redis.call('PEXPIRE', attempt_key(id), dead_ms)
    end
  end
end
tell_if_returned()
`;
