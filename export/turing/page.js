// The test itself. What is right is not known here.

const RESULT_FORMAT = "chorale-turing-result/1";
const SURENESS = [["Guessing", "g"], ["Fairly sure", "f"], ["Certain", "c"]];
const KEPT = `chorale-turing/${TEST.test}`; // the name in the browser's memory
const TRIAL_CHORD = [0, TEST.steps, 48, 3, 0, TEST.steps, 55, 2, 0, TEST.steps, 64, 1, 0, TEST.steps, 72, 0];

const byId = (id) => document.getElementById(id);
let ear = null; // the AudioContext, once something is to sound: browsers want a gesture first
let players = [];
let listener = null; // { seed, name, years, answers }
let isForgetful = false; // the browser keeps nothing for this page

// Numbers 0 … 1 that a seed decides (mulberry32).
function diceOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(list, dice) {
  const all = [...list];
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = Math.floor(dice() * (last + 1));
    [all[last], all[other]] = [all[other], all[last]];
  }
  return all;
}

// The trials as one listener hears them: those of one excerpt, then the pairs, each in an order of its own.
function trialsFor(seed) {
  const dice = diceOf(seed);
  const ordered = (many) => shuffled(TEST.trials.filter((trial) => trial.excerpts.length > 1 === many), dice);
  const mixed = (trial) => ({ ...trial, excerpts: shuffled(trial.excerpts, dice) });
  return [...ordered(false), ...ordered(true).map(mixed)];
}

// Sounds one excerpt, and stops, goes on and begins again.
class Player {
  constructor(notes, name, place) {
    this.name = name;
    this.plays = 0;
    this.offset = 0; // seconds from which it goes on
    this.source = null; // while it sounds
    const drawn = byId("player").content.cloneNode(true);
    [this.playButton, this.replayButton] = drawn.querySelectorAll("button");
    this.bar = drawn.querySelector("progress");
    drawn.querySelector("strong").textContent = name;
    drawn.querySelector("[role=group]").setAttribute("aria-label", name);
    this.playButton.addEventListener("click", () => this.toggle());
    this.replayButton.addEventListener("click", () => this.replay());
    place.append(drawn);
    this.show();
    this.ready = rendered(notes).then((buffer) => {
      this.buffer = buffer;
      this.playButton.disabled = this.replayButton.disabled = false;
    });
  }

  get position() {
    return this.source ? this.offset + ear.currentTime - this.since : this.offset;
  }

  play() {
    if (!this.buffer) return;
    players.forEach((player) => player.pause());
    ear ??= new AudioContext();
    ear.resume();
    if (this.offset === 0) this.plays += 1;
    this.source = new AudioBufferSourceNode(ear, { buffer: this.buffer });
    this.source.connect(ear.destination);
    this.source.onended = () => this.halt(0, "has ended");
    this.since = ear.currentTime;
    this.source.start(0, this.offset);
    this.show();
    say(`${this.name} is playing`);
    allowNext();
  }

  pause() {
    if (this.source) this.halt(this.position, "is paused");
  }

  halt(offset, what) {
    this.source.onended = null;
    this.source.stop();
    this.source = null;
    this.offset = offset < this.buffer.duration ? offset : 0;
    this.show();
    say(`${this.name} ${what}`);
  }

  toggle() {
    if (this.source) this.pause();
    else this.play();
  }

  replay() {
    this.pause();
    this.offset = 0;
    this.play();
  }

  show() {
    this.playButton.textContent = this.source ? "Pause" : "Play";
    this.playButton.setAttribute("aria-label", `${this.playButton.textContent} ${this.name}`);
    this.replayButton.setAttribute("aria-label", `${this.name} from the beginning`);
    this.bar.value = this.buffer ? Math.min(this.position / this.buffer.duration, 1) : 0;
    if (this.source) requestAnimationFrame(() => this.show());
  }
}

function say(text) {
  byId("said").textContent = text;
}

function show(section) {
  for (const name of ["welcome", "trial", "end"]) byId(name).hidden = name !== section;
  window.scrollTo(0, 0);
}

// A row of radio buttons, each with the key that chooses it.
function addChoices(place, group, choices) {
  place.querySelectorAll("label").forEach((label) => label.remove());
  for (const { value, text, key } of choices) {
    const label = document.createElement("label");
    const button = Object.assign(document.createElement("input"), { type: "radio", name: group, value });
    button.dataset.key = key;
    button.addEventListener("change", allowNext);
    label.append(button, ` ${text}`);
    place.append(label);
  }
}

function chosen(group) {
  return document.querySelector(`input[name=${group}]:checked`)?.value ?? null;
}

function allowNext() {
  const heard = players.length > 0 && players.every((player) => player.plays > 0);
  byId("next").disabled = !(heard && chosen("said") && chosen("sure"));
}

function hush() {
  players.forEach((player) => player.pause());
}

