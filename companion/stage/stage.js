// The stage: draws as often as the screen shows, says chord and key, and obeys two keys.

const LEGEND_MS = 15000;
const IDLE_MS = 2000; // without a move the pointer goes
const byId = (name) => document.getElementById(name);
const shown = { frames: 0, position: 0, time: 0 }; // of the last picture: for whoever counts

function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

const NAMELESS_STEPS = 6; // what passes has no name: the last one stands so long
const named = { chord: "", position: 0 };

function chordAt(position) {
  if (jam.scene.chord) Object.assign(named, { chord: jam.scene.chord, position });
  return Math.abs(position - named.position) < NAMELESS_STEPS ? named.chord : "";
}

function show() {
  shown.time = jamTime();
  shown.position = draw(shown.time);
  shown.frames += 1;
  say(byId("chord"), chordAt(shown.position));
  say(byId("key"), jam.scene.key);
  requestAnimationFrame(show);
}

let legendTimer = 0;

function showLegend(wanted = true) {
  clearTimeout(legendTimer);
  byId("legend").classList.toggle("away", !wanted);
  if (wanted) legendTimer = setTimeout(() => showLegend(false), LEGEND_MS);
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "f") fullScreen();
  if (key === "h") showLegend(byId("legend").classList.contains("away"));
}

let idleTimer = 0;

function moved() {
  document.body.classList.remove("idle");
  clearTimeout(idleTimer);
  idleTimer = setTimeout(() => document.body.classList.add("idle"), IDLE_MS);
}

document.addEventListener("keydown", pressed);
document.addEventListener("dblclick", fullScreen);
document.addEventListener("pointermove", moved);
moved();
showLegend();
listen((there) => {
  byId("over").hidden = there;
});
show();
