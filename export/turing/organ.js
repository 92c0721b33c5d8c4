// The companion's organ, companion/audio/organ.py: its pipes, touch and room, from the same numbers (ORGAN).

const SINE_SQUARED = Float32Array.from({ length: 129 }, (_, at) => Math.sin((Math.PI / 2) * (at / 128)) ** 2);
const RISE = SINE_SQUARED;
const FALL = SINE_SQUARED.slice().reverse();
const RING = 4096; // samples that a delay line keeps; a power of two above every delay

// The tone of one rank of pipes at one pitch: softened above a brightness, without what no sample rate can hold.
function pipeOf(context, rank, pitch) {
  const hz = rank.ratio * 440 * 2 ** ((pitch - 69) / 12);
  const sines = rank.harmonics.map((amplitude, at) => {
    const harmonicHz = hz * (at + 1);
    return harmonicHz < ORGAN.sampleRate / 2 ? amplitude / (1 + (harmonicHz / ORGAN.brightnessHz) ** 2) : 0;
  });
  const silent = new Float32Array(sines.length + 1);
  const wave = context.createPeriodicWave(silent, Float32Array.from([0, ...sines]), { disableNormalization: true });
  return { hz, wave };
}

// Where each voice stands: four inputs, of which each goes left and right as its place is.
function choirOf(context) {
  const sides = context.createChannelMerger(2);
  sides.connect(context.destination);
  return ORGAN.pans.map((pan) => {
    const voice = context.createGain();
    pan.forEach((gain, side) => {
      const way = context.createGain();
      way.gain.value = gain * ORGAN.level;
      voice.connect(way).connect(sides, 0, side);
    });
    return voice;
  });
}

// One note in the graph, all its pipes.
function press(context, pipes, start, end, voice) {
  const touch = context.createGain();
  touch.gain.value = 0;
  touch.gain.setValueCurveAtTime(RISE, start, ORGAN.attackSeconds);
  touch.gain.setValueCurveAtTime(FALL, end, ORGAN.releaseSeconds);
  touch.connect(voice);
  for (const { hz, wave } of pipes) {
    const pipe = context.createOscillator();
    pipe.setPeriodicWave(wave);
    pipe.frequency.value = hz;
    pipe.connect(touch);
    pipe.start(start);
    pipe.stop(end + ORGAN.releaseSeconds);
  }
}

// Adds the echoes to both sides: eight delay lines that feed each other.
function addRoom(left, right) {
  const { delays, decaySeconds, wet, damping } = ORGAN.room;
  const gains = delays.map((delay) => 10 ** ((-3 * delay) / (decaySeconds * ORGAN.sampleRate)));
  const lines = delays.map(() => new Float32Array(RING));
  const echoes = new Float32Array(delays.length);
  for (let at = 0; at < left.length; at += 1) {
    let sum = 0;
    for (let line = 0; line < lines.length; line += 1) {
      const late = lines[line][(at - delays[line]) & (RING - 1)];
      const later = lines[line][(at - delays[line] - 1) & (RING - 1)];
      echoes[line] = late + damping * (later - late);
      sum += echoes[line];
    }
    const sides = [left[at], right[at]];
    for (let line = 0; line < lines.length; line += 1) {
      const fed = gains[line] * (echoes[line] - (sum * 2) / lines.length);
      lines[line][at & (RING - 1)] = fed + sides[line % 2];
      const heard = wet * (line % 4 < 2 ? echoes[line] : -echoes[line]);
      if (line % 2) right[at] += heard;
      else left[at] += heard;
    }
  }
}

// Fades the last beat out, so that no cut is heard, and makes every excerpt equally loud.
function finish(left, right, fadeSamples) {
  const first = left.length - fadeSamples;
  let power = 0;
  let peak = 0;
  for (let at = 0; at < left.length; at += 1) {
    const gain = at < first ? 1 : Math.cos((Math.PI / 2) * ((at - first) / (fadeSamples - 1))) ** 2;
    left[at] *= gain;
    right[at] *= gain;
    power += left[at] ** 2 + right[at] ** 2;
    peak = Math.max(peak, Math.abs(left[at]), Math.abs(right[at]));
  }
  const level = Math.min(ORGAN.loudness / Math.sqrt(power / (2 * left.length)), ORGAN.ceiling / peak);
  for (const side of [left, right]) for (let at = 0; at < side.length; at += 1) side[at] *= level;
}

// Notes (start, steps, pitch, voice, end to end) without the room: a promise of an AudioBuffer.
function played(notes) {
  const samples = Math.round(TEST.steps * TEST.stepSeconds * ORGAN.sampleRate);
  const context = new OfflineAudioContext(2, samples, ORGAN.sampleRate);
  const choir = choirOf(context);
  const ranks = new Map();
  for (let at = 0; at < notes.length; at += 4) {
    const [start, steps, pitch, voice] = notes.slice(at, at + 4);
    if (!ranks.has(pitch)) ranks.set(pitch, ORGAN.ranks.map((rank) => pipeOf(context, rank, pitch)));
    press(context, ranks.get(pitch), start * TEST.stepSeconds, (start + steps) * TEST.stepSeconds, choir[voice]);
  }
  return context.startRendering();
}

// The same as a listener hears it.
async function rendered(notes) {
  const buffer = await played(notes);
  const [left, right] = [buffer.getChannelData(0), buffer.getChannelData(1)];
  addRoom(left, right);
  finish(left, right, Math.round(TEST.beatSteps * TEST.stepSeconds * ORGAN.sampleRate));
  return buffer;
}
