/* A picture you can hear: what is played, and what is moved by hand. Explained in notebooks/00-start-here.ipynb. */

const STEP = 5; // seconds that an arrow key moves
const TRAIL = 0.6; // seconds until a lit pixel has faded
const WINDOW = 130; // what menus and toolbars take of the height of the window
const LEAST = 100; // below this height a picture is cut off by the window rather than made smaller
const GAP = 16; // between pictures side by side, as in player.css
const EXCERPT = 2; // seconds of each of two moments that are compared
const PATIENT = 300; // milliseconds of waiting before it is mentioned

function spoken(seconds) {
  const s = Math.floor(seconds);
  return s < 60 ? `${s} seconds` : `${Math.floor(s / 60)} minutes ${s % 60} seconds`;
}

/** What a model has besides its traits: the sound, the position, the loop, the band. All views of a model share it. */
class Core {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.deck = new Deck(this);
    this.stopped = model.get("position");
    this.told = this.stopped;
    this.toldAt = 0;
    this.loop = null;
    this.band = null;
    this.pair = null;
    this.problem = "";
    this.wishes = new Wishes(model, () => this.show());
    this.on = [
      ["change:sound", () => this.takeSource()],
      ["change:position", () => model.get("position") !== this.told && this.seek(model.get("position"))],
      ["change:playing", () => model.get("playing") !== this.playing && this.play(model.get("playing"))],
      ...["pixels", "times", "panels"].map((name) => [`change:${name}`, () => this.soon()]),
      ["change:message", () => this.show()],
      ["msg:custom", (message, buffers) => this.receive(message, buffers)],
    ];
    for (const [event, call] of this.on) model.on(event, call);
    this.takeSource();
  }

  get playing() {
    return this.deck.playing;
  }

  get duration() {
    return this.model.get("duration");
  }

  get position() {
    return this.playing ? Math.min(this.deck.position, this.duration) : this.stopped;
  }

  /** Redraw once when all that changed together has arrived. */
  soon() {
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      for (const view of this.views) view.draw();
    });
  }

  show() {
    for (const view of this.views) view.show();
  }

  say(problem) {
    if (problem === this.problem) return;
    this.problem = problem;
    this.show();
  }

  tell(changes) {
    try {
      for (const [name, value] of Object.entries(changes)) this.model.set(name, value);
      this.model.save_changes();
    } catch {
      // The kernel is gone; the page goes on without it.
    }
  }

  tellPosition() {
    this.told = this.position;
    this.toldAt = performance.now();
    this.tell({ position: this.told, playing: this.playing });
  }

  seek(seconds) {
    this.pair = null;
    this.stopped = Math.min(Math.max(0, seconds), this.duration);
    if (this.playing) this.sound();
    this.told = this.stopped;
    this.tell({ position: this.stopped });
    this.show();
  }

  /** Play from where it stands: to the end, round the loop, or a little from each of two moments. */
  sound() {
    const at = this.stopped;
    if (this.pair) {
      const excerpts = this.pair.map((t) => [t, Math.min(t + EXCERPT, this.duration)]);
      return this.deck.start(this.source, excerpts, false, this.band);
    }
    const [from, to] = this.loop ?? [0, this.duration];
    const first = [this.loop && at >= to ? from : at, to];
    this.deck.start(this.source, this.loop ? [first, [from, to]] : [first], Boolean(this.loop), this.band);
  }

  play(on = true) {
    if (on === this.playing) return;
    if (!on) {
      this.stopped = this.position;
      this.deck.stop();
    } else {
      if (!this.source) return this.tell({ playing: false });
      if (page.sounding !== this) page.sounding?.play(false);
      page.sounding = this;
      page.channel?.postMessage("sounds");
      if (this.stopped > this.duration - 0.001) this.stopped = 0;
      this.sound();
      this.unless(this.deck.run.context);
    }
    this.say("");
    this.tellPosition();
    this.show();
    if (on && !this.following) this.follow();
  }

  /** A browser may want to see a click before it makes a sound. */
  unless(context) {
    setTimeout(() => {
      if (!this.playing || context.state === "running") return;
      this.play(false);
      this.say("The browser waits for a click on Play.");
    }, PATIENT);
  }

  /** Play from a second. The sound is asked for first: Python answers one question after the other. */
  playFrom(seconds) {
    if (this.playing) return this.seek(seconds);
    this.pair = null;
    this.stopped = seconds;
    this.play();
  }

  /** Rouse the sound card, which takes its time, when a click is likely to come. */
  warm() {
    if (this.source && navigator.userActivation?.hasBeenActive) rouse(contextOf(this.source.rate));
  }

  /** Play a little from one moment, then from another. */
  compare(one, other) {
    this.stopped = one;
    this.pair = [one, other];
    if (this.playing) this.sound();
    else this.play();
    this.tellPosition();
    this.say(`First ${clock(one)}, then ${clock(other)}.`);
  }

  /** The music is at its end. */
  ended() {
    this.play(false);
    this.pair = null;
  }

  /** Follow the music, picture by picture of the screen. */
  follow() {
    this.following = this.playing;
    if (!this.playing) return;
    this.tick();
    calm.matches ? setTimeout(() => this.follow(), 250) : requestAnimationFrame(() => this.follow());
  }

  tick() {
    if (!this.playing) return;
    const { waited } = this.deck;
    if (waited > GONE) this.say(this.source.late);
    else if (waited > PATIENT) this.say("Waiting for the sound …");
    else if (this.waited) this.say("");
    this.waited = waited > PATIENT;
    if (performance.now() - this.toldAt > 200) this.tellPosition();
    this.show();
  }

  setLoop(from, to) {
    this.loop = from === null ? null : [Math.max(0, Math.min(from, to)), Math.min(this.duration, Math.max(from, to))];
    if (this.loop && this.loop[1] - this.loop[0] < 0.05) this.loop = null;
    this.again();
  }

  /** Let only some frequencies through, [low, high] in Hz; null: all of them. */
  setBand(band) {
    this.band = band;
    this.again();
  }

  /** Go on from here after what is played has changed. */
  again() {
    if (this.playing) {
      this.stopped = this.position;
      this.sound();
    }
    for (const view of this.views) view.region();
    this.show();
  }

  takeSource() {
    const sound = this.model.get("sound");
    if (this.source?.key === sound.key) return;
    const { playing } = this;
    this.play(false);
    this.source?.leave(this);
    this.source = sound.key ? sourceOf(sound, this.model.get("file"), this) : null;
    // Other music goes on where this stood: a slider may change what is heard.
    if (playing) this.play();
    this.show();
  }

  ask(question) {
    try {
      this.model.send(question);
    } catch {
      // The kernel is gone; waiting will say so.
    }
  }

  receive(message, buffers) {
    if (message.sound && message.sound === this.source?.key) this.source.receive(message, buffers[0]);
  }

  /** Something of the sound has come. */
  arrived() {
    this.deck.pump();
  }

  dispose() {
    for (const [event, call] of this.on) this.model.off(event, call);
    this.wishes.dispose();
    this.deck.stop();
    this.source?.leave(this);
    if (page.sounding === this) page.sounding = null;
  }
}

