/* The sliders of a picture, and how what a hand wants reaches Python. Explained in notebooks/01-waveform.ipynb.

All that this asks of a model: `inputs` says what there is to move, `values` what each stands at. The page sets
`values` and a new number `asked`; whoever draws the picture sets `drawn` to that number together with it. */

const PATIENCE = 4000; // milliseconds without an answer after which the page says so
const UNANSWERED = "Python does not answer: run this cell again.";
const TYPES = { slider: "range", checkbox: "checkbox", number: "number", text: "text" };

/** What the hand wants: only the newest values are sent, and the next ones once the picture of the last is there. */
class Wishes {
  constructor(model, changed) {
    Object.assign(this, { model, changed, asked: null, sent: null, problem: "" });
    this.values = model.get("values") ?? {};
    this.on = [
      ["change:values", () => this.asked === null && this.adopt()],
      ["change:drawn", () => this.answered()],
      ["change:inputs", () => changed()],
    ];
    for (const [event, call] of this.on) model.on(event, call);
  }

  adopt() {
    this.values = this.model.get("values");
    this.changed();
  }

  want(name, value) {
    if (this.values[name] === value) return;
    this.values = { ...this.values, [name]: value };
    this.changed();
    // What was asked so long ago may be lost.
    if (this.asked === null || this.problem) this.ask();
  }

  ask() {
    this.sent = this.values;
    // A number that no other page has used.
    this.asked = performance.timeOrigin + performance.now() + Math.random();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.say(UNANSWERED), PATIENCE);
    try {
      this.model.set("values", this.sent);
      this.model.set("asked", this.asked);
      this.model.save_changes();
    } catch {
      this.say(UNANSWERED);
    }
  }

  answered() {
    if (this.problem) this.say("");
    if (this.model.get("drawn") !== this.asked) return;
    clearTimeout(this.timer);
    this.asked = null;
    if (this.values === this.sent) this.adopt();
    else this.ask();
  }

  say(problem) {
    this.problem = problem;
    this.changed();
  }

  dispose() {
    clearTimeout(this.timer);
    for (const [event, call] of this.on) this.model.off(event, call);
  }
}

/** Write a number with as many decimals as its step has; two more where it stands between two steps. */
function written(value, step) {
  const [digits, exponent = 0] = String(step ?? 0.01).split("e");
  const decimals = Math.max(0, (digits.split(".")[1] ?? "").length - exponent);
  const text = value.toFixed(decimals);
  return Math.abs(text - value) < 1e-9 * Math.max(1, Math.abs(value)) ? text : value.toFixed(decimals + 2);
}

/** One control: a native input, its label and, for a slider, its value in words. */
class Control {
  constructor(about, want) {
    const { name, label, kind, options, event } = about;
    this.about = about;
    this.input = make(kind === "choice" ? "select" : "input", { name, disabled: about.disabled });
    const limits = kind === "slider" && options ? { min: 0, max: options.length - 1, step: 1 } : about;
    if (kind !== "choice") {
      this.input.type = TYPES[kind];
      for (const limit of ["min", "max"]) if (limits[limit] != null) this.input.setAttribute(limit, limits[limit]);
      if (kind !== "checkbox" && kind !== "text") this.input.step = limits.step ?? "any";
    } else this.input.append(...options.map((text, value) => make("option", { value, textContent: text })));
    this.input.addEventListener(event, () => {
      const value = this.value;
      if (value !== null) want(name, value);
    });
    this.root = make("div", { className: "mycs-control" });
    this.root.append(make("label", {}, make("span", { textContent: label }), this.input));
    if (kind !== "slider") return;
    this.shown = make("span", { className: "mycs-clock" });
    this.shown.setAttribute("aria-hidden", "true");
    const texts = options ?? [about.min, about.max].map((end) => this.words(end));
    this.shown.style.minWidth = `${Math.max(...texts.map((text) => text.length))}ch`;
    this.root.append(this.shown);
  }

  /** What the input says; null while it says nothing that could be used. */
  get value() {
    const { input, about } = this;
    if (about.kind === "checkbox") return input.checked;
    if (about.kind === "text") return input.value;
    return input.value === "" || !input.checkValidity() ? null : Number(input.value);
  }

  words(value) {
    return this.about.options?.[value] ?? written(value, this.about.step);
  }

  show(value) {
    const { input, about } = this;
    if (about.kind === "checkbox") input.checked = value;
    // Half a number is not corrected under the hand.
    else if (about.kind !== "number" || document.activeElement !== input) input.value = value ?? "";
    if (!this.shown) return;
    this.shown.textContent = this.words(value);
    input.setAttribute("aria-valuetext", this.shown.textContent);
  }
}

/** All controls of a view. */
class Controls {
  constructor(wishes) {
    this.wishes = wishes;
    this.root = make("div", { className: "mycs-controls" });
    this.show();
  }

  show() {
    const { wishes } = this;
    const inputs = wishes.model.get("inputs") ?? [];
    if (inputs !== this.inputs) {
      this.inputs = inputs;
      this.all = inputs.map((about) => new Control(about, (name, value) => wishes.want(name, value)));
      this.root.replaceChildren(...this.all.map((control) => control.root));
      this.root.hidden = !inputs.length;
      const longest = Math.max(0, ...inputs.map(({ label }) => label.length));
      this.root.style.setProperty("--mycs-label", `${Math.min(longest, 16)}ch`);
    }
    for (const control of this.all) control.show(wishes.values[control.about.name]);
  }
}
