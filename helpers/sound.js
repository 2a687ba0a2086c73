/* The sound of a picture, on the clock of the sound card. Explained in notebooks/00-start-here.ipynb.

Where samples come from is one thing: `Asked` gets them from Python, block by block; `Decoded` has a whole file. How they
are played is another: `Deck` hands them to the sound card in time, and knows which moment is heard now. */

// Each player gets its own copy of this module, so what players share belongs to the page.
const page = (globalThis[Symbol.for("music-you-can-see")] ??= newPage());

function newPage() {
  const page = { sources: new Map(), contexts: new Map(), sounding: null };
  // Only one page of a browser sounds at a time.
  page.channel = globalThis.BroadcastChannel && new BroadcastChannel("music-you-can-see");
  page.channel?.addEventListener("message", () => page.sounding?.play(false));
  return page;
}

const BLOCK = 1 / 8; // seconds of sound in a block
const MOST_BYTES = 24e6; // bytes of sound that a page keeps of a piece
const UNDER_WAY = 6; // questions that may wait for an answer: a long line carries no more, and a click waits for them
const LARGEST = 8; // blocks in an answer, at most
const FETCHED = 20; // seconds that are fetched in advance: Python may be busy for so long
const HANDED = 2.5; // seconds that the sound card has in advance: a page in the background wakes once a second
const SAFE = 0.5; // seconds that must be there before sound goes on after it had to wait
const ENOUGH = 0.06; // seconds that must be there before it begins: what is behind them may come a little later
const SLOW = 0.375; // seconds that must be there before it begins over a slow line
const FADE = 0.005; // seconds in which sound comes and goes, so that it does not click
const LEAD = 0.025; // seconds until sound begins: what a page knows of the sound card's clock is a little old
const IDLE = 30000; // milliseconds of silence after which the sound card may sleep
const GONE = 3000; // milliseconds without an answer after which Python may be gone

/** The bytes of a trait: they arrive as a view on a larger buffer. */
const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** The sound card at a sample rate of its own, so that blocks follow each other without a seam. */
function contextOf(rate) {
  if (!page.contexts.has(rate)) {
    let context;
    try {
      context = new AudioContext({ sampleRate: rate });
    } catch {
      context = new AudioContext(); // A rate that this browser does not have.
    }
    page.contexts.set(rate, context);
  }
  return page.contexts.get(rate);
}

/** Let a sound card run, for a while. */
function rouse(context) {
  if (context.state !== "running") context.resume().catch(() => {});
  rest(context);
}

/** Let it sleep if nothing sounds for long. */
function rest(context) {
  clearTimeout(context.idle);
  context.idle = setTimeout(() => context.suspend(), IDLE);
}

/** The second of its clock that leaves the loudspeaker now; Bluetooth may be a quarter of a second behind. */
function heardNow(context) {
  const { contextTime, performanceTime } = context.getOutputTimestamp?.() ?? {};
  if (!(performanceTime > 0)) return context.currentTime - (context.outputLatency || 0);
  return Math.min(context.currentTime, contextTime + (performance.now() - performanceTime) / 1000);
}

/** Samples that Python sends when it is asked for them. */
class Asked {
  constructor({ key, rate, channels, frames }) {
    Object.assign(this, { key, rate, channels, frames });
    this.size = Math.ceil(rate * BLOCK);
    this.most = Math.max(2, Math.floor(MOST_BYTES / (2 * channels * this.size)));
    this.blocks = new Map(); // int16, interleaved; those used last stand last
    this.waiting = new Map(); // first block asked for → how many, by whom, and when
    this.users = new Set();
    this.largest = 1;
  }

  /** What there is to say if samples are late. */
  get late() {
    return "Python does not answer. If it is busy, the sound will come; if it is gone, run this cell to hear it.";
  }

  /** `n` frames from `at` on, an array a channel; null if some of them are not here yet. */
  read(at, n) {
    const { size, channels } = this;
    for (let i = Math.floor(at / size); i * size < at + n; i++) if (!this.blocks.has(i)) return null;
    const out = Array.from({ length: channels }, () => new Float32Array(n));
    for (let i = Math.floor(at / size); i * size < at + n; i++) {
      const block = this.blocks.get(i);
      this.blocks.delete(i);
      this.blocks.set(i, block);
      const [begin, end] = [Math.max(at, i * size), Math.min(at + n, (i + 1) * size)];
      for (let c = 0; c < channels; c++) {
        for (let f = begin, s = (begin - i * size) * channels + c; f < end; f++, s += channels) {
          out[c][f - at] = block[s] / 32768;
        }
      }
    }
    return out;
  }