/** A button that is pressed or not. */
function toggle(name, text, title) {
  return make("button", { type: "button", className: `mycs-${name}`, textContent: text, title });
}

/** A native slider with its label. */
function slider(text, properties) {
  const input = make("input", { type: "range", ...properties });
  return [make("label", {}, make("span", { textContent: text }), input), input];
}

class View {
  constructor(core, el) {
    this.core = core;
    this.panels = [];
    this.root = make("div", { className: "mycs" });
    // JupyterLab leaves the keys alone inside an element with this attribute.
    this.root.setAttribute("data-lm-suppress-shortcuts", "true");
    this.stage = make("div", { className: "mycs-stage", tabIndex: 0 });
    this.stage.setAttribute("role", "group");
    this.message = make("div", { className: "mycs-message" });
    this.message.setAttribute("role", "status");
    this.controls = new Controls(core.wishes);
    this.root.append(this.controls.root, this.stage, this.transport(), this.lookControls(), this.message);
    this.outside = this.folded(core.model.get("folded"));
    el.append(this.outside);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("pointerdown", (event) => this.press(event));
    this.stage.addEventListener("pointerenter", () => core.warm());
    core.views.add(this);
    this.draw();
    this.resized = () => this.fit();
    addEventListener("resize", this.resized);
    this.watcher = new ResizeObserver(this.resized);
    for (const part of [el, this.controls.root, this.bar]) this.watcher.observe(part);
  }

