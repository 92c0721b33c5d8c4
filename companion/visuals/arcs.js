// The whole piece as a line, with arcs back to what it is like: one for each run of frames that look back as far.

const [ARCS_WIDTH, ARCS_HEIGHT, LINE_HEIGHT] = [1000, 90, 30];

// [{from, to, back, weight}] in frames: from..to look at what lies "back" frames before them.
function runsOfLooks() {
  const [runs, open] = [[], new Map()];
  SHOWN.frames.forEach(([, looks], at) => {
    for (const [then, weight] of looks) {
      const run = open.get(at - then);
      if (run && run.to === at - 1) {
        run.to = at;
        run.weight = Math.max(run.weight, weight / ONE);
      } else {
        const begun = { from: at, to: at, back: at - then, weight: weight / ONE };
        open.set(at - then, begun);
        runs.push(begun);
      }
    }
  });
  return runs.filter((run) => run.back >= 4);
}

function drawArc(svg, run, x) {
  const tick = (frame) => SHOWN.frames[frame]?.[0] ?? END;
  const [outer, inner] = [[x(tick(run.from - run.back)), x(tick(run.to + 1))], [x(tick(run.to + 1 - run.back)), x(tick(run.from))]];
  const height = ARCS_HEIGHT - LINE_HEIGHT;
  const rise = (span) => Math.min(Math.abs(span[1] - span[0]) / 2, height - 3).toFixed(1);
  const half = (span) => Math.abs(span[1] - span[0]) / 2;
  const d = `M${outer[0]} ${height}A${half(outer)} ${rise(outer)} 0 0 1 ${outer[1]} ${height}L${inner[1]} ${height}`
    + `A${half(inner)} ${rise(inner)} 0 0 ${inner[0] < inner[1] ? 0 : 1} ${inner[0]} ${height}Z`;
  run.arc = svg.appendChild(drawn("path", { class: "arc", d, opacity: (0.3 + 0.7 * run.weight).toFixed(2) }));
}

const RUNS = runsOfLooks();

function drawArcs() {
  byId("before").hidden = !RUNS.length;
  if (!RUNS.length) return;
  const svg = drawn("svg", { viewBox: `0 0 ${ARCS_WIDTH} ${ARCS_HEIGHT}`, "aria-hidden": "true" });
  const x = (tick) => ((tick - START) / (END - START)) * ARCS_WIDTH;
  for (const run of RUNS) drawArc(svg, run, x);
  for (const note of NOTES) {
    const y = ARCS_HEIGHT - LINE_HEIGHT + 2 + ((HIGH - note.pitch) / (HIGH - LOW)) * (LINE_HEIGHT - 4);
    svg.append(drawn("rect", { class: `v${note.voice}`, stroke: "none", x: x(note.start), y, width: Math.max(x(note.end) - x(note.start) - 0.5, 0.5), height: 1.6 }));
  }
  byId("arcs").append(svg);
}

function markArcs(note) {
  const frame = note?.drawn && !note.drawn.given ? note.drawn.frame : -1;
  for (const run of RUNS) run.arc.classList.toggle("chosen", run.from <= frame && frame <= run.to);
}
