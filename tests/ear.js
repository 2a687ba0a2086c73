// Records what leaves the audio graphs of a page, frame by frame, and when the reader pressed something.
(() => {
  const HELD = 10; // seconds that a delay line can keep until the recorder is ready
  const SETTLE = 0.2; // seconds without a gap after which the recorder counts as ready
  const EARLY = 1; // seconds that the delayed sound is later than need be, so that the recorder is told in time
  const CHUNK = 0.05; // seconds
  const AUDIBLE = 1e-4;
  const { connect, disconnect } = AudioNode.prototype;
  const taps = new Map();
  const ears = (globalThis.ears = { listeners: [], events: [], audible: 0 });

  // A recorder misses what was played before it was ready, and sometimes a few frames when the computer is busy. It hears
  // these a moment later, out of a delay line.
  const RECORDER = `registerProcessor("ear", class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.missed = [];
      this.port.onmessage = ({ data }) => { this.held = data; };
    }
    process([delayed, present], [output]) {
      const n = output[0].length;
      if (this.expected === undefined) this.port.postMessage({}); // the first message takes long
      // Chromium sometimes forgets to count for a few calls, and catches up afterwards.
      const frame = Math.max(currentFrame, this.expected ?? 0);
      if (frame !== this.expected) {
        if (this.ready) this.miss(this.expected, frame);
        else this.since = frame;
      }
      if (!this.ready && frame - this.since >= ${SETTLE} * sampleRate) {
        this.ready = true;
        this.miss(-Infinity, frame);
      }
      if (this.ready) this.now = this.note(this.now, frame, present, n);
      this.expected = frame + n;
      const past = frame - this.held;
      const [from, to] = this.missed[0] ?? [];
      if (past >= from && past < to) this.past = this.note(this.past, past, delayed, n);
      if (past + n >= to) {
        if (this.past) this.past = this.send(this.past);
        this.missed.shift();
        this.port.postMessage({ missed: this.missed.length });
      }
      return true;
    }
    miss(...range) {
      this.missed.push(range);
      this.port.postMessage({ missed: this.missed.length });
    }
    note(chunk, first, channels, n) {
      if (chunk && (chunk.filled + n > chunk.data[0].length || chunk.first + chunk.filled !== first)) chunk = this.send(chunk);
      const size = 128 * Math.ceil(${CHUNK} * sampleRate / 128);
      chunk ??= { first, filled: 0, data: [0, 1].map(() => new Float32Array(size)) };
      for (const c of [0, 1]) {
        const channel = channels[Math.min(c, channels.length - 1)];
        if (channel) chunk.data[c].set(channel, chunk.filled);
      }
      chunk.filled += n;
      return chunk;
    }
    send({ first, filled, data }) {
      this.port.postMessage({ first, data: data.map((channel) => channel.slice(0, filled)) });
      return null;
    }
  });`;
  // A page that was opened from a disk may load no blob here.
  const address = `data:text/javascript,${encodeURIComponent(RECORDER)}`;

  /** The node that hears what goes to the destination of a context. */
  function tapOf(context) {
    if (taps.has(context)) return taps.get(context);
    const stereo = { channelCount: 2, channelCountMode: "explicit" };
    const [tap, silence] = [new GainNode(context, stereo), new GainNode(context, { gain: 0 })];
    const delay = new DelayNode(context, { maxDelayTime: HELD, ...stereo });
    taps.set(context, tap);
    connect.call(tap, delay);
    connect.call(delay, silence);
    connect.call(silence, context.destination);
    const rate = context.sampleRate;
    const began = Math.round(context.currentTime * rate);
    const one = { context, rate, since: began, first: Infinity, chunks: [], clock: [], missed: Infinity, problem: "" };
    ears.listeners.push(one);
    setInterval(() => {
      if (context.state !== "running") return;
      const { contextTime, performanceTime } = context.getOutputTimestamp();
      one.clock.push([context.currentTime, performance.now(), contextTime, performanceTime]);
    }, 10);
    record(one, tap, delay, silence).catch((error) => { one.problem = String(error); });
    return tap;
  }

  async function record(one, tap, delay, silence) {
    const { context, rate, since: began } = one;
    await context.audioWorklet.addModule(address);
    const recorder = new AudioWorkletNode(context, "ear", { numberOfInputs: 2, channelCount: 2, channelCountMode: "explicit" });
    recorder.onprocessorerror = () => { one.problem = "the recorder stopped"; };
    recorder.port.onmessage = ({ data }) => {
      if (data.missed !== undefined) {
        if (one.missed === Infinity) {
          const held = 128 * Math.ceil((context.currentTime * rate - began + EARLY * rate) / 128);
          if (held > HELD * rate) one.problem = "the recorder was not ready in time";
          delay.delayTime.value = held / rate;
          recorder.port.postMessage(held);
        } else if (!data.missed && one.first > began) one.problem = "its beginning was lost";
        one.missed = data.missed;
      }
      if (!data.data) return;
      one.first = Math.min(one.first, data.first);
      if (data.first + data.data[0].length <= one.since) return;
      one.chunks.push(data);
      if (data.data.some((channel) => channel.some((sample) => Math.abs(sample) > AUDIBLE))) ears.audible += CHUNK;
    };
    connect.call(delay, recorder, 0, 0);
    connect.call(tap, recorder, 0, 1);
    connect.call(recorder, silence);
  }

  const leaves = (to) => to instanceof AudioDestinationNode && to.context instanceof AudioContext;

  AudioNode.prototype.connect = function (to, output = 0, ...rest) {
    if (leaves(to)) connect.call(this, tapOf(to.context), output);
    return connect.call(this, to, output, ...rest);
  };
  AudioNode.prototype.disconnect = function (...given) {
    if (leaves(given[0])) disconnect.call(this, tapOf(given[0].context), ...given.slice(1));
    return disconnect.call(this, ...given);
  };

  for (const kind of ["pointerdown", "pointerup", "keydown"]) {
    addEventListener(kind, (event) => ears.events.push([kind, event.timeStamp]), { capture: true });
  }

  /** Whether all that was played until now has been recorded. */
  ears.complete = () => ears.listeners.every(({ missed, problem, context }) => !missed || problem || context.state !== "running");

  /** Forget what was recorded, and pressed, so far. */
  ears.forget = () => {
    ears.events.length = ears.audible = 0;
    for (const one of ears.listeners) {
      one.since = Math.max(one.since, ...one.chunks.map(({ first, data }) => first + data[0].length));
      one.chunks.length = one.clock.length = 0;
    }
  };

  const text = (parts) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.readAsDataURL(new Blob(parts));
  });

  /** So many chunks of what a listener recorded. */
  ears.take = async ([which, from, to]) => {
    const chunks = ears.listeners[which].chunks.slice(from, to);
    return {
      firsts: chunks.map(({ first }) => first),
      frames: chunks.map(({ data }) => data[0].length),
      left: await text(chunks.map(({ data }) => data[0])),
      right: await text(chunks.map(({ data }) => data[1])),
    };
  };
})();
