// What the jam tells: the last steps, those to come, the player's keys, and where the music stands (see audience.py).

const HEARD = 0, PLANNED = 1;
const KEPT_STEPS = 80;
const CLOCK_LOOKS = 24; // the difference of two clocks is the least of so many

const jam = {
  line: null, // [time in ms, step, ms a step]; null: the clock stands
  position: 0, // … here
  scene: { activity: "", chord: "", key: "", bars: [0, 16], muted: [0, 0, 0, 0] },
  steps: new Map(), // step → { step, phase, pitches, struck, clouds }
  keys: new Map(), // number → { pitch, start, end }
  heard: 0, // messages so far
};
const delays = []; // of the last messages: this clock less the jam's, with the way here

// The jam's time in ms: a message is never early, so the least delay is the truest.
const jamTime = (here = performance.now()) => here - (delays.length ? Math.min(...delays) : 0);

function positionAt(time) {
  if (!jam.line) return jam.position;
  const [then, step, length] = jam.line;
  return step + (time - then) / length;
}

function hear(told, here = performance.now()) {
  jam.heard += 1;
  delays.push(here - told.now);
  if (delays.length > CLOCK_LOOKS) delays.shift();
  if (told.all) for (const kept of [jam.steps, jam.keys]) kept.clear();
  if (!told.scene) return;
  Object.assign(jam, { line: told.line, position: told.position, scene: told.scene });
  for (const step of told.gone) jam.steps.delete(step);
  for (const [step, phase, pitches, struck, clouds] of told.steps) jam.steps.set(step, { step, phase, pitches, struck, clouds });
  for (const [number, pitch, start, end] of told.keys) jam.keys.set(number, { pitch, start, end });
  forget(positionAt(jamTime(here)) - KEPT_STEPS);
}

// However long a jam has lasted, what is kept is what is seen.
function forget(first) {
  for (const step of jam.steps.keys()) if (step < first) jam.steps.delete(step);
  for (const [number, key] of jam.keys) if (key.end !== null && key.end < first) jam.keys.delete(number);
}

const AGAIN_MS = 1000;

let socket = null;

function listen(told) {
  socket = new WebSocket(`ws://${location.host}${location.pathname}socket`);
  socket.onmessage = (event) => {
    hear(JSON.parse(event.data));
    told(true);
  };
  socket.onclose = () => {
    told(false);
    delays.length = 0;
    setTimeout(() => listen(told), AGAIN_MS);
  };
}