function showTrial() {
  const trials = trialsFor(listener.seed);
  const number = listener.answers.length;
  if (number >= trials.length) {
    showEnd();
    return;
  }
  hush();
  const { excerpts } = trials[number];
  const isPair = excerpts.length > 1;
  byId("where").textContent = `Question ${number + 1} of ${trials.length}`;
  Object.assign(byId("done"), { max: trials.length, value: number });
  byId("question").textContent = isPair ? "One tune, twice. Which is Bach’s?" : "Is this Bach’s, or the program’s?";
  const names = isPair ? ["Excerpt A", "Excerpt B"] : ["The excerpt"];
  byId("players").replaceChildren();
  players = excerpts.map(({ notes }, at) => new Player(notes, names[at], byId("players")));
  const choices = isPair
    ? excerpts.map(({ id }, at) => ({ value: id, text: `${names[at]} is Bach’s`, key: `${at + 1}` }))
    : [{ value: "bach", text: "Bach", key: "1" }, { value: "program", text: "The program", key: "2" }];
  addChoices(byId("choices"), "said", choices);
  addChoices(byId("sureness"), "sure", SURENESS.map(([text, key], at) => ({ value: at + 1, text, key })));
  byId("known").checked = false;
  byId("keys").textContent =
    `Keys: ${isPair ? "A and B play or pause" : "P plays or pauses, R from the beginning"}; 1 and 2 answer;` +
    " G, F and C say how sure you are; K that you know it; Enter goes on.";
  allowNext();
  show("trial");
  say(isForgetful ? "This browser does not remember how far you are: please finish in one go." : "");
  byId("question").focus();
}

function answer() {
  const plays = players.reduce((sum, player) => sum + player.plays, 0);
  const { id } = trialsFor(listener.seed)[listener.answers.length];
  const [said, sure, known] = [chosen("said"), Number(chosen("sure")), byId("known").checked];
  listener.answers.push({ id, said, sure, known, plays });
  remember();
  showTrial();
}

function resultText() {
  const { name, years, seed, answers } = listener;
  return JSON.stringify({ format: RESULT_FORMAT, test: TEST.test, listener: { name, years }, seed, answers }, null, 1);
}

function fileName() {
  return `turing-${listener.seed.toString(16).padStart(8, "0")}.json`;
}

function showEnd() {
  hush();
  players = [];
  const left = TEST.trials.length - listener.answers.length;
  byId("answered").textContent =
    `You have answered ${listener.answers.length} of ${TEST.trials.length} questions. Please save your answers.`;
  byId("result").value = resultText();
  byId("back").hidden = left === 0;
  byId("save").disabled = listener.answers.length === 0;
  show("end");
  say("");
  byId("thanks").focus();
}

function save() {
  const address = URL.createObjectURL(new Blob([resultText()], { type: "application/json" }));
  Object.assign(document.createElement("a"), { href: address, download: fileName() }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  say(`Saved as ${fileName()}, where your downloads go.`);
}

// The browser's memory may be closed to pages from disk, or full; the test goes on without it.
function remember() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(listener));
  } catch {
    isForgetful = true;
  }
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function forget() {
  try {
    localStorage.removeItem(KEPT);
  } catch {
    // there was nothing to forget
  }
}

function start() {
  const years = byId("years").value === "" ? null : Math.round(Number(byId("years").value));
  listener ??= { seed: crypto.getRandomValues(new Uint32Array(1))[0], answers: [] };
  listener.name = byId("name").value.trim();
  listener.years = years >= 0 && years <= 99 ? years : null;
  remember();
  showTrial();
}

function welcome() {
  listener = remembered();
  players = [];
  const singles = TEST.trials.filter((trial) => trial.excerpts.length === 1).length;
  byId("about-singles").hidden = singles === 0;
  byId("about-pairs").hidden = singles === TEST.trials.length;
  byId("how-many").textContent = TEST.trials.reduce((sum, trial) => sum + trial.excerpts.length, 0);
  byId("name").value = listener?.name ?? "";
  byId("years").value = listener?.years ?? "";
  byId("start").textContent = listener ? "Go on where you were" : "Start";
  show("welcome");
}

async function trySound() {
  hush();
  const chord = new Player(TRIAL_CHORD, "A chord", document.createElement("div"));
  players = [chord];
  await chord.ready;
  if (players.includes(chord)) chord.play();
}

function onKey(event) {
  if (byId("trial").hidden || event.ctrlKey || event.altKey || event.metaKey) return;
  const key = event.key.toLowerCase();
  const radio = document.querySelector(`input[data-key="${CSS.escape(key)}"]`);
  const player = players[["a", "b"].indexOf(key)] ?? (key === "p" && players.length === 1 ? players[0] : null);
  if (radio) radio.click();
  else if (player) player.toggle();
  else if (key === "r" && players.length === 1) players[0].replay();
  else if (key === "k") byId("known").click();
  else if (key === "enter" && event.target.tagName !== "BUTTON") byId("next").click();
}

for (const [id, does] of Object.entries({ start, next: answer, stop: showEnd, back: showTrial, save, try: trySound })) {
  byId(id).addEventListener("click", does);
}
byId("anew").addEventListener("click", () => {
  if (!window.confirm("Forget these answers, for another listener?")) return;
  forget();
  welcome();
});
document.addEventListener("keydown", onKey);
welcome();
