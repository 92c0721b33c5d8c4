// What one note was drawn from, in words and as a table; all text from a file is text and nothing else.

const MOST_ROWS = 9;

function cell(row, text, className = "") {
  const made = row.insertCell();
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

const LEAST_SHARE = 0.001; // rarer pitches are in no trace

// The pitches of a note's choice, likeliest first by what the model said or what was left: [{pitch, said, left, took}].
// What neither was left nor went by a rule was too unlikely for the style, and is not shown.
function candidates({ raw, shares, taken }) {
  const rows = new Map();
  const of = (pitch) => rows.get(pitch) ?? rows.set(pitch, { pitch, said: 0, left: 0, took: 0 }).get(pitch);
  for (const { pitch, share } of raw) of(pitch).said = share;
  for (const { pitch, share } of shares) of(pitch).left = share;
  for (const { pitch, share } of taken) of(pitch).took = share;
  const counted = [...rows.values()].filter(({ left, took }) => left + took >= LEAST_SHARE);
  return counted.sort((one, other) => Math.max(other.left, other.said) - Math.max(one.left, one.said));
}

// A strip: full as far as it was likely when it was drawn, dashed as far as the rules took.
function strip({ left, took }) {
  const made = drawn("svg", { class: "strip", viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" });
  made.append(drawn("rect", { class: "left", x: 0, y: 1, width: 100 * left, height: 10 }));
  if (took > 0) made.append(drawn("rect", { class: "went", x: 100 * left, y: 1.5, width: Math.max(Math.min(100 * took, 100 - 100 * left), 0.5), height: 9 }));
  return made;
}

function fillTable(note) {
  const body = byId("shares").tBodies[0];
  body.replaceChildren();
  for (const one of candidates(note.drawn).slice(0, MOST_ROWS)) {
    const row = body.insertRow();
    if (one.pitch === note.pitch) row.className = "sung-row";
    cell(row, nameOf(one.pitch));
    const amount = document.createElement("span");
    amount.className = "amount";
    amount.textContent = percent(one.left);
    cell(row, "").append(amount, strip(one));
    cell(row, one.took > 0 ? `−${percent(one.took)}` : "");
  }
  byId("caption").textContent = note.drawn.given
    ? "What the model thought of it:"
    : "What it was drawn from; dashed is what the rules took:";
}

const titleOf = (note) => [`${VOICE_NAMES[note.voice]} ${nameOf(note.pitch)}`, placeOf(note.start)].filter(Boolean).join(" · ");

function wordsOf(note) {
  if (!note.drawn) return IS_TRACE ? "Nothing is known of this note." : "";
  if (note.drawn.given) return "Given: it was there before, and the model heard it.";
  return `The model's: it was ${percent(note.drawn.sureness)} sure of it by itself.`;
}

// For a screen reader: the note, and what was likely in its place.
function spoken(note) {
  if (!note.drawn) return titleOf(note);
  const others = candidates(note.drawn).filter((one) => one.pitch !== note.pitch && one.left >= 0.01).slice(0, 3);
  const named = others.map((one) => `${nameOf(one.pitch)} ${percent(one.left)}`);
  return [titleOf(note), wordsOf(note), named.length ? `Also likely: ${named.join(", ")}` : ""].filter(Boolean).join(". ");
}

function showNote(note) {
  byId("choice").hidden = false;
  byId("note").textContent = titleOf(note);
  byId("how").textContent = wordsOf(note);
  byId("shares").hidden = !note.drawn;
  if (note.drawn) fillTable(note);
  const places = markLooks(note).map(({ tick, weight }) => `${placeOf(tick)}${weight < 1 ? ` (${percent(weight)})` : ""}`);
  byId("looked").textContent = places.length ? `It was reminded of ${places.join("; ")}.` : "";
  markArcs(note);
}

// What the picture means, with a sign of each kind.
function showLegend() {
  const sign = (draw) => {
    const made = drawn("svg", { viewBox: "0 0 52 14", "aria-hidden": "true" });
    draw.forEach(([name, attributes]) => made.append(drawn(name, attributes)));
    return made;
  };
  const box = (voice, x, width, opacity = 1, more = "") =>
    ["rect", { class: `sung v${voice}${more}`, x, y: 3.5, width, height: 7, "fill-opacity": opacity }];
  const lines = [
    [[0, 1, 2, 3].map((voice) => box(voice, 1 + voice * 13, 11)), "A colour for each voice: soprano, alto, tenor, bass"],
  ];
  if (IS_TRACE) {
    lines.push([[box(1, 1, 14, 1), box(1, 19, 14, 0.5), box(1, 37, 14, 0.15)], "Deep: the model was sure of the note. Pale: it was not"]);
    lines.push([[["polygon", { class: "ghost v1", points: "1,2 51,7 1,12", opacity: 0.6 }]], "Wedges: notes it nearly sang instead"]);
    lines.push([[["polygon", { class: "ghost v1 forbidden", points: "1,2 51,7 1,12" }]], "Dashed: it wanted them, and the rules of part-writing took them away"]);
    if (NOTES.some((note) => note.drawn?.given)) lines.push([[box(0, 1, 50, 1, " given")], "Grey: given, not the model's"]);
    lines.push([[["path", { class: "doubt v1", d: "M1 12H12V4H26V9H38V12H51" }]], "Curves below: doubt; high where many notes would have done (entropy, 4 bits at the top)"]);
  }
  for (const [draw, text] of lines) {
    const item = document.createElement("li");
    const words = document.createElement("span");
    words.textContent = text;
    item.append(sign(draw), words);
    byId("signs").append(item);
  }
}
