// The picture: rows of bars, as music is written, so that it prints as it is seen.

const SVG = "http://www.w3.org/2000/svg";
const ROW_QUARTERS = window.innerWidth < 700 ? 8 : 16;
const [FULL, FULLEST] = [0.7, 1.1]; // of a row: from there on it is drawn as wide as the page, up to there bars come to it
const QUARTER = 62; // units
const SEMITONE = 8;
const LETTER = 7.8; // of a chord's name
const [LEFT, RIGHT, TOP, DOUBT, GAP] = [46, 8, 34, 44, 12]; // around a roll: margins, the curves under it, a space
const MOST_BITS = 4; // at the top of the curves
const MOST_GHOSTS = 3; // of a note
const LEAST_GHOST = 0.04;

const PITCHES = NOTES.map((note) => note.pitch);
const LOW = PITCHES.reduce((low, pitch) => Math.min(low, pitch), 127) - 2;
const HIGH = PITCHES.reduce((high, pitch) => Math.max(high, pitch), 0) + 2;
const ROLL_HEIGHT = PITCHES.length ? (HIGH - LOW + 1) * SEMITONE : 0;
const HEIGHT = TOP + ROLL_HEIGHT + (IS_TRACE ? GAP + DOUBT : 0) + 6;
const WIDTH = LEFT + ROW_QUARTERS * QUARTER + RIGHT;

