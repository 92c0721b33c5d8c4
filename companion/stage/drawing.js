// The picture: four voices as lines, what might come as clouds, the player's keys as bars; now is where the light stands.

const COLOURS = ["#ffc94d", "#5fb0ee", "#f0705a", "#9a86f5"];
const INK = "#ffffff";
const GROUND = "#0b0a0c";
const LOW = 37, HIGH = 82; // MIDI pitches at the edges
const BEHIND = 42, AHEAD = 21; // steps that are seen
const TOP = 0.15, TALL = 0.74; // of the height: where the highest pitch lies, and how far down the lowest
const TURN = 0.5; // of a step: in which a line goes over to the next note …
const TURN_THICK = 0.3; // … so thick, beside the note's own line
const LETTERS = ["S", "A", "T", "B"];
const GLOW_STEPS = 3; // a strike shines so long
const WORD_TALL = 1.9; // semitones
const CLOUD_STEPS = 4; // what might have been is gone so long after

const canvas = document.getElementById("stage");
const pen = canvas.getContext("2d", { alpha: false });
const view = { width: 0, height: 0, unit: 0, semitone: 0, now: 0, top: 0, words: [] };

function fit() {
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  const [width, height] = [Math.round(innerWidth * scale), Math.round(innerHeight * scale)];
  if (width === view.width && height === view.height) return;
  [canvas.width, canvas.height] = [width, height];
  const unit = width / (BEHIND + AHEAD);
  Object.assign(view, { width, height, unit, now: BEHIND * unit, top: TOP * height, semitone: (TALL * height) / (HIGH - LOW) });
  makeSprites();
}

const xOf = (step, position) => view.now + (step - position) * view.unit;
const yOf = (pitch) => view.top + (HIGH - pitch) * view.semitone;

// Soft discs, drawn once: a gradient for every cloud of every frame would be too slow.
const sprites = [];

function makeSprites() {
  sprites.length = 0;
  for (const colour of [...COLOURS, INK]) {
    const disc = document.createElement("canvas");
    disc.width = disc.height = 64;
    const brush = disc.getContext("2d");
    const shade = brush.createRadialGradient(32, 32, 0, 32, 32, 32);
    shade.addColorStop(0, colour);
    shade.addColorStop(0.4, `${colour}80`);
    shade.addColorStop(1, `${colour}00`);
    brush.fillStyle = shade;
    brush.fillRect(0, 0, 64, 64);
    sprites.push(disc);
  }
}

function disc(colour, x, y, width, height, alpha) {
  pen.globalAlpha = alpha;
  pen.drawImage(sprites[colour], x - width / 2, y - height / 2, width, height);
}

// The notes of a voice that are seen: { pitch, start, end, phase }, in order.
function notesOf(voice, steps) {
  const notes = [];
  for (const { step, phase, pitches, struck } of steps) {
    const pitch = pitches[voice];
    const last = notes.at(-1);
    if (pitch < 0) continue;
    if (last && last.end === step && last.pitch === pitch && last.phase === phase && !struck[voice]) last.end = step + 1;
    else notes.push({ pitch, start: step, end: step + 1, phase, struck: Boolean(struck[voice]) });
  }
  return notes;
}

// Notes as bars, and a thin turn from one to the next; where one pitch is struck again there is a gap.
function trace(notes, position, thick, until = Infinity) {
  const gap = thick / 2 + 1.5;
  const seen = notes.filter(({ start }) => start < until);
  const follows = (before, note) => before && before.end === note.start && before.pitch !== note.pitch;
  pen.lineWidth = thick;
  pen.beginPath();
  for (const note of seen) {
    const [start, end, y] = [xOf(note.start, position), xOf(Math.min(note.end, until), position), yOf(note.pitch)];
    pen.moveTo(start + gap, y);
    pen.lineTo(Math.max(end - gap, start + gap), y);
  }
  pen.stroke();
  pen.lineWidth = Math.max(1, TURN_THICK * thick);
  pen.beginPath();
  seen.forEach((note, at) => {
    const before = seen[at - 1];
    if (!follows(before, note)) return;
    const [x, turn, from, to] = [xOf(note.start, position), TURN * view.unit, yOf(before.pitch), yOf(note.pitch)];
    pen.moveTo(x - turn / 2, from);
    pen.bezierCurveTo(x + turn / 2, from, x - turn / 2, to, x + turn / 2, to);
  });
  pen.stroke();
}

function drawVoice(voice, steps, position) {
  const faint = jam.scene.muted[voice] ? 0.25 : 1;
  const notes = notesOf(voice, steps);
  pen.strokeStyle = COLOURS[voice];
  const ways = [
    [(note) => note.phase === HEARD, 0.28, 0.22], // imagined to what is played
    [(note) => note.phase === PLANNED, 0.55, 0.16],
    [(note) => note.phase > PLANNED && note.end > position, 0.6, 0.5], // decided
  ];
  for (const [chosen, alpha, thick] of ways) {
    pen.globalAlpha = alpha * faint;
    trace(notes.filter(chosen), position, thick * view.semitone);
  }
  const sung = notes.filter((note) => note.phase > PLANNED && note.start <= position);
  pen.globalAlpha = 0.95 * faint;
  trace(sung, position, 0.85 * view.semitone, position);
  const here = sung.findLast((note) => note.end > position);
  if (here) drawHead(voice, here, position, faint);
}

