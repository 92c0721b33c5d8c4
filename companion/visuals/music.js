// The music that is shown (SHOWN, see shown.py): notes, where they stand, and what each was drawn from.

const VOICE_NAMES = ["Soprano", "Alto", "Tenor", "Bass"];
const QUARTERS = { 0.25: "¼", 0.5: "½", 0.75: "¾" };
const ONE = 10000; // a share of 1

const byId = (name) => document.getElementById(name);
const SHOWN = JSON.parse(byId("shown").textContent);
const ORGAN = JSON.parse(byId("organ").textContent);

function sharesOf(flat = []) {
  const shares = [];
  for (let at = 0; at < flat.length; at += 2) shares.push({ pitch: flat[at], share: flat[at + 1] / ONE });
  return shares;
}

// What a voice did in a frame; of what is held, "shares" are what it might have become.
function drawnIn(frame, voice) {
  const [given, entropy, sureness, shares, raw, taken] = SHOWN.frames[frame][2][voice];
  return {
    frame,
    given: given === 1,
    bits: entropy / 100,
    sureness: sureness / ONE,
    shares: sharesOf(shares),
    raw: sharesOf(raw?.length ? raw : shares),
    taken: sharesOf(taken),
  };
}

const NOTES = SHOWN.notes.map(([voice, start, end, pitch, velocity, frame], at) => ({
  at, voice, start, end, pitch, velocity, drawn: frame < 0 ? null : drawnIn(frame, voice),
}));
const IS_TRACE = SHOWN.frames.length > 0;
const START = SHOWN.bars.length ? Math.min(SHOWN.bars[0][0], ...NOTES.slice(0, 1).map((note) => note.start)) : 0;
const END = NOTES.reduce((end, note) => Math.max(end, note.end), START + 1);

// Where in a rising list of rows the last is that begins at a tick or before it; the first, if none does.
function lastAt(rows, tick, tickOf = (row) => row[0]) {
  let [low, high] = [0, rows.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tickOf(rows[middle]) <= tick) low = middle;
    else high = middle - 1;
  }
  return low;
}

const TEMPO_SECONDS = []; // when each tempo begins
SHOWN.tempos.forEach(([tick], at) => TEMPO_SECONDS.push(at ? secondsOf(tick, at - 1) : 0));

// Seconds from tick 0, at the tempo as it is written.
function secondsOf(tick, at = lastAt(SHOWN.tempos, tick)) {
  const [from, beatUs] = SHOWN.tempos[at];
  return TEMPO_SECONDS[at] + ((tick - from) * beatUs) / (SHOWN.ticksPerBeat * 1e6);
}

function tickOf(seconds) {
  const at = lastAt(TEMPO_SECONDS, seconds, (begin) => begin);
  const [from, beatUs] = SHOWN.tempos[at];
  return from + ((seconds - TEMPO_SECONDS[at]) * SHOWN.ticksPerBeat * 1e6) / beatUs;
}

const nameOf = (pitch) => (pitch < 0 ? "silence" : `${SHOWN.names[pitch % 12]}${Math.floor(pitch / 12) - 1}`);
const percent = (share) => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

// "bar 3, beat 2½".
function placeOf(tick) {
  if (!SHOWN.bars.length) return "";
  const [barTick, number] = SHOWN.bars[lastAt(SHOWN.bars, tick)];
  const beat = lastAt(SHOWN.beats, tick, (begin) => begin);
  const [from, to] = [SHOWN.beats[beat], SHOWN.beats[beat + 1] ?? SHOWN.beats[beat] + SHOWN.ticksPerBeat];
  const first = SHOWN.beats.findIndex((begin) => begin >= barTick);
  const part = QUARTERS[(tick - from) / (to - from)] ?? "";
  return beat < first || first < 0 ? `bar ${number}` : `bar ${number}, beat ${beat - first + 1}${part}`;
}