  /** What is put on the page: all of it, folded away if there is a word for that. */
  folded(word) {
    if (!word) return this.root;
    const summary = make("summary", { textContent: word });
    // Of an element's parents JupyterLab does not ask: Enter would go to the cell.
    summary.setAttribute("data-lm-suppress-shortcuts", "true");
    return make("details", { className: "mycs-folded" }, summary, this.root);
  }

  transport() {
    const { core } = this;
    this.button = make("button", { type: "button", className: "mycs-play", textContent: "Play" });
    this.button.addEventListener("click", () => core.play(!core.playing));
    let label;
    [label, this.seeker] = slider("Position", { className: "mycs-seek", min: 0, step: "any", value: 0 });
    this.seeker.addEventListener("input", () => core.seek(Number(this.seeker.value)));
    this.clock = make("span", { className: "mycs-clock" });
    this.clock.setAttribute("aria-hidden", "true");
    this.looper = toggle("loop", "Loop", "Repeat a stretch; or drag over the picture with Shift held down");
    this.looper.addEventListener("click", () => {
      core.loop ? core.setLoop(null) : core.setLoop(core.position, Math.min(core.position + 4, core.duration));
    });
    this.ends = ["from", "to"].map((name, end) => {
      const input = make("input", { type: "number", className: `mycs-${name}`, min: 0, step: 0.1 });
      input.addEventListener("change", () => {
        const loop = [...core.loop];
        if (input.value !== "") loop[end] = Number(input.value);
        core.setLoop(...loop);
      });
      return [make("label", { hidden: true }, make("span", { textContent: `${name} (s)` }), input), input];
    });
    this.banding = toggle("band", "Hear the band", "Hear only the frequencies of the row clicked; drag over several rows");
    this.banding.addEventListener("click", () => {
      this.bands = !this.bands;
      if (!this.bands) core.setBand(null);
      this.show();
    });
    this.edges = ["low", "high"].map((name, end) => {
      const input = make("input", { type: "number", className: `mycs-${name}`, min: 10, step: 1 });
      input.addEventListener("change", () => {
        const band = core.band ? [...core.band] : this.widest();
        if (input.value > 0) band[end] = Number(input.value);
        core.setBand(band.sort((a, b) => a - b));
      });
      return [make("label", { hidden: true }, make("span", { textContent: `${name} (Hz)` }), input), input];
    });
    this.pairing = toggle("both", "Hear both", "Hear a little of both moments of a place, one after the other");
    this.both = true;
    this.pairing.addEventListener("click", () => {
      this.both = !this.both;
      this.show();
    });
    const [volumeLabel, volume] = slider("Volume", { className: "mycs-volume", min: 0, max: 100, step: 1, value: 100 });
    const loudness = () => volume.setAttribute("aria-valuetext", `${volume.value} percent`);
    volume.addEventListener("input", () => {
      core.deck.volume = volume.value / 100;
      loudness();
    });
    loudness();
    this.bar = make("div", { className: "mycs-bar" }, this.button, label, this.clock, this.looper);
    this.bar.append(...this.ends.map(([label]) => label), this.banding, ...this.edges.map(([label]) => label));
    this.bar.append(this.pairing, volumeLabel);
    return this.bar;
  }

  /** The frequencies of all rows together. */
  widest() {
    const rows = this.panels.flatMap(({ about }) => about.hz ?? []);
    return [Math.min(...rows.map(([low]) => low)), Math.max(...rows.map(([, high]) => high))];
  }

