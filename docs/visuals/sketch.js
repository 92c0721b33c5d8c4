// A trace of Chorale Companion, drawn by p5.js (1.x or 2.x): time runs to the right, pitch upwards. Each step is a column in
// which every pitch is as bright as it was likely; what sounds is in the colour of its voice, what was given is grey. The
// curves below are doubt, in bits; the bars on the right are what the step under the mouse was drawn from.
//
// Choose a file, or let a server hand it over: python3 -m http.server, then sketch.html?trace=out.jsonl. With &follow it is
// read again twice a second: a jam that is being traced (chorale jam --trace out.jsonl) is seen while it is played.

const LOWEST = 36, HIGHEST = 81; // as models know them
const STEPS_SHOWN = 128; // the last ones
const MOST_BITS = 4;
const VOICE_COLOURS = ["#e8b040", "#e06070", "#50b890", "#6090e8"]; // soprano, alto, tenor, bass
const GIVEN = "#a0a0a0";
const FOLLOW_MS = 500;

let shown = { head: {}, frames: [] };

// What stands in a file: one object, or a head and then a frame a line, of which the last may be cut short.
function traceOf(text) {
  const lines = text.split("\n");
  const head = JSON.parse(lines.shift());
  if (head.format !== "chorale-trace/2") throw new Error(`the format is ${head.format}, not chorale-trace/2`);
  if (!head.lines) return { head, frames: head.frames };
  lines.pop(); // empty, or not whole yet
  const frames = [];
  for (const row of lines.map((line) => JSON.parse(line))) {
    if ("notes" in row) frames.push(row);
    else while (frames.length && frames.at(-1).step >= row.taken_back) frames.pop();
  }
  return { head, frames };
}

function show(text) {
  try {
    shown = traceOf(text);
    say(`${shown.head.model.name}, ${shown.frames.length} steps`);
  } catch (fault) {
    say(`This is no trace that can be read: ${fault.message}`);
  }
}

function say(text) {
  document.getElementById("said").textContent = text;
}

async function load(place, follows) {
  try {
    const answer = await fetch(place, { cache: "no-store" });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    show(await answer.text());
  } catch (fault) {
    say(`${place} cannot be read: ${fault.message}`);
  }
  if (follows) setTimeout(load, FOLLOW_MS, place, follows);
}

function setup() {
  createCanvas(windowWidth, windowHeight - 48);
  frameRate(30);
  noStroke();
  document.getElementById("trace").onchange = async ({ target }) => show(await target.files[0].text());
  const asked = new URLSearchParams(location.search);
  if (asked.has("trace")) load(asked.get("trace"), asked.has("follow"));
}

function windowResized() {
  resizeCanvas(windowWidth, windowHeight - 48);
}

// Where things stand -------------------------------------------------------------------------------------------------

const columns = () => shown.frames.slice(-STEPS_SHOWN);
const across = () => (0.82 * width) / Math.max(columns().length, 1);
const up = () => (0.8 * height) / (HIGHEST - LOWEST + 1);
const yOf = (pitch) => (HIGHEST - pitch) * up();

// The middle of a pitch in a column, counted from the left.
const placeOf = (column, pitch) => [(column + 0.5) * across(), yOf(pitch) + up() / 2];

// Drawing ------------------------------------------------------------------------------------------------------------

function draw() {
  background("#101014");
  const frames = columns();
  frames.forEach((frame, column) => frame.notes.forEach((note) => drawShares(note, column)));
  frames.forEach((frame, column) => frame.notes.forEach((note, voice) => drawNote(note, voice, column)));
  for (let voice = 0; voice < 4; voice += 1) drawDoubt(frames, voice);
  const under = frames[Math.floor(mouseX / across())] ?? frames.at(-1);
  if (under) under.notes.forEach(drawBars);
}

// Every pitch as bright as it was likely; a rest, which is null, has no place.
function drawShares(note, column) {
  for (const [pitch, share] of note.distribution) {
    if (pitch === null) continue;
    fill(255, 255, 255, 160 * Math.sqrt(share));
    rect(column * across(), yOf(pitch), across() + 0.5, up());
  }
}

function drawNote(note, voice, column) {
  if (note.pitch === null) return;
  fill(note.origin === "seed" ? GIVEN : VOICE_COLOURS[voice]);
  const gap = note.struck ? Math.min(0.2 * across(), 3) : 0;
  rect(column * across() + gap, yOf(note.pitch) + 0.15 * up(), across() - gap + 0.5, 0.7 * up());
}

function drawDoubt(frames, voice) {
  noFill();
  stroke(VOICE_COLOURS[voice]);
  beginShape();
  frames.forEach((frame, column) => {
    const bits = Math.min(frame.notes[voice].entropy_bits, MOST_BITS);
    vertex((column + 0.5) * across(), height - 4 - (bits / MOST_BITS) * 0.18 * height);
  });
  endShape();
  noStroke();
}

function drawBars(note, voice) {
  fill(VOICE_COLOURS[voice]);
  const each = (0.16 * width) / 4, left = 0.83 * width + voice * each;
  for (const [pitch, share] of note.distribution) if (pitch !== null) rect(left, yOf(pitch), each * share, up());
}
