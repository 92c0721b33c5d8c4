-- Chorale Companion: harmonise the selected MIDI item.
--
-- Asks `chorale serve` on this machine for the missing voices and puts each on a new track below. Load it in REAPER by
-- Actions > New action > Load ReaScript. Not yet run in REAPER; run against a stand-in for REAPER's functions in the tests.
--
-- What may be changed:
local PORT = 8730
local WHAT = "harmonise" -- or "continue", which adds eight bars
local OPTIONS = "" -- as in "style=free&temperature=1.1&seed=7"
local TOKEN_FILE = nil -- nil: where `chorale serve` keeps it
local PATIENCE_MS = 60000

local VOICES = { "soprano", "alto", "tenor", "bass" }

-- The system's own curl; ExecProcess looks through no PATH everywhere.
local function curl()
  return reaper.GetOS():match("^Win") and [[C:\Windows\System32\curl.exe]] or "/usr/bin/curl"
end

local function token_file()
  if TOKEN_FILE then return TOKEN_FILE end
  local system = reaper.GetOS()
  if system:match("^Win") then return os.getenv("APPDATA") .. [[\chorale\serve.token]] end
  if system:match("OS") then return os.getenv("HOME") .. "/Library/Application Support/chorale/serve.token" end
  return (os.getenv("XDG_CONFIG_HOME") or os.getenv("HOME") .. "/.config") .. "/chorale/serve.token"
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- The notes of a take as JSON, in quarter notes from the beginning of the bar in which the item begins.
local function music_of(take, bar_qn)
  local rows = {}
  local _, count = reaper.MIDI_CountEvts(take)
  for index = 0, count - 1 do
    local _, _, muted, from, to, _, pitch, velocity = reaper.MIDI_GetNote(take, index)
    local start = reaper.MIDI_GetProjQNFromPPQPos(take, from) - bar_qn
    local length = reaper.MIDI_GetProjQNFromPPQPos(take, to) - bar_qn - start
    if not muted and length > 0 and start >= 0 then
      rows[#rows + 1] = ('{"pitch":%d,"start":%.6f,"duration":%.6f,"velocity":%d}'):format(pitch, start, length, velocity)
    end
  end
  if #rows == 0 then return nil end
  local time = reaper.TimeMap2_QNToTime(0, bar_qn)
  local beats, unit = reaper.TimeMap_GetTimeSigAtTime(0, time)
  local bpm = 60 / (reaper.TimeMap2_QNToTime(0, bar_qn + 1) - time)
  return ('{"notes":[%s],"tempos":[{"start":0,"bpm":%.6f}],"metres":[{"start":0,"beats":%d,"unit":%d}]}')
    :format(table.concat(rows, ","), bpm, beats, unit)
end

-- The added notes of an answer, by voice. The service writes its members in this order.
local function added_notes(json)
  local voices = {}
  local row = '{"voice":"(%a+)","pitch":(%d+),"start":([%d.e+-]+),"duration":([%d.e+-]+),"velocity":(%d+),"origin":"model"}'
  for voice, pitch, start, duration, velocity in json:gmatch(row) do
    voices[voice] = voices[voice] or {}
    table.insert(voices[voice], {
      pitch = tonumber(pitch) // 1, start = tonumber(start), duration = tonumber(duration), velocity = tonumber(velocity) // 1,
    })
  end
  return voices
end

local function quoted(text) return '"' .. text .. '"' end

-- What the service answers, or nil and why there is nothing.
local function asked(music)
  local token = read(token_file())
  if not token then return nil, "There is no token at " .. token_file() .. ": start chorale serve first." end
  local sent, came = os.tmpname(), os.tmpname()
  write(sent, music)
  local query = OPTIONS == "" and "" or "?" .. OPTIONS
  local command = table.concat({
    quoted(curl()), "-sS", "--oauth2-bearer", token:match("%S+"), "-H", quoted("Content-Type: application/json"),
    "--data-binary", quoted("@" .. sent), "-o", quoted(came), quoted(("http://127.0.0.1:%d/v1/%s%s"):format(PORT, WHAT, query)),
  }, " ")
  local told = reaper.ExecProcess(command, PATIENCE_MS)
  local answer = read(came) or ""
  os.remove(sent)
  os.remove(came)
  if not told then return nil, "curl did not end in time." end
  if told:match("^%s*(%-?%d+)") ~= "0" then return nil, "The service does not answer; start chorale serve.\n" .. told end
  local fault = answer:match('^{"error":"(.*)"}')
  if fault then return nil, fault end
  return answer
end

-- One voice on a new track.
local function insert_voice(index, name, notes, bar_qn)
  local last = 0
  for _, note in ipairs(notes) do last = math.max(last, note.start + note.duration) end
  reaper.InsertTrackAtIndex(index, true)
  local track = reaper.GetTrack(0, index)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name:sub(1, 1):upper() .. name:sub(2), true)
  local from, to = reaper.TimeMap2_QNToTime(0, bar_qn), reaper.TimeMap2_QNToTime(0, bar_qn + last)
  local take = reaper.GetActiveTake(reaper.CreateNewMIDIItemInProj(track, from, to, false))
  for _, note in ipairs(notes) do
    local on = reaper.MIDI_GetPPQPosFromProjQN(take, bar_qn + note.start)
    local off = reaper.MIDI_GetPPQPosFromProjQN(take, bar_qn + note.start + note.duration)
    reaper.MIDI_InsertNote(take, false, false, on, off, 0, note.pitch, note.velocity, true)
  end
  reaper.MIDI_Sort(take)
end

local function main()
  local item = reaper.GetSelectedMediaItem(0, 0)
  local take = item and reaper.GetActiveTake(item)
  if not take or not reaper.TakeIsMIDI(take) then return "Select a MIDI item first." end
  local item_qn = reaper.TimeMap2_timeToQN(0, reaper.GetMediaItemInfo_Value(item, "D_POSITION"))
  local _, bar_qn = reaper.TimeMap_QNToMeasures(0, item_qn)
  local music = music_of(take, bar_qn)
  if not music then return "The item holds no notes." end
  local answer, fault = asked(music)
  if not answer then return fault end
  local voices = added_notes(answer)
  reaper.Undo_BeginBlock()
  local index = reaper.GetMediaTrackInfo_Value(reaper.GetMediaItemTrack(item), "IP_TRACKNUMBER") // 1
  for _, name in ipairs(VOICES) do
    if voices[name] then
      insert_voice(index, name, voices[name], bar_qn)
      index = index + 1
    end
  end
  reaper.Undo_EndBlock("Chorale Companion: " .. WHAT, -1)
  reaper.UpdateArrange()
end

local fault = main()
if fault then reaper.ShowMessageBox(fault, "Chorale Companion", 0) end