  /** Colors, range and contrast: only the table of 256 colors changes, here in the page. */
  lookControls() {
    const redraw = () => this.paint();
    this.cmap = make("select", { className: "mycs-cmap" });
    this.cmap.append(make("option", { value: "", textContent: "as made" }));
    for (const name of Object.keys(this.core.model.get("palettes"))) {
      this.cmap.append(make("option", { value: name, textContent: name }));
    }
    const [rangeLabel, range] = slider("Range", { className: "mycs-range", min: 5, max: 100, step: 1, value: 100 });
    const [contrastLabel, contrast] = slider("Contrast", { className: "mycs-contrast", min: 20, max: 400, step: 1, value: 100 });
    Object.assign(this, { range, contrast, shown: make("span", { className: "mycs-clock" }) });
    this.shown.setAttribute("aria-hidden", "true");
    for (const control of [this.cmap, range, contrast]) control.addEventListener("input", redraw);
    const again = make("button", { type: "button", textContent: "Reset" });
    again.addEventListener("click", () => {
      Object.assign(range, { value: 100 });
      Object.assign(contrast, { value: 100 });
      this.cmap.value = "";
      redraw();
    });
    const names = make("label", {}, make("span", { textContent: "Colormap" }), this.cmap);
    const bar = make("div", { className: "mycs-bar" }, names, rangeLabel, this.shown, contrastLabel, again);
    this.look = make("details", { className: "mycs-look" }, make("summary", { textContent: "Colours" }), bar);
    return this.look;
  }

  /** Take over the traits. */
  draw() {
    const { model } = this.core;
    const [about, pixels, times] = ["panels", "pixels", "times"].map((name) => model.get(name));
    if (this.panels.length !== about.length) {
      for (const panel of this.panels) panel.remove();
      this.panels = about.map(() => new Panel(this.stage));
    }
    const room = () => this.room(about.length);
    const slimmest = model.get("room")[2];
    this.panels.forEach((panel, i) => panel.set(about[i], pixels[i], times[i], room, slimmest));
    const timed = this.panels.some((panel) => panel.times);
    const keys = timed ? ". Space plays, arrow keys move by 5 seconds, Home goes back to the beginning." : "";
    this.stage.setAttribute("aria-label", (about.length > 1 ? "Pictures of one piece" : "Picture") + keys);
    this.stage.classList.toggle("mycs-timed", timed);
    this.bar.hidden = !timed;
    this.look.hidden = !about.some(({ cmap }) => cmap);
    this.seeker.max = this.core.duration;
    this.paint();
    this.region();
    this.show();
  }

  /** What each of so many pictures may fill, and the most it may: controls, picture and Play are seen together. */
  room(count) {
    const rest = this.controls.root.offsetHeight + this.bar.offsetHeight;
    const [width, height] = this.core.model.get("room");
    const most = [this.root.clientWidth || width, Math.max(LEAST, innerHeight - WINDOW - rest)];
    return [[width, height].map((size, i) => Math.min(size, (width + GAP) / count - GAP, most[i])), most];
  }

  fit() {
    if (!this.root.clientWidth) return; // scrolled away
    const room = this.room(this.panels.length);
    for (const panel of this.panels) panel.fit(room);
  }

  paint() {
    const { model } = this.core;
    const [range, contrast] = [this.range.value / 100, this.contrast.value / 100];
    for (const panel of this.panels) {
      const { cmap } = panel.about;
      if (!cmap) {
        panel.paint();
        continue;
      }
      const palette = bytes(model.get("palettes")[this.cmap.value || cmap]);
      const lut = Uint32Array.from({ length: 256 }, (_, i) => {
        const shown = (i / 255 - (1 - range)) / range;
        const level = 3 * Math.round(255 * Math.min(1, Math.max(0, 0.5 + (shown - 0.5) * contrast)));
        return packed(palette[level], palette[level + 1], palette[level + 2]);
      });
      panel.paint(lut);
    }
    const about = this.panels.map((panel) => panel.about).find(({ cmap }) => cmap);
    if (about) {
      const span = Number(((about.high - about.low) * range).toPrecision(3));
      this.shown.textContent = `${span} ${about.unit}`.trim();
      this.range.setAttribute("aria-valuetext", `the highest ${this.shown.textContent}`);
      this.contrast.setAttribute("aria-valuetext", `${this.contrast.value} percent`);
    }
    this.shine();
  }

  region() {
    for (const panel of this.panels) panel.region(this.core.loop, this.core.band);
    this.shine();
  }

  shine() {
    const { core } = this;
    const trail = core.playing && !calm.matches ? Math.min(TRAIL, core.duration / 10) : 0;
    for (const panel of this.panels) panel.shine(core.position, trail);
  }