function drawn(name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

const topOf = (pitch) => TOP + (HIGH - pitch) * SEMITONE;

// Rows of whole bars, with room for a pickup.
function rowsOfBars() {
  const ends = [...SHOWN.bars.slice(1).map(([tick]) => tick), END];
  const bars = (SHOWN.bars.length ? SHOWN.bars : [[START, 1]]).map(([tick, number], at) => ({ tick, number, end: ends[at] ?? END }));
  const rows = [];
  for (const bar of bars.filter((one) => one.end > one.tick)) {
    const row = rows.at(-1);
    if (row && bar.end - row.start <= FULLEST * ROW_QUARTERS * SHOWN.ticksPerBeat) {
      row.bars.push(bar);
      row.end = bar.end;
    } else rows.push({ start: bar.tick, end: bar.end, bars: [bar] });
  }
  if (rows.length) rows[0].start = Math.min(rows[0].start, START);
  return rows;
}

const ROWS = rowsOfBars();
for (const row of ROWS) {
  const quarters = (row.end - row.start) / SHOWN.ticksPerBeat;
  row.unit = (QUARTER / SHOWN.ticksPerBeat) * (quarters > FULL * ROW_QUARTERS ? ROW_QUARTERS / quarters : 1);
  row.x = (tick) => LEFT + (tick - row.start) * row.unit;
}
const rowAt = (tick) => ROWS[lastAt(ROWS, tick, (row) => row.start)];

// The part of a stretch of time that lies in a row: from x to x, or nothing.
function within(row, start, end) {
  const [from, to] = [Math.max(start, row.start), Math.min(end, row.end)];
  return from < to ? [row.x(from), row.x(to)] : null;
}

function drawGrid(row) {
  const [left, right] = [row.x(row.start), row.x(row.end)];
  for (let pitch = Math.ceil(LOW / 12) * 12; pitch <= HIGH; pitch += 12) {
    const y = topOf(pitch) + SEMITONE;
    row.svg.append(drawn("line", { class: "octave", x1: left, x2: right, y1: y, y2: y }));
    row.svg.append(drawn("text", { x: LEFT - 8, y: y, "text-anchor": "end" }, nameOf(pitch)));
  }
  const upright = (name, tick, top) =>
    row.svg.append(drawn("line", { class: name, x1: row.x(tick), x2: row.x(tick), y1: top, y2: TOP + ROLL_HEIGHT }));
  for (const tick of SHOWN.beats) if (row.start <= tick && tick < row.end) upright("beat", tick, TOP);
  for (const bar of row.bars) {
    upright("bar", bar.tick, TOP - 14);
    row.svg.append(drawn("text", { x: row.x(bar.tick) + 4, y: 11 }, String(bar.number)));
  }
  upright("bar", row.end, TOP - 14);
  SHOWN.chords.forEach(([tick, name], at) => {
    if (row.start <= tick && tick < row.end) drawChord(row, tick, name, SHOWN.chords[at + 1]?.[0] ?? END);
  });
}

// A name that has no room is drawn narrower.
function drawChord(row, tick, name, next) {
  const room = Math.max(row.x(Math.min(next, row.end)) - row.x(tick) - 6, 12);
  const fit = name.length * LETTER > room ? { textLength: room.toFixed(1), lengthAdjust: "spacingAndGlyphs" } : {};
  row.svg.append(drawn("text", { class: "chord", x: row.x(tick) + 3, y: TOP - 8, ...fit }, name));
}

// A wedge that fades away: what else might have come there.
function drawGhost(row, voice, pitch, share, start, end, forbidden) {
  const span = within(row, start, end);
  if (!span || pitch < LOW || pitch > HIGH) return;
  const [middle, half] = [topOf(pitch) + SEMITONE / 2, (SEMITONE / 2) * (0.3 + 0.7 * share)];
  const points = `${span[0]},${middle - half} ${span[1]},${middle} ${span[0]},${middle + half}`;
  const name = `ghost v${voice}${forbidden ? " forbidden" : ""}`;
  row.svg.append(drawn("polygon", { class: name, points, opacity: (0.2 + 0.6 * share).toFixed(2) }));
}

function drawGhosts(row, note) {
  if (!note.drawn || note.drawn.given) return;
  const took = new Map(note.drawn.taken.map(({ pitch, share }) => [pitch, share]));
  const others = note.drawn.raw.filter(({ pitch, share }) => pitch >= 0 && pitch !== note.pitch && share >= LEAST_GHOST);
  for (const { pitch, share } of others.slice(0, MOST_GHOSTS)) {
    drawGhost(row, note.voice, pitch, share, note.start, note.end, (took.get(pitch) ?? 0) > share / 2);
  }
}

// While a note was held: what nearly came in its place.
function drawTurns(row) {
  SHOWN.frames.forEach(([tick, , voices], at) => {
    if (tick < row.start || tick >= row.end) return;
    const end = SHOWN.frames[at + 1]?.[0] ?? END;
    voices.forEach((numbers, voice) => {
      if (numbers.length !== 4 || numbers[0]) return;
      for (const { pitch, share } of sharesOf(numbers[3]).slice(0, MOST_GHOSTS)) {
        if (share >= LEAST_GHOST) drawGhost(row, voice, pitch, share, tick, end, false);
      }
    });
  });
}

// Of two voices on one pitch the lower one is drawn over the other's lower half.
for (const voice of [1, 2, 3]) {
  const upper = NOTES.filter((note) => note.voice < voice);
  for (const note of NOTES.filter((one) => one.voice === voice)) {
    note.isUnder = upper.some((one) => one.pitch === note.pitch && one.start < note.end && note.start < one.end);
  }
}
const middleOf = (note) => note.pitch - (note.isUnder ? 0.25 : 0);

function drawNote(row, note) {
  const span = within(row, note.start, note.end);
  if (!span) return;
  const given = note.drawn?.given;
  const [top, height] = note.isUnder ? [SEMITONE / 2, SEMITONE / 2] : [0.5, SEMITONE - 1];
  const box = drawn("rect", {
    class: `sung v${note.voice}${given ? " given" : ""}`,
    x: span[0] + 0.5, y: topOf(note.pitch) + top, width: Math.max(span[1] - span[0] - 1.5, 1.5), height,
    "fill-opacity": note.drawn && !given ? (0.12 + 0.88 * note.drawn.sureness).toFixed(3) : 1,
    "data-note": note.at,
  });
  row.svg.append(box);
  (note.boxes ??= []).push(box);
}

function drawDoubt(row) {
  const [base, scale] = [TOP + ROLL_HEIGHT + GAP + DOUBT, DOUBT / MOST_BITS];
  row.svg.append(drawn("line", { class: "bar", x1: LEFT, x2: row.x(row.end), y1: base, y2: base }));
  row.svg.append(drawn("text", { x: LEFT - 8, y: base - DOUBT / 2 + 4, "text-anchor": "end" }, "doubt"));
  VOICE_NAMES.forEach((_, voice) => {
    let path = "";
    let open = false;
    SHOWN.frames.forEach(([tick, , voices], at) => {
      const span = within(row, tick, SHOWN.frames[at + 1]?.[0] ?? END);
      const [given, entropy] = voices[voice];
      if (!span || given) {
        open = false;
        return;
      }
      const y = (base - Math.min(entropy / 100, MOST_BITS) * scale).toFixed(1);
      path += `${open ? "L" : "M"}${span[0].toFixed(1)} ${y}H${span[1].toFixed(1)}`;
      open = true;
    });
    if (path) row.svg.append(drawn("path", { class: `doubt v${voice}`, d: path }));
  });
}

function drawRow(row) {
  row.svg = drawn("svg", { class: "row", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
  drawGrid(row);
  row.looks = row.svg.appendChild(drawn("g"));
  const inside = NOTES.filter((note) => note.start < row.end && note.end > row.start);
  drawTurns(row);
  for (const note of inside) drawGhosts(row, note);
  for (const note of inside) drawNote(row, note);
  if (IS_TRACE) drawDoubt(row);
  row.cursor = row.svg.appendChild(drawn("line", { class: "cursor", y1: TOP - 14, y2: HEIGHT - 4 }));
  byId("roll").append(row.svg);
}

// The frames that the one of a note looked back at, marked where they stand.
function markLooks(note) {
  for (const row of ROWS) row.looks.replaceChildren();
  const looks = note?.drawn && !note.drawn.given ? SHOWN.frames[note.drawn.frame][1] : [];
  for (const [frame] of looks) {
    const start = SHOWN.frames[frame][0];
    const row = rowAt(start);
    const [x, end] = [row.x(start), row.x(Math.min(start + SHOWN.ticksPerBeat, row.end))];
    row.looks.append(drawn("rect", { class: "look", x, y: TOP - 4, width: end - x, height: ROLL_HEIGHT + 8 }));
  }
  return looks.map(([frame, weight]) => ({ tick: SHOWN.frames[frame][0], weight: weight / ONE }));
}
