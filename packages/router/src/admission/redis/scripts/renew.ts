import { meters } from "./meters.js";
import { records } from "./records.js";

/** ARGV[2]: {attempts, requests}, JSON. What has expired is taken again, whether it fits or not. */
export const renew = /* lua */ `${meters}${records}
local held = cjson.decode(ARGV[2])

local function renew_taken(record)
  for index, taken in ipairs(record.taken) do
    if taken[3] == 'lease' then hold(open(taken), taken[7], text(index), record.holder) end
  end
  heard_of(record)
end

for _, id in ipairs(held.attempts) do
  local attempt = find_attempt(id)
  if attempt and attempt.released ~= '1' then renew_taken(attempt) end
end
for _, id in ipairs(held.requests) do
  local request = find_request(id)
  if request and request.finished ~= '1' then renew_taken(request) end
end
`;
