// The page: what is pressed, pointed at and heard.

const player = new Player();
const state = { chosen: null, sounding: new Set(), shown: -1 };
const quietly = window.matchMedia("(prefers-reduced-motion: reduce)");

function say(text) {
  byId("said").textContent = text;
}

function choose(note, aloud = false) {
  for (const box of state.chosen?.boxes ?? []) box.classList.remove("chosen");
  state.chosen = note;
  for (const box of note.boxes ?? []) box.classList.add("chosen");
  showNote(note);
  if (!aloud) return;
  note.boxes?.[0].scrollIntoView({ block: "nearest" });
  say(spoken(note));
}

// The note nearest to a place in a row, within a little.
function noteNear(row, event) {
  const box = row.svg.getBoundingClientRect();
  const scale = WIDTH / box.width;
  const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  const tick = row.start + (x - LEFT) / row.unit;
  const pitch = HIGH - (y - TOP) / SEMITONE + 0.5;
  const far = (note) => Math.abs(middleOf(note) - pitch) + (note.start <= tick && tick < note.end ? 0 : 99);
  const near = NOTES.reduce((best, note) => (far(note) < far(best) ? note : best), NOTES[0]);
  return { tick, note: near && far(near) <= 1.5 ? near : null };
}

function watchRow(row) {
  row.svg.addEventListener("pointermove", (event) => {
    const { note } = noteNear(row, event);
    if (note && note !== state.chosen) choose(note);
  });
  row.svg.addEventListener("click", (event) => {
    const { tick, note } = noteNear(row, event);
    if (note) choose(note);
    player.move(secondsOf(Math.min(Math.max(note ? note.start : tick, START), END)));
    showPosition();
  });
}

// Another note: the next of its voice, or the one of the next voice that sounds with it.
function neighbour(note, key) {
  const own = NOTES.filter((one) => one.voice === note.voice);
  const at = own.indexOf(note);
  if (key === "ArrowRight") return own[at + 1];
  if (key === "ArrowLeft") return own[at - 1];
  if (key === "Home") return own[0];
  if (key === "End") return own.at(-1);
  for (let voice = note.voice + (key === "ArrowDown" ? 1 : -1); voice in VOICE_NAMES; voice += key === "ArrowDown" ? 1 : -1) {
    const there = NOTES.filter((one) => one.voice === voice);
    if (there.length) return there.findLast((one) => one.start <= note.start) ?? there[0];
  }
  return null;
}

function pressedInRoll(event) {
  const moves = ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"];
  if (moves.includes(event.key)) {
    const note = state.chosen ? neighbour(state.chosen, event.key) : NOTES[0];
    if (note) choose(note, true);
  } else if (event.key === "Enter" && state.chosen) {
    player.move(secondsOf(state.chosen.start));
    if (!player.playing) player.play();
  } else return;
  event.preventDefault();
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("button, input")) return;
  const digit = /^Digit([1-4])$/.exec(event.code);
  if (event.key === " ") playOrPause();
  else if (digit) toggle(event.shiftKey ? player.alone : player.muted, Number(digit[1]) - 1);
  else return;
  event.preventDefault();
}

function playOrPause() {
  if (player.playing) player.stop();
  else player.play();
  showPosition();
  say(player.playing ? "Playing" : "Paused");
}

function toggle(voices, voice) {
  player.toggle(voices, voice);
  for (const button of document.querySelectorAll("#voices button")) {
    const own = button.dataset.alone ? player.alone : player.muted;
    button.setAttribute("aria-pressed", String(own.has(Number(button.dataset.voice))));
  }
  for (const note of NOTES) for (const box of note.boxes ?? []) box.classList.toggle("quietened", !player.sings(note.voice));
}

function voiceControls() {
  VOICE_NAMES.forEach((name, voice) => {
    const group = document.createElement("span");
    group.className = "voice";
    const swatch = document.createElement("span");
    swatch.className = `swatch v${voice}`;
    const label = document.createElement("span");
    label.textContent = name;
    group.append(swatch, label);
    for (const [word, alone] of [["Mute", false], ["Solo", true]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = word;
      button.setAttribute("aria-label", `${word} ${name.toLowerCase()}`);
      button.setAttribute("aria-pressed", "false");
      button.dataset.voice = voice;
      if (alone) button.dataset.alone = "true";
      button.addEventListener("click", () => toggle(alone ? player.alone : player.muted, voice));
      group.append(button);
    }
    byId("voices").append(group);
  });
}

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// The cursor, the notes that sound, and the clock.
function showPosition() {
  const seconds = player.now();
  const tick = tickOf(seconds);
  byId("play").textContent = player.playing ? "Pause" : "Play";
  byId("clock").textContent = `${minutes(seconds - secondsOf(START))} of ${minutes(player.end - secondsOf(START))}`;
  const here = rowAt(tick);
  for (const row of ROWS) row.cursor.classList.toggle("here", row === here && (player.playing || tick > START));
  if (here) for (const end of ["x1", "x2"]) here.cursor.setAttribute(end, here.x(Math.min(tick, here.end)));
  const sounding = new Set(player.playing ? NOTES.filter((note) => note.start <= tick && tick < note.end) : []);
  for (const note of state.sounding) if (!sounding.has(note)) for (const box of note.boxes ?? []) box.classList.remove("sounding");
  for (const note of sounding) for (const box of note.boxes ?? []) box.classList.add("sounding");
  state.sounding = sounding;
  if (!player.playing) return;
  if (here !== state.shown) here?.svg.scrollIntoView({ block: "nearest", behavior: quietly.matches ? "auto" : "smooth" });
  state.shown = here;
  requestAnimationFrame(showPosition);
}

function showHead() {
  document.title = `${SHOWN.title} · Chorale Companion`;
  byId("title").textContent = SHOWN.title;
  byId("lead").textContent = IS_TRACE
    ? "Time runs to the right, pitch upwards. Each box is a note: the deeper its colour, the surer the model was. Point at one to see what else it might have been."
    : "Time runs to the right, pitch upwards. Each box is a note, in the colour of its voice.";
  byId("origin").textContent = SHOWN.origin;
  byId("again").textContent = SHOWN.again ? `Made by: ${SHOWN.again}` : "";
  for (const notice of SHOWN.notices) {
    const item = document.createElement("li");
    item.textContent = notice;
    byId("notices").append(item);
  }
}

function begin() {
  showHead();
  showLegend();
  voiceControls();
  ROWS.forEach(drawRow);
  drawArcs();
  ROWS.forEach(watchRow);
  byId("play").addEventListener("click", playOrPause);
  byId("restart").addEventListener("click", () => {
    player.move(secondsOf(START));
    showPosition();
  });
  byId("tempo").addEventListener("input", (event) => {
    player.move(player.now(), Number(event.target.value) / 100);
    byId("speed").textContent = `${event.target.value} %`;
  });
  byId("roll").addEventListener("keydown", pressedInRoll);
  document.addEventListener("keydown", pressed);
  showPosition();
}

begin();
