// What is seen and heard: notes in quarters, and their time in seconds, as the player asks for them.

const VOICES = ["soprano", "alto", "tenor", "bass"];
const USUAL_BPM = 120;
let [NOTES, TEMPOS, METRES, START, END] = [[], [], [], 0, 0];

// Music as the service has it, to be drawn and heard.
function take(music) {
  NOTES = music.notes.map((note) => ({
    voice: Math.max(VOICES.indexOf(note.voice), 0),
    pitch: note.pitch,
    start: note.start,
    end: note.start + note.duration,
    isGiven: note.origin !== "model",
  }));
  NOTES.sort((one, other) => one.start - other.start);
  TEMPOS = music.tempos ?? [];
  METRES = music.metres ?? [];
  START = NOTES.length ? NOTES[0].start : 0;
  END = NOTES.reduce((end, note) => Math.max(end, note.end), 0);
}

function secondsOf(quarter) {
  let [seconds, from, bpm] = [0, 0, USUAL_BPM];
  for (const tempo of TEMPOS) {
    if (tempo.start >= quarter) break;
    seconds += ((tempo.start - from) * 60) / bpm;
    [from, bpm] = [tempo.start, tempo.bpm];
  }
  return seconds + ((quarter - from) * 60) / bpm;
}

const SVG = "http://www.w3.org/2000/svg";

function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// The roll: a quarter is four units wide, a semitone one high; what was given is pale.
function draw(roll) {
  if (!NOTES.length) return roll.replaceChildren();
  const pitches = NOTES.map((note) => note.pitch);
  const [low, high] = [Math.min(...pitches) - 2, Math.max(...pitches) + 2];
  const picture = drawn("svg", { viewBox: `0 0 ${4 * END} ${high - low}`, preserveAspectRatio: "none", width: Math.max(300, 30 * END) });
  const metre = METRES[0] ?? { beats: 4, unit: 4 };
  const bar = (4 * metre.beats) / metre.unit;
  for (let at = 0; at < END; at += bar) picture.append(drawn("line", { x1: 4 * at, x2: 4 * at, y1: 0, y2: high - low, class: "bar", "stroke-width": 0.05 }));
  for (const note of NOTES) {
    const place = { x: 4 * note.start, y: high - note.pitch - 0.5, width: 4 * (note.end - note.start) - 0.15, height: 0.9 };
    picture.append(drawn("rect", { ...place, class: `v${note.voice}${note.isGiven ? " given" : ""}` }));
  }
  return roll.replaceChildren(picture);
}
