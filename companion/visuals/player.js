// The music played on the organ, at its own tempo or another.

const AHEAD_SECONDS = 1.5; // so far notes are handed to the sound card; more than a sleeping tab waits
const EVERY_MS = 200;
const START_SECONDS = 0.08; // from the click to the first note
const FADE_SECONDS = 0.03;

// When each note sounds, in seconds of the written tempo; it ends a little early before its own pitch is struck again.
function soundsOf(notes) {
  const before = new Map();
  return notes.map((note) => {
    const sound = { ...note, startSeconds: secondsOf(note.start), endSeconds: secondsOf(note.end) };
    sound.liftSeconds = sound.endSeconds;
    const last = before.get(`${note.voice} ${note.pitch}`);
    if (last) {
      const room = sound.startSeconds - last.startSeconds;
      last.liftSeconds = Math.min(last.endSeconds, sound.startSeconds - Math.min(ORGAN.liftSeconds, room / 3));
    }
    before.set(`${note.voice} ${note.pitch}`, sound);
    return sound;
  });
}

// The room of the organ as an impulse response: what goes left and right, of what comes from left and right.
function roomOf(context) {
  const samples = Math.round(ORGAN.room.decaySeconds * ORGAN.sampleRate);
  const response = context.createBuffer(4, samples, ORGAN.sampleRate);
  for (const side of [0, 1]) {
    const ears = [response.getChannelData(2 * side), response.getChannelData(2 * side + 1)];
    ears[side][0] = 1;
    addRoom(...ears);
  }
  const room = new ConvolverNode(context, { disableNormalization: true });
  room.buffer = response;
  return room;
}

class Player {
  constructor() {
    this.sounds = soundsOf(NOTES);
    this.end = secondsOf(END);
    this.position = secondsOf(START); // of the music, while it stands still
    this.speed = 1;
    this.muted = new Set();
    this.alone = new Set();
    this.scheduled = []; // what was handed over since it began to play
    this.timer = null;
  }

  get playing() {
    return this.timer !== null;
  }

  // Where the music is, in seconds of the written tempo.
  now() {
    if (!this.playing) return this.position;
    const gone = Math.max(this.context.currentTime - this.began, 0) * this.speed;
    return Math.min(this.position + gone, this.end);
  }

  play() {
    if (this.position >= this.end - 0.01) this.position = secondsOf(START);
    this.context ??= new AudioContext({ sampleRate: ORGAN.sampleRate });
    this.context.resume();
    this.room ??= roomOf(this.context);
    this.room.connect(this.context.destination);
    this.run = this.context.createGain();
    this.run.connect(this.room);
    this.choir = choirOf(this.context, this.run);
    this.choir.forEach((voice, number) => { voice.gain.value = this.sings(number) ? 1 : 0; });
    this.began = this.context.currentTime + START_SECONDS;
    this.next = 0;
    this.scheduled = [];
    this.timer = setInterval(() => this.tick(), EVERY_MS);
    this.tick();
  }

  tick() {
    if (this.now() >= this.end) return this.stop(secondsOf(START));
    return this.schedule(this.now() + AHEAD_SECONDS * this.speed);
  }

  // Hands over all notes that begin before a time of the music, and what sounds already where it begins.
  schedule(until) {
    for (; this.next < this.sounds.length && this.sounds[this.next].startSeconds < until; this.next += 1) {
      const sound = this.sounds[this.next];
      if (sound.liftSeconds <= this.position) continue;
      const start = Math.max(sound.startSeconds, this.position);
      const at = (seconds) => this.began + (seconds - this.position) / this.speed;
      const least = at(start) + ORGAN.attackSeconds + 0.001; // a curve may not begin inside another
      press(this.context, this.pipes(sound.pitch), at(start), Math.max(at(sound.liftSeconds), least), this.choir[sound.voice]);
      this.scheduled.push(sound);
    }
  }

  pipes(pitch) {
    this.ranks ??= new Map();
    if (!this.ranks.has(pitch)) this.ranks.set(pitch, pipesOf(this.context, pitch));
    return this.ranks.get(pitch);
  }

  // Stands still, here or elsewhere.
  stop(position = this.now()) {
    clearInterval(this.timer);
    this.timer = null;
    this.position = position;
    if (!this.run) return;
    const { run } = this;
    run.gain.setTargetAtTime(0, this.context.currentTime, FADE_SECONDS / 3);
    setTimeout(() => run.disconnect(), 10 * FADE_SECONDS * 1000);
  }

  // Goes on from elsewhere, or at another speed, if it was playing.
  move(position, speed = this.speed) {
    const goesOn = this.playing;
    this.stop(position);
    this.speed = speed;
    if (goesOn) this.play();
  }

  sings(voice) {
    return this.alone.size ? this.alone.has(voice) : !this.muted.has(voice);
  }

  // Mutes a voice or lets it sing alone, or takes that back.
  toggle(voices, voice) {
    if (!voices.delete(voice)) voices.add(voice);
    this.choir?.forEach((gain, number) => gain.gain.setTargetAtTime(this.sings(number) ? 1 : 0, this.context.currentTime, 0.01));
  }
}
