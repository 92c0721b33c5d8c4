// The page: music dropped or played in, what is wanted of it, the answer.

const byId = (id) => document.getElementById(id);
const LOWEST = 60;
const KEYS = 20;
const STROKES = "awsedftgyhujkolp;'"; // of the computer's keyboard, from the lowest key up
const BLACK = new Set([1, 3, 6, 8, 10]);
const NAMES = ["C", "", "D", "", "E", "F", "", "G", "", "A", "", "B"];

const played = []; // notes, in quarters
let cursor = 0;
let file = null; // { name, body }
let player = null;
let cancel = null;
let context = null;

const say = (text) => { byId("said").textContent = text; };

function music() {
  if (file) return { name: file.name, body: file.body, type: "audio/midi" };
  if (!played.length) return null;
  return { name: "played.mid", body: JSON.stringify({ notes: played }), type: "application/json" };
}

function heard(what, canPlay = true) {
  player?.stop();
  take(what);
  draw(byId("roll"));
  player = null;
  byId("play").textContent = "Play";
  byId("play").disabled = !canPlay || !NOTES.length;
  byId("save").hidden = true;
  byId("again").textContent = "";
}

function strike(pitch) {
  const duration = Number(byId("length").value);
  file = null;
  byId("file").value = "";
  played.push({ pitch, start: cursor, duration });
  cursor += duration;
  heard({ notes: played });
  context ??= new AudioContext({ sampleRate: ORGAN.sampleRate });
  context.resume();
  const at = context.currentTime + 0.01;
  press(context, pipesOf(context, pitch), at, at + 0.35, choirOf(context)[0]);
}

function keyboard() {
  for (let pitch = LOWEST; pitch < LOWEST + KEYS; pitch += 1) {
    const key = document.createElement("button");
    key.type = "button";
    key.dataset.pitch = pitch;
    key.className = BLACK.has(pitch % 12) ? "black" : "";
    key.textContent = NAMES[pitch % 12];
    key.setAttribute("aria-label", `pitch ${pitch}`);
    key.addEventListener("pointerdown", () => strike(pitch));
    key.addEventListener("click", (event) => { if (event.detail === 0) strike(pitch); }); // by Enter or a screen reader
    byId("keys").append(key);
  }
}

async function takeFile(one) {
  file = { name: one.name || "dropped.mid", body: await one.arrayBuffer() };
  played.length = 0;
  cursor = 0;
  heard({ notes: [] }, false);
  say(`${file.name} is here: ask`);
}

function options() {
  const what = document.querySelector("input[name=what]:checked").value;
  const said = { model: byId("model").value, style: byId("style").value };
  if (what === "continue") said.bars = byId("bars").value;
  if (byId("seed").value !== "") said.seed = byId("seed").value;
  return [what, said];
}

function busy(is) {
  byId("ask").disabled = is;
  byId("cancel").hidden = byId("progress").hidden = !is;
  if (!is) cancel = null;
}

function far(row) {
  byId("progress").max = row.total || 1;
  byId("progress").value = row.done;
  say(row.state === "working" ? `${row.done} of ${row.total} steps` : row.state);
}

async function answer() {
  const given = music();
  if (!given) return say("drop a MIDI file, or play some notes");
  busy(true);
  byId("progress").value = 0;
  try {
    const made = await madeOf(...[options()[0], given, options()[1]], far, (end) => { cancel = end; });
    heard(made);
    byId("save").href = URL.createObjectURL(made.midi);
    byId("save").download = "chorale.mid";
    byId("save").hidden = false;
    byId("again").textContent = made.summary.again;
    say(made.summary.notices.join("; ") || "here it is");
  } catch (fault) {
    say(fault instanceof Refused ? fault.message : "the service does not answer: is chorale serve running?");
  }
  return busy(false);
}

function hear() {
  player ??= new Player();
  if (player.playing) player.stop(secondsOf(START));
  else player.play();
  byId("play").textContent = player.playing ? "Stop" : "Play";
}

async function enter() {
  if (!tokenHere()) {
    byId("door").hidden = false;
    return;
  }
  try {
    const [models, styles] = await Promise.all(["models", "styles"].map(async (what) => (await asked("GET", `/v1/${what}`)).json()));
    byId("model").append(...models.filter((model) => model.kind !== "melody").map(({ name }) => new Option(name, name, false, name === "bach")));
    byId("style").append(...styles.map(({ name }) => new Option(name)));
  } catch (fault) {
    sessionStorage.removeItem(TOKEN_PLACE);
    byId("door").hidden = false;
    byId("door").querySelector("label").textContent = fault.message;
    return;
  }
  byId("door").hidden = true;
  byId("room").hidden = false;
}

keyboard();
byId("door").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN_PLACE, byId("token").value.trim());
  enter();
});
byId("file").addEventListener("change", (event) => event.target.files[0] && takeFile(event.target.files[0]));
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files[0]) takeFile(event.dataTransfer.files[0]);
  });
}
document.addEventListener("keydown", (event) => {
  const at = STROKES.indexOf(event.key.toLowerCase());
  if (at < 0 || event.repeat || event.ctrlKey || event.metaKey || event.altKey || /^(input|select)$/i.test(event.target.tagName)) return;
  strike(LOWEST + at);
});
byId("rest").addEventListener("click", () => { cursor += Number(byId("length").value); });
byId("back").addEventListener("click", () => {
  cursor = played.pop()?.start ?? 0;
  heard({ notes: played });
});
byId("clear").addEventListener("click", () => {
  played.length = cursor = 0;
  file = null;
  byId("file").value = "";
  heard({ notes: [] });
});
byId("ask").addEventListener("click", answer);
byId("cancel").addEventListener("click", () => cancel?.());
byId("play").addEventListener("click", hear);
setInterval(() => { if (player && !player.playing && byId("play").textContent === "Stop") byId("play").textContent = "Play"; }, 200);
enter();