function drawHead(voice, note, position, faint) {
  const strike = Math.max(0, 1 - (position - note.start) / GLOW_STEPS);
  const size = (5 + 6 * strike * strike) * view.semitone;
  disc(voice, view.now, yOf(note.pitch), size, size, (0.55 + 0.4 * strike) * faint);
  pen.globalAlpha = faint;
  pen.fillStyle = INK;
  pen.beginPath();
  pen.arc(view.now, yOf(note.pitch), (0.45 + 0.35 * strike) * view.semitone, 0, 2 * Math.PI);
  pen.fill();
  write(LETTERS[voice], yOf(note.pitch), COLOURS[voice]);
}

const words = [];

// A word beside now, of the picture that is drawn.
function write(word, y, colour) {
  words.push({ word, y, colour, alpha: pen.globalAlpha });
}

// What would lie on one another stands in a row.
function drawWords() {
  const placed = [];
  pen.font = `600 ${Math.round(WORD_TALL * view.semitone)}px system-ui, sans-serif`;
  pen.textBaseline = "bottom";
  for (const { word, y, colour, alpha } of words.splice(0)) {
    const beside = placed.filter((other) => Math.abs(other.y - y) < WORD_TALL * view.semitone);
    const x = Math.max(view.now, ...beside.map(({ right }) => right)) + 0.9 * view.semitone;
    pen.globalAlpha = alpha;
    pen.fillStyle = colour;
    pen.fillText(word, x, y - 0.35 * view.semitone);
    placed.push({ word, y, left: x, right: x + pen.measureText(word).width });
  }
  return placed;
}

function drawClouds(steps, position) {
  for (const { step, clouds, pitches } of steps) {
    const age = position - step;
    if (age > CLOUD_STEPS) continue;
    const seen = age > 0 ? 1 - age / CLOUD_STEPS : 1 - (0.35 * -age) / AHEAD;
    const x = xOf(step + 0.5, position);
    for (let voice = 0; voice < 4; voice += 1) {
      const cloud = clouds[voice];
      for (let at = 0; at < cloud.length; at += 2) {
        const share = cloud[at + 1] / 1000;
        const strong = (cloud[at] === pitches[voice] ? 0.3 : 0.95) * Math.sqrt(share);
        disc(voice, x, yOf(cloud[at]), 2.6 * view.unit, (1.8 + 2 * Math.sqrt(share)) * view.semitone, seen * strong);
      }
    }
  }
}

function drawKeys(position) {
  const thick = 1.25 * view.semitone;
  for (const { pitch, start, end } of jam.keys.values()) {
    const sounding = end === null;
    const left = xOf(start, position);
    const right = Math.max(sounding ? view.now : Math.min(xOf(end, position), view.now), left + 2);
    if (right < 0 || left > view.width) continue;
    const y = yOf(Math.min(Math.max(pitch, LOW), HIGH));
    pen.globalAlpha = sounding ? 1 : 0.85;
    pen.fillStyle = INK;
    pen.beginPath();
    pen.roundRect(left, y - thick / 2, right - left, thick, thick / 3);
    pen.fill();
    if (!sounding) continue;
    disc(4, view.now, y, 7 * view.semitone, 7 * view.semitone, 0.7);
    pen.globalAlpha = 1;
    write("player", y, INK);
  }
}

function drawBars(position) {
  const [origin, length] = jam.scene.bars;
  pen.globalAlpha = 1;
  pen.fillStyle = "#ffffff14";
  const first = Math.ceil((position - BEHIND - origin) / length);
  for (let bar = origin + first * length; bar < position + AHEAD; bar += length) {
    pen.fillRect(Math.round(xOf(bar, position)), view.top, 1, TALL * view.height);
  }
  pen.fillStyle = "#ffffff30";
  pen.fillRect(view.now - 1, view.top, 2, TALL * view.height);
}

// The past goes into the dark.
function drawDusk() {
  const shade = pen.createLinearGradient(0, 0, 0.3 * view.width, 0);
  shade.addColorStop(0, GROUND);
  shade.addColorStop(1, `${GROUND}00`);
  pen.globalAlpha = 1;
  pen.fillStyle = shade;
  pen.fillRect(0, 0, 0.3 * view.width, view.height);
}

// The jam at a time of its clock.
function draw(time) {
  fit();
  const position = positionAt(time);
  const steps = [...jam.steps.values()].filter(({ step }) => step > position - BEHIND - 2 && step < position + AHEAD);
  steps.sort((one, other) => one.step - other.step);
  pen.globalAlpha = 1;
  pen.fillStyle = GROUND;
  pen.fillRect(0, 0, view.width, view.height);
  pen.lineCap = "round";
  pen.lineJoin = "round";
  drawBars(position);
  drawClouds(steps, position);
  for (let voice = 3; voice >= 0; voice -= 1) drawVoice(voice, steps, position);
  drawKeys(position);
  view.words = drawWords();
  drawDusk();
  return position;
}