  /** Ask for what is missing between two frames; the first block even if many questions are under way. */
  want(from, to, user) {
    const now = performance.now();
    for (const [first, { since }] of this.waiting) if (now - since > 2 * GONE) this.waiting.delete(first);
    const coming = (i) => [...this.waiting].some(([first, { n }]) => first <= i && i < first + n);
    const begin = Math.floor(from / this.size);
    const end = Math.min(Math.ceil(Math.min(to, this.frames) / this.size), begin + (this.most >> 1));
    for (let i = begin; i < end; i++) {
      if (this.blocks.has(i) || coming(i)) continue;
      if (this.waiting.size >= UNDER_WAY && i > begin) return;
      // What is needed at once comes alone, and so sooner.
      const largest = i === begin ? 1 : this.largest;
      let n = 1;
      while (n < largest && i + n < end && !this.blocks.has(i + n) && !coming(i + n)) n++;
      this.waiting.set(i, { n, user, since: now });
      user.ask({ sound: this.key, at: i * this.size, frames: n * this.size });
    }
  }

  receive(message, buffer) {
    const first = message.at / this.size;
    const samples = new Int16Array(bytes(buffer).slice().buffer);
    const length = this.size * this.channels;
    for (let i = 0; i * length < samples.length; i++) {
      this.blocks.set(first + i, samples.slice(i * length, (i + 1) * length));
    }
    for (const oldest of this.blocks.keys()) {
      if (this.blocks.size <= this.most) break;
      this.blocks.delete(oldest);
    }
    const question = this.waiting.get(first);
    this.waiting.delete(first);
    // A fast answer may be larger next time; over a slow line, a large one would be in the way of a click.
    const took = question ? performance.now() - question.since : Infinity;
    this.slow = took > 200;
    if (took < 60) this.largest = Math.min(LARGEST, 2 * this.largest);
    else if (this.slow) this.largest = 1;
    for (const user of this.users) user.arrived();
  }

  /** Forget the questions of a user: there will be no answer. */
  leave(user) {
    this.users.delete(user);
    for (const [first, question] of this.waiting) if (question.user === user) this.waiting.delete(first);
    if (!this.users.size) page.sources.delete(this.key);
  }
}

/** Samples of an audio file: its bytes, or the address where they are. */
class Decoded {
  constructor({ key, rate, channels, frames }, file) {
    Object.assign(this, { key, rate, channels, frames, file });
    this.size = Math.ceil(rate * BLOCK);
    this.users = new Set();
  }

  get late() {
    return "The sound is large and the line is slow: it will come.";
  }

  read(at, n) {
    if (!this.sound) return null;
    return Array.from({ length: this.channels }, (_, c) => {
      const out = new Float32Array(n);
      out.set(this.sound.getChannelData(Math.min(c, this.sound.numberOfChannels - 1)).subarray(at, at + n));
      return out;
    });
  }

  want() {
    this.loading ??= this.load();
  }

  async load() {
    try {
      const file = typeof this.file === "function" ? await this.file() : this.file;
      const data = typeof file === "string" ? await (await fetch(file)).arrayBuffer() : bytes(file).slice().buffer;
      this.sound = await contextOf(this.rate).decodeAudioData(data);
    } catch {
      this.loading = null; // The next click tries again.
      for (const user of this.users) {
        user.play(false);
        user.say("The sound cannot be loaded.");
      }
    }
    for (const user of this.users) user.arrived();
  }

  receive() {}

  leave(user) {
    this.users.delete(user);
    if (!this.users.size) page.sources.delete(this.key);
  }
}

/** The source of a piece, which all its players on a page share. */
function sourceOf(sound, file, user) {
  if (!page.sources.has(sound.key)) page.sources.set(sound.key, file ? new Decoded(sound, file) : new Asked(sound));
  const source = page.sources.get(sound.key);
  source.users.add(user);
  return source;
}

/** Plays stretches of a source one after the other, the last of them again and again if it is a loop. */
class Deck {
  constructor(user) {
    this.user = user;
    this.run = null;
    this.loudness = 1;
  }

  get playing() {
    return this.run !== null;
  }

  /** How long there has been nothing to play, in milliseconds. */
  get waited() {
    return this.run?.starved ? performance.now() - this.run.starved : 0;
  }

  /** The second that is heard now. */
  get position() {
    const { pieces, begin, source, context } = this.run;
    const t = heardNow(context);
    const piece = pieces.findLast(({ when }) => when <= t) ?? pieces[0];
    if (!piece) return begin / source.rate;
    return (piece.at + Math.min(Math.max(0, (t - piece.when) * source.rate), piece.n)) / source.rate;
  }

  /** Play stretches [from, to] in seconds; `again` repeats the last one. `band` lets only frequencies [low, high] through. */
  start(source, stretches, again = false, band = null) {
    this.stop();
    const context = contextOf(source.rate);
    const legs = stretches.map((ends) => ends.map((t) => Math.min(source.frames, Math.round(t * source.rate))));
    const gain = context.createGain();
    const out = context.createGain();
    out.gain.value = this.loudness;
    [gain, ...filters(context, band), out, context.destination].reduce((from, to) => from.connect(to));
    const begin = legs[0][0];
    this.run = { source, context, legs, again, gain, out, begin, head: begin, leg: 0, base: null, count: 0, pieces: [] };
    this.run.began = performance.now();
    rouse(context);
    clearTimeout(context.idle);
    this.timer = setInterval(() => {
      this.pump();
      this.user.tick();
    }, 100);
    this.pump();
  }

