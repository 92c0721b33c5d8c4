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

// The tones of a pitch, without the ranks that are above what the sample rate can hold.
function pipesOf(context, pitch) {
  return ORGAN.ranks.map((rank) => pipeOf(context, rank, pitch)).filter(({ hz }) => hz < ORGAN.sampleRate / 2);
}

// Where each voice stands: four inputs, of which each goes left and right as its place is.
function choirOf(context, out = context.destination) {
  const sides = context.createChannelMerger(2);
  sides.connect(out);
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
