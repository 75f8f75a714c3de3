/**
 * What attempts and requests took, kept until nothing of it can change any more. Hashes:
 *
 *     a:id   an attempt: candidate, request, at (when it was admitted), taken, released, settled, call, journal
 *     q:id   a request: at, taken, open (attempts that may still be settled), finished, call
 *     o:id   of a journal: its attempts with money that is reserved, each with what is to be known of it
 *
 * What was taken is JSON, a list of charges without their limits; `settled` as the eighth where it is money that is no
 * reservation any more.
 */
export const records = /* lua */ `
local remembered_ms = 3600000
local settled_remembered_ms = 600000
local has_returned = false

local function attempt_key(id) return prefix .. 'a:' .. id end
local function request_key(id) return prefix .. 'q:' .. id end
local function reserved_key(journal) return prefix .. 'o:' .. journal end

local function read(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then return nil end
  local record = { key = key }
  for index = 1, #flat, 2 do record[flat[index]] = flat[index + 1] end
  record.taken = cjson.decode(record.taken or '[]')
  return record
end

local function find_attempt(id)
  local record = read(attempt_key(id))
  if not record then return nil end
  record.id = id
  record.holder = 'a:' .. id
  return record
end

local function find_request(id)
  local record = read(request_key(id))
  if not record then return nil end
  record.id = id
  record.holder = 'q:' .. id
  return record
end

local function waits_for_money(record)
  for _, taken in ipairs(record.taken) do
    if taken[6] == '1' and taken[8] ~= 'settled' then return true end
  end
  return false
end

-- Money that is reserved is never forgotten.
local function heard_of(record)
  if waits_for_money(record) then redis.call('PERSIST', record.key)
  else redis.call('PEXPIRE', record.key, text(remembered_ms)) end
end

local function write_taken(record)
  redis.call('HSET', record.key, 'taken', cjson.encode(record.taken))
end

local function has_to_settle(record)
  for _, taken in ipairs(record.taken) do
    if taken[3] ~= 'lease' then return true end
  end
  return false
end

-- Puts what was used in the place of what was taken; without it, what was taken was used.
local function settle_taken(record, taken, used)
  local amount, at = taken[7], tonumber(record.at)
  if taken[3] == 'lease' then return end
  used = used or amount
  local m = open(taken)
  if taken[6] == '1' then
    if taken[8] == 'settled' then add(m, tonumber(used) - tonumber(amount), at)
    else
      reserve(m, minus(amount))
      add(m, used, at)
    end
    taken[8] = 'settled'
  elseif used ~= amount then add(m, tonumber(used) - tonumber(amount), at) end
  taken[7] = used
  record.has_changed = true
  if tonumber(used) < tonumber(amount) then has_returned = true end
end

-- The call is over: leases come back.
local function release_taken(record)
  for index, taken in ipairs(record.taken) do
    if taken[3] == 'lease' and give_back(open(taken), taken[7], text(index), record.holder) then
      has_returned = true
    end
  end
end

-- The call was never made: all comes back.
local function undo_taken(record)
  release_taken(record)
  for _, taken in ipairs(record.taken) do
    if taken[3] ~= 'lease' then
      if taken[6] ~= '1' then settle_taken(record, taken, '0')
      elseif taken[8] ~= 'settled' then
        reserve(open(taken), minus(taken[7]))
        taken[8] = 'settled'
        record.has_changed = true
        if tonumber(taken[7]) > 0 then has_returned = true end
      end
    end
  end
end

local function end_request_if_over(request)
  if request.finished ~= '1' or tonumber(request.open) > 0 then return end
  redis.call('DEL', request.key)
  release_taken(request)
  for _, taken in ipairs(request.taken) do
    if taken[6] == '1' and taken[8] ~= 'settled' then settle_taken(request, taken) end
  end
end

local function end_attempt_if_over(attempt)
  local request = find_request(attempt.request)
  if attempt.released ~= '1' then return end
  local waits = has_to_settle(attempt) or (request and has_to_settle(request))
  if attempt.settled ~= '1' and waits then return end
  redis.call('DEL', attempt.key)
  release_taken(attempt)
  if not request then return end
  request.open = text(redis.call('HINCRBY', request.key, 'open', -1))
  end_request_if_over(request)
end

local function mark_settled(attempt)
  attempt.settled = '1'
  redis.call('HSET', attempt.key, 'settled', '1')
  if (attempt.journal or '') ~= '' then redis.call('HDEL', reserved_key(attempt.journal), attempt.id) end
end

local function release_attempt(attempt, how)
  if attempt.released == '1' then return end
  local is_undone = how == 'never sent' and attempt.settled ~= '1'
  if is_undone then
    undo_taken(attempt)
    mark_settled(attempt)
    write_taken(attempt)
  else release_taken(attempt) end
  attempt.released = '1'
  redis.call('HSET', attempt.key, 'released', '1')
  heard_of(attempt)
  end_attempt_if_over(attempt)
end

local function create_request(id, charges, at, call)
  local request = { id = id, key = request_key(id), holder = 'q:' .. id, at = text(at), taken = charges, open = '0' }
  redis.call('HSET', request.key, 'at', request.at, 'open', '0', 'call', call)
  write_taken(request)
  return request
end

-- origin: {call, journal, note}, of which journal and note may be absent.
local function create_attempt(id, request, candidate, charges, at, origin)
  local attempt = { id = id, key = attempt_key(id), holder = 'a:' .. id, at = text(at), taken = charges }
  attempt.request = request.id
  redis.call('HSET', attempt.key, 'candidate', candidate, 'request', request.id, 'at', attempt.at, 'call', origin.call)
  write_taken(attempt)
  if origin.note and (origin.journal or '') ~= '' and waits_for_money(attempt) then
    redis.call('HSET', attempt.key, 'journal', origin.journal)
    redis.call('HSET', reserved_key(origin.journal), id, origin.note)
  end
  heard_of(attempt)
  redis.call('HINCRBY', request.key, 'open', 1)
  heard_of(request)
  return attempt
end

local function tell_if_returned()
  if has_returned then redis.call('PUBLISH', prefix .. 'returned', '') end
end
`;
