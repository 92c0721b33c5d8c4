// An excerpt of the test (TEST) as a listener hears it, on the organ of companion/audio/organ.js.

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
    if (!ranks.has(pitch)) ranks.set(pitch, pipesOf(context, pitch));
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
