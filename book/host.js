/* Lets the pictures of a chapter sound and move on a page without Python, with the same front ends as in JupyterLab.

A page that is opened from a disk may read no files, but it may run scripts. So everything here is a script that calls
`mycsLive.put(name, value)`: front ends, pictures and sounds. Each is asked for when it is first needed. */

(() => {
  const here = document.currentScript.src;
  const known = new Map(); // name → promise of its value
  const given = new Map(); // name → how to keep that promise

  /** The value that a script hands over. */
  function load(name) {
    if (!known.has(name)) {
      const script = Object.assign(document.createElement("script"), { src: new URL(`live/${name}.js`, here) });
      const value = new Promise((resolve, reject) => {
        given.set(name, resolve);
        script.onerror = () => {
          known.delete(name);
          reject(Error(`${name} is not there`));
        };
      });
      known.set(name, value);
      document.head.append(script);
      value.finally(() => script.remove()).catch(() => {});
    }
    return known.get(name);
  }

  globalThis.mycsLive = { put: (name, value, length) => given.get(name)?.(length === undefined ? value : bytesOf(value, length)) };

  /** So many bytes from a text whose letters stand for 15 bits each. */
  function bytesOf(text, length) {
    const out = new Uint8Array(length);
    let [at, held, bits] = [0, 0, 0];
    for (let i = 0; i < text.length; i++) {
      held = ((held & 255) << 15) | (text.charCodeAt(i) - 0x3400);
      for (bits += 15; bits >= 8 && at < length; bits -= 8) out[at++] = (held >> (bits - 8)) & 255;
    }
    return out;
  }

  async function inflated(data) {
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** What `Pack` in live.py did to arrays of bytes, undone. */
  const UNPACKED = {
    plain: (data) => data,
    planes: (data) => interleaved(data, 3),
    colors(data) {
      const which = data.subarray(1 + 3 * (data[0] + 1));
      const out = new Uint8Array(3 * which.length);
      which.forEach((color, pixel) => out.set(data.subarray(1 + 3 * color, 4 + 3 * color), 3 * pixel));
      return out;
    },
    moments(data) {
      const of = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
      const [starts, which] = [data.subarray(4, 4 + 4 * of), data.subarray(4 + 4 * of)].map((steps) => {
        const sums = new Int32Array(interleaved(steps, 4).buffer);
        for (let i = 1; i < sums.length; i++) sums[i] += sums[i - 1];
        return sums;
      });
      return new Uint8Array(which.map((i) => starts[i]).buffer);
    },
  };

  function interleaved(data, planes) {
    const out = new Uint8Array(data.length);
    const length = data.length / planes;
    for (let plane = 0; plane < planes; plane++) for (let i = 0; i < length; i++) out[i * planes + plane] = data[plane * length + i];
    return out;
  }

  /** The values of a script that `Pack` wrote; an array of bytes is unpacked when it is first wanted. */
  class Pack {
    static async named(name) {
      const data = await load(name);
      const length = new DataView(data.buffer).getUint32(0, true);
      const head = JSON.parse(new TextDecoder().decode(await inflated(data.subarray(4, 4 + length))));
      return Object.assign(new Pack(), { ...head, data: data.subarray(4 + length), unpacked: new Map() });
    }

    blob(i) {
      if (!this.unpacked.has(i)) {
        const [form, at, length] = this.blobs[i];
        this.unpacked.set(i, inflated(this.data.subarray(at, at + length)).then(UNPACKED[form]));
      }
      return this.unpacked.get(i);
    }

    /** A value with its arrays of bytes in their places. */
    async filled(value) {
      if (Array.isArray(value)) return Promise.all(value.map((one) => this.filled(one)));
      if (value === null || typeof value !== "object") return value;
      if ("blob" in value) return this.blob(value.blob);
      const filled = await Promise.all(Object.values(value).map((one) => this.filled(one)));
      return Object.fromEntries(Object.keys(value).map((key, i) => [key, filled[i]]));
    }
  }

  /** The bytes of a sound, when they are asked for. */
  const soundOf = (key) => async () => {
    const data = await load(`sound/${key}`);
    known.delete(`sound/${key}`);
    return data;
  };

  /** The model of a widget, as a front end of anywidget sees it. */
  class Model {
    constructor(traits) {
      this.traits = {};
      this.listeners = new Map();
      this.changed = new Set();
      this.put(traits);
    }

    get = (name) => this.traits[name];

    set(name, value) {
      this.traits[name] = value;
      this.changed.add(name);
    }

    on(event, call) {
      this.listeners.set(event, [...(this.listeners.get(event) ?? []), call]);
    }

    off(event, call) {
      this.listeners.set(event, (this.listeners.get(event) ?? []).filter((one) => one !== call));
    }

    send() {}

    save_changes() {
      const changed = [...this.changed];
      this.changed.clear();
      this.saved?.(changed);
    }

    /** Change several traits, as if Python had done it. */
    put(traits) {
      const old = this.traits;
      this.traits = { ...old, ...traits };
      if (traits.sound?.key) this.traits.file = soundOf(traits.sound.key);
      for (const name of Object.keys(traits)) {
        if (traits[name] !== old[name]) for (const call of this.listeners.get(`change:${name}`) ?? []) call();
      }
    }
  }

  /** Answers the sliders of a model in the place of Python: with the nearest of the positions that are kept. */
  class Positions {
    constructor(model, name) {
      Object.assign(this, { model, name, now: 0 });
      const { stops, positions } = model.get("held");
      Object.assign(this, { names: Object.keys(stops), stops: Object.values(stops), positions });
      model.saved = (changed) => changed.includes("asked") && this.answer(model.get("asked"));
    }

    /** The position nearest to some values; what was moved just now is as the hand wants it. */
    nearest(values) {
      const wanted = this.names.map((name, i) => this.stops[i].indexOf(values[name]));
      const current = this.positions[this.now];
      const distance = (position) =>
        position.reduce((sum, stop, i) => {
          const weight = wanted[i] === current[i] ? 1 : 1000;
          return sum + (stop === wanted[i] ? 0 : weight * (1 + Math.abs(stop - wanted[i]) / this.stops[i].length));
        }, 0);
      const distances = this.positions.map(distance);
      return distances.indexOf(Math.min(...distances));
    }

    async answer(asked) {
      const { model } = this;
      this.now = this.nearest(model.get("values"));
      const position = this.positions[this.now];
      const values = Object.fromEntries(this.names.map((name, i) => [name, this.stops[i][position[i]]]));
      // The first time, the pictures of all positions have to come.
      if (!this.pack) {
        model.put({ values, drawn: asked, message: "Loading the pictures …" });
        this.loading ??= this.load();
        return;
      }
      await this.show({ values, drawn: asked });
    }

    /** Show the picture of the position of now, unless it is another one by then. */
    async show(also = {}) {
      const { now } = this;
      const traits = await this.pack.filled(this.pack.value[now]);
      if (now === this.now) this.model.put({ ...traits, ...also });
    }

    async load() {
      try {
        this.pack = await Pack.named(`${this.name}-more`);
        await this.show();
      } catch {
        this.loading = null;
        this.model.put({ message: "The other pictures cannot be loaded." });
      }
    }

    get note() {
      const { positions } = this;
      const { of } = this.model.get("held");
      const all = this.stops.reduce((product, stops) => product * stops.length, 1);
      const drawn = `This page keeps ${positions.length} of ${of.toLocaleString("en")} positions; run the cell to have Python draw all of them.`;
      if (positions.length === of) return "";
      return positions.length < all ? `${drawn} Here, moving one control may take others back.` : drawn;
    }
  }

  /** The rounds of a quiz: each has its pictures when it is near, and its sounds when they are asked for. */
  class Rounds {
    constructor(model, name) {
      const blank = { height: 1, width: 1, cmap: "", pixels: new Uint8Array(3) };
      this.rounds = model.get("rounds").map((round) => ({
        ...round,
        pictures: Array(round.way === "hear" ? 4 : 1).fill(blank),
        times: new Uint8Array(2),
        sounds: round.sounds.map(soundOf),
      }));
      Object.assign(this, { model, name, asked: new Set() });
      model.put({ rounds: this.rounds });
      model.saved = () => this.want(model.get("answers").length);
    }

    /** Load a round and the next one. */
    async want(number) {
      await Promise.all([number, number + 1].map((i) => this.rounds[i] && !this.asked.has(i) && this.load(i)));
    }

    async load(i) {
      this.asked.add(i);
      const pack = await Pack.named(`${this.name}-${i}`);
      Object.assign(this.rounds[i], await pack.filled(pack.value));
      // It may be waited for already.
      if (i === this.model.get("answers").length) this.model.put({ rounds: [...this.rounds] });
    }
  }

  const NOTES = {
    quizzes: "Here the quiz has 20 rounds, the same for everybody; in Python it has more and others, also about your own music.",
  };

  /** Put the live view in the place of a still. */
  async function mount(place, name, { front }) {
    const [pack, factory] = await Promise.all([Pack.named(name), load(front)]);
    const model = new Model(await pack.filled(pack.value));
    // A fold of the page is enough.
    if (place.closest("details")) model.put({ folded: "" });
    let note = NOTES[front];
    if (model.get("held")) note = new Positions(model, name).note;
    if (model.get("rounds")) await new Rounds(model, name).want(0);
    const { front: made, below } = factory();
    const { initialize, render } = made();
    const live = document.createElement("div");
    initialize({ model });
    for (const still of place.children) still.hidden = true;
    place.append(live);
    render({ model, el: live });
    if (below) live.append(below(model));
    if (note) live.append(Object.assign(document.createElement("p"), { className: "mycs-note", textContent: note }));
    place.dataset.state = "live";
  }

  async function begin() {
    const places = [...document.querySelectorAll(".mycs-live[data-live]")];
    if (!places.length) return;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("live/live.css", here) }));
    // What is far away can wait; what a fold hides is near once it is opened.
    const near = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          near.unobserve(target);
          target.wake();
        }
      },
      { rootMargin: "100% 0px" },
    );
    for (const place of places) {
      const name = place.dataset.live;
      const [stem, cell] = name.split("/");
      const entry = (await load(`${stem}/index`).catch(() => ({})))[cell];
      if (!entry) continue;
      place.wake = () => mount(place, name, entry).catch((error) => console.error(error));
      near.observe(place);
    }
  }

  document.readyState === "loading" ? addEventListener("DOMContentLoaded", begin) : begin();
})();
