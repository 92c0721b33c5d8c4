-- A stand-in for REAPER: one track with one MIDI item, at a tempo and in a metre; what a script makes is printed.
-- lua reaper.lua SCRIPT ITEM_QN "pitch start length velocity;…"
-- Items begin on their own ppq 0; there are 960 to a quarter. 4/4 at 120.

local PPQ, SECONDS = 960, 0.5
local script, item_qn, text = arg[1], tonumber(arg[2]), arg[3]

local function new_item(track, qn)
  local item = { track = track, qn = qn, notes = {} }
  table.insert(track.items, item)
  return item
end

local tracks = { { name = "Tune", items = {} } }
local selected = text and new_item(tracks[1], item_qn)
for pitch, start, length, velocity in (text or ""):gmatch("(%d+) (%S+) (%S+) (%d+)") do
  local from = tonumber(start) * PPQ
  table.insert(selected.notes, { from = from, to = from + tonumber(length) * PPQ, pitch = tonumber(pitch), velocity = tonumber(velocity) })
end

reaper = {
  GetOS = function() return "Other" end,
  GetSelectedMediaItem = function() return selected or nil end,
  GetActiveTake = function(item) return item end,
  TakeIsMIDI = function() return true end,
  GetMediaItemInfo_Value = function(item, what) assert(what == "D_POSITION") return item.qn * SECONDS end,
  GetMediaItemTrack = function(item) return item.track end,
  GetMediaTrackInfo_Value = function(track, what)
    assert(what == "IP_TRACKNUMBER")
    for number, one in ipairs(tracks) do if one == track then return number + 0.0 end end
  end,
  TimeMap2_timeToQN = function(_, time) return time / SECONDS end,
  TimeMap2_QNToTime = function(_, qn) return qn * SECONDS end,
  TimeMap_QNToMeasures = function(_, qn) return qn // 4 + 1, qn // 4 * 4, qn // 4 * 4 + 4 end,
  TimeMap_GetTimeSigAtTime = function() return 4, 4, 120 end,
  MIDI_CountEvts = function(take) return 1, #take.notes, 0, 0 end,
  MIDI_GetNote = function(take, index)
    local note = take.notes[index + 1]
    return true, false, false, note.from, note.to, 0, note.pitch, note.velocity
  end,
  MIDI_GetProjQNFromPPQPos = function(take, ppq) return take.qn + ppq / PPQ end,
  MIDI_GetPPQPosFromProjQN = function(take, qn) return (qn - take.qn) * PPQ end,
  MIDI_InsertNote = function(take, _, _, from, to, channel, pitch, velocity)
    assert(math.type(pitch) == "integer" and math.type(velocity) == "integer" and channel == 0)
    table.insert(take.notes, { from = from, to = to, pitch = pitch, velocity = velocity })
    return true
  end,
  MIDI_Sort = function() end,
  InsertTrackAtIndex = function(index) table.insert(tracks, math.tointeger(index) + 1, { name = "", items = {} }) end,
  GetTrack = function(_, index) return tracks[math.tointeger(index) + 1] end,
  GetSetMediaTrackInfo_String = function(track, what, name) assert(what == "P_NAME") track.name = name return true, name end,
  CreateNewMIDIItemInProj = function(track, from) return new_item(track, from / SECONDS) end,
  ExecProcess = function(command)
    local pipe = io.popen(command .. " 2>&1")
    local told = pipe:read("a")
    local _, _, code = pipe:close()
    return ("%d\n%s"):format(code, told)
  end,
  Undo_BeginBlock = function() end,
  Undo_EndBlock = function(name) print("undo", name) end,
  UpdateArrange = function() end,
  ShowMessageBox = function(message) print("box", message) end,
}

dofile(script)
for _, track in ipairs(tracks) do
  for _, item in ipairs(track.items) do
    for _, note in ipairs(item.notes) do
      print("note", track.name, note.pitch, ("%.3f"):format(item.qn + note.from / PPQ), ("%.3f"):format((note.to - note.from) / PPQ), note.velocity)
    end
  end
end