  /** Bring controls and light up to date with the core. */
  show() {
    const { core } = this;
    const silent = !core.source;
    const text = core.wishes.problem || core.model.get("message") || core.problem;
    this.controls.show();
    if (this.message.textContent !== text) this.message.textContent = text;
    this.button.disabled = silent;
    this.button.textContent = core.playing ? "Pause" : "Play";
    if (document.activeElement !== this.seeker || core.playing) this.seeker.value = core.position;
    this.seeker.setAttribute("aria-valuetext", `${spoken(core.position)} of ${spoken(core.duration)}`);
    this.clock.textContent = `${clock(core.position)} / ${clock(core.duration, core.duration < 60)}`;
    this.looper.setAttribute("aria-pressed", String(Boolean(core.loop)));
    this.ends.forEach(([label, input], end) => {
      label.hidden = !core.loop;
      if (core.loop && document.activeElement !== input) input.value = core.loop[end].toFixed(1);
    });
    this.banding.hidden = !this.panels.some(({ about }) => about.hz);
    this.banding.setAttribute("aria-pressed", String(Boolean(this.bands)));
    this.edges.forEach(([label, input], end) => {
      label.hidden = !this.bands || this.banding.hidden;
      if (document.activeElement !== input) input.value = core.band ? Math.round(core.band[end]) : "";
    });
    this.pairing.hidden = !this.panels.some(({ about }) => about.versus);
    this.pairing.setAttribute("aria-pressed", String(this.both));
    this.shine();
  }

  key(event) {
    const { core } = this;
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey || this.bar.hidden) return;
    if (event.target !== this.stage && event.target !== this.button && event.target !== this.seeker) return;
    const steps = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP };
    if (event.key in steps) core.seek(core.position + steps[event.key]);
    else if (event.key === "Home") core.seek(0);
    else if (event.key === " " && event.target !== this.button) core.play(!core.playing);
    else return; // the button answers to Space by itself
    event.preventDefault();
  }

  press(event) {
    const { core } = this;
    const panel = this.panels.find(({ box }) => box.contains(event.target));
    if (!panel?.times || event.button !== 0) return;
    const [row, pixel] = panel.at(event);
    const begin = panel.times[pixel];
    if (Number.isNaN(begin)) return;
    const looping = event.shiftKey;
    const banding = this.bands && panel.about.hz && !looping;
    // The end of the stretch is the end of the moment under the pointer.
    const until = (t) => {
      const { starts, end } = (panel.moments ??= momentsOf(panel.times));
      const next = last(starts, t) + 1;
      return next < starts.length ? starts[next] : Math.min(end, core.duration);
    };
    const select = (other) => {
      const rows = panel.about.hz.slice(Math.min(row, other), Math.max(row, other) + 1).flat();
      core.setBand([Math.min(...rows), Math.max(...rows)]);
    };
    const drag = (move) => {
      const [other, place] = panel.at(move);
      const t = panel.times[place];
      if (Number.isNaN(t)) return;
      if (banding) select(other);
      else if (looping) core.setLoop(Math.min(begin, t), until(Math.max(begin, t)));
      else core.seek(t);
    };
    const done = () => {
      this.stage.removeEventListener("pointermove", drag);
      if (looping && core.loop) core.seek(core.loop[0]);
      if (looping) core.play();
    };
    this.stage.focus({ preventScroll: true });
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    this.stage.addEventListener("pointermove", drag);
    for (const end of ["pointerup", "pointercancel"]) this.stage.addEventListener(end, done, { once: true });
    if (looping) return;
    if (this.both && panel.versus) return core.compare(begin, panel.versus[pixel]);
    if (banding) select(row);
    core.playFrom(begin);
  }

  dispose() {
    this.core.views.delete(this);
    this.watcher.disconnect();
    removeEventListener("resize", this.resized);
    // What can no longer be seen cannot be stopped by hand.
    if (!this.core.views.size) this.core.play(false);
    for (const panel of this.panels) panel.remove();
    this.outside.remove();
  }
}

export default () => {
  let core = null;
  return {
    initialize({ model }) {
      core = new Core(model);
      saveStills(model);
      return () => core.dispose();
    },
    render({ model, el }) {
      core ??= new Core(model);
      const view = new View(core, el);
      return () => view.dispose();
    },
  };
};