  stop() {
    if (!this.run) return;
    const { context, gain, out, pieces } = this.run;
    const now = context.currentTime;
    gain.gain.setValueAtTime(1, now);
    gain.gain.linearRampToValueAtTime(0, now + FADE);
    for (const { node } of pieces) node.stop(now + 2 * FADE);
    setTimeout(() => out.disconnect(), 200);
    clearInterval(this.timer);
    rest(context);
    this.run = null;
  }

  get volume() {
    return this.loudness;
  }

  set volume(loudness) {
    this.loudness = loudness;
    this.run?.out.gain.setTargetAtTime(loudness, this.run.context.currentTime, FADE);
  }

  /** Hand the sound card what comes next. */
  pump() {
    const { run } = this;
    if (!run) return;
    const { source, context } = run;
    const { rate } = source;
    // Before its clock runs, nobody knows when anything would be heard.
    const runs = context.state === "running" && context.currentTime > 0;
    // A seek is often followed by the next: at first only a little is handed over.
    const handed = Math.min(HANDED, 0.3 + (performance.now() - run.began) / 1000);
    while (!this.finished()) {
      const next = run.base === null ? null : run.base + run.count / rate;
      if (next > context.currentTime + handed) break;
      const to = run.legs[run.leg][1];
      const n = Math.min(source.size - (run.head % source.size), to - run.head);
      const ends = run.head + n === to;
      const follows = ends && (run.again || run.leg + 1 < run.legs.length);
      // What follows fades in while the music goes on for a moment and fades out.
      const tail = follows ? Math.min(Math.round(FADE * rate), source.frames - to) : 0;
      const late = next === null || next < context.currentTime + FADE;
      const safe = (run.starved && (run.pieces.length ? SAFE : source.slow && SLOW)) || ENOUGH;
      const enough = Math.max(n + tail, Math.min(Math.round(safe * rate), to - run.head));
      const samples = (!late || source.read(run.head, enough)) && source.read(run.head, n + tail);
      if (!samples) {
        if (late) run.starved ??= performance.now();
        break;
      }
      if (late && !runs) {
        run.retry ??= setTimeout(() => {
          run.retry = null;
          this.pump();
        }, 5);
        break;
      }
      if (late) {
        const lead = LEAD + (context.baseLatency || 0);
        run.base = Math.ceil((context.currentTime + lead) * context.sampleRate) / context.sampleRate;
        run.count = 0;
        run.fresh = true;
        run.starved = null;
      }
      const fade = Math.min(Math.round(FADE * rate), n);
      for (const channel of samples) {
        if (run.fresh) for (let i = 0; i < fade; i++) channel[i] *= i / fade;
        if (tail) for (let i = 0; i < tail; i++) channel[n + i] *= 1 - i / tail;
        else if (ends && to < source.frames) for (let i = 0; i < fade; i++) channel[n - 1 - i] *= i / fade;
      }
      const buffer = context.createBuffer(samples.length, n + tail, rate);
      samples.forEach((channel, c) => buffer.copyToChannel(channel, c));
      const node = new AudioBufferSourceNode(context, { buffer });
      node.connect(run.gain);
      const when = run.base + run.count / rate;
      node.start(when);
      run.pieces.push({ when, at: run.head, n, node });
      run.fresh = false;
      run.count += n;
      run.head += n;
    }
    const old = heardNow(context) - 1;
    while (run.pieces.length > 1 && run.pieces[1].when < old) run.pieces.shift();
    if (run.leg < run.legs.length) {
      source.want(run.head, run.head + FETCHED * rate, this.user);
      // The beginning of what follows must be there when its time comes.
      const after = run.legs[run.leg + 1] ?? (run.again ? run.legs[run.leg] : null);
      if (after && run.head + FETCHED * rate > run.legs[run.leg][1]) source.want(after[0], after[0] + rate, this.user);
    } else {
      const { when, n } = run.pieces.at(-1) ?? { when: 0, n: 0 };
      if (heardNow(context) >= when + n / rate) this.user.ended();
    }
  }

  /** Go on to the next stretch if one is at its end; true if it was the last. */
  finished() {
    const { run } = this;
    while (run.leg < run.legs.length && run.head >= run.legs[run.leg][1]) {
      if (!run.again || run.leg + 1 < run.legs.length) run.leg++;
      if (run.leg < run.legs.length) {
        run.head = run.legs[run.leg][0];
        run.fresh = true;
        if (run.legs[run.leg][1] <= run.head) run.again = false;
      }
    }
    return run.leg >= run.legs.length;
  }
}

/** Filters that let a band of frequencies through: two band-passes in a row, −3 dB at its edges. */
function filters(context, band) {
  if (!band) return [];
  const [low, high] = [Math.max(10, band[0]), Math.min(band[1], 0.499 * context.sampleRate)];
  const frequency = Math.sqrt(low * high);
  // Two equal band-passes together are narrower than each: by √(√2 − 1).
  const Q = (Math.sqrt(Math.SQRT2 - 1) * frequency) / Math.max(1, high - low);
  return [0, 1].map(() => new BiquadFilterNode(context, { type: "bandpass", frequency, Q }));
}
