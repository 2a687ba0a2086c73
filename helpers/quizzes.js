/* A quiz: which picture shows what you hear, and which sound belongs to a picture? Explained in notebooks/15-guess.ipynb.

All rounds are here from the beginning. Of an answer, the kernel is told; whether it listens changes nothing. */

const CHOICES = 4;
const CHANCE = 1 / CHOICES;
const [GAP, FRAME] = [12, 6]; // between pictures side by side, and what two frames take, as in quizzes.css
const SMALLEST = 168; // pixels of a picture; with less room for each of four in a row, they stand in two rows
const TRAIL = 0.6; // seconds until a lit pixel has faded
const PATIENT = 300; // milliseconds after which a browser that makes no sound waits for a click
const FIELDS = ["round", "rounds", "layout", "way", "wrong", "right", "seconds"];

/** Between which shares the truth lies, at 95 %, if so many of so many are right (Wilson 1927). */
function wilson(right, of) {
  if (!of) return [0, 1];
  const z2 = 1.959963984540054 ** 2;
  const share = right / of;
  const middle = (share + z2 / (2 * of)) / (1 + z2 / of);
  const half = Math.sqrt(z2 * ((share * (1 - share)) / of + z2 / (4 * of * of))) / (1 + z2 / of);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

const percent = (share) => `${Math.round(100 * share)} %`;

/** What a model has besides its traits: which round it is, and what sounds. All views of a model share it. */
class Game {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.deck = new Deck(this);
    this.number = this.answers.length;
    this.problem = "";
    this.begin();
    this.changed = () => this.views.forEach((view) => view.draw());
    model.on("change:rounds", this.changed);
  }

  get rounds() {
    return this.model.get("rounds") ?? [];
  }

  get answers() {
    return this.model.get("answers") ?? [];
  }

  get round() {
    return this.rounds[this.number] ?? null;
  }

  /** What was chosen in this round; undefined as long as nothing is. */
  get answer() {
    return this.answers[this.number];
  }

  get playing() {
    return this.deck.playing;
  }

  /** The second of the piece that is heard now, if what is heard belongs to the right picture. */
  get position() {
    const ours = this.playing && (this.round.way === "hear" || this.hearing === this.round.right);
    return ours ? this.round.at + this.deck.position : null;
  }

  begin() {
    this.hearing = null; // which sound is heard, or was last
    this.since = null;
    this.tally = null;
  }

  show() {
    for (const view of this.views) view.show();
  }

  say(problem) {
    this.problem = problem;
    this.show();
  }

  /** Play one of the sounds of this round from its beginning. */
  hear(which) {
    const { rate, seconds, key } = this.model.get("sound");
    const sound = this.round?.sounds[which];
    if (!sound) return;
    this.play(false);
    this.source?.leave(this);
    const about = { key: `${key}/${this.number}/${which}`, rate, channels: 1, frames: Math.round(seconds * rate) };
    this.source = sourceOf(about, sound, this);
    this.hearing = which;
    this.since ??= performance.now();
    this.play(true);
  }

  play(on) {
    if (!on) {
      this.deck.stop();
    } else {
      if (page.sounding !== this) page.sounding?.play(false);
      page.sounding = this;
      page.channel?.postMessage("sounds");
      this.problem = "";
      this.deck.start(this.source, [[0, this.model.get("sound").seconds]]);
      const { context } = this.deck.run;
      setTimeout(() => {
        if (!this.playing || context.state === "running") return;
        this.play(false);
        this.say("The browser waits for a click on a button.");
      }, PATIENT);
    }
    this.show();
  }

  choose(which) {
    if (!this.round || this.answer) return;
    if (this.hearing === null) return this.say("Listen first.");
    const seconds = Math.round((performance.now() - this.since) / 10) / 100;
    this.model.set("answers", [...this.answers, { chosen: which, seconds }]);
    this.tally = null;
    try {
      this.model.save_changes();
    } catch {
      // The kernel is gone; the page goes on without it.
    }
    this.problem = "";
    this.show();
  }

  next() {
    if (!this.answer) return;
    this.play(false);
    this.source?.leave(this);
    this.source = null;
    this.number += 1;
    this.begin();
    for (const view of this.views) view.draw();
    // Whoever went on wants to hear.
    if (this.round?.way === "hear") this.hear(0);
  }

  /** How many answers are right, of how many, a layout; and all of them. */
  get scores() {
    if (this.tally) return this.tally;
    const tally = Object.fromEntries([...this.model.get("layouts"), "all"].map((name) => [name, [0, 0]]));
    this.answers.forEach(({ chosen }, i) => {
      for (const name of [this.rounds[i].layout, "all"]) {
        tally[name][0] += chosen === this.rounds[i].right;
        tally[name][1] += 1;
      }
    });
    return (this.tally = tally);
  }

  /** The answers as a table of text: no name, no sound, no path. */
  get csv() {
    const lines = this.answers.map(({ chosen, seconds }, i) => {
      const { layout, way, wrong, right } = this.rounds[i];
      return [i + 1, this.rounds.length, layout, way, wrong, Number(chosen === right), seconds].join(",");
    });
    return `${[FIELDS.join(","), ...lines].join("\r\n")}\r\n`;
  }

  // What a deck and a source ask of their user.
  tick() {
    for (const view of this.views) view.shine();
  }

  arrived() {
    this.deck.pump();
  }

  ended() {
    this.play(false);
  }

  ask() {}

  dispose() {
    this.model.off("change:rounds", this.changed);
    this.deck.stop();
    this.source?.leave(this);
    if (page.sounding === this) page.sounding = null;
  }
}

/** A table: how often people are right with each kind of pictures, and between which shares the truth lies. */
class Scores {
  constructor(words, names) {
    const heads = ["pictures", "right", "share", "95 % interval"].map((textContent) => make("th", { scope: "col", textContent }));
    const drawn = make("td", {});
    drawn.setAttribute("aria-hidden", "true");
    this.cells = new Map();
    const rows = names.map((name) => {
      const texts = [0, 1, 2].map(() => make("td", {}));
      const span = make("span", {});
      const bar = make("td", {}, make("div", { className: "mycs-between" }, make("i", {}), span));
      bar.setAttribute("aria-hidden", "true");
      this.cells.set(name, [...texts, span]);
      return make("tr", {}, make("th", { scope: "row", textContent: name }), ...texts, bar);
    });
    const caption = make("caption", { textContent: words });
    const head = make("thead", {}, make("tr", {}, ...heads, drawn));
    this.root = make("table", { className: "mycs-scores" }, caption, head, make("tbody", {}, ...rows));
  }

  /** Fill in, for each name, how many are right, of how many, and as how many independent ones these count. */
  show(tallies) {
    for (const [name, [count, share, interval, drawn]] of this.cells) {
      const [right, of, worth = of] = tallies[name];
      const [low, high] = wilson(of && (right / of) * worth, worth);
      count.textContent = `${right} of ${of}`;
      share.textContent = of ? percent(right / of) : "–";
      interval.textContent = `${percent(low)} to ${percent(high)}`;
      Object.assign(drawn.style, { left: `${100 * low}%`, width: `${100 * (high - low)}%` });
    }
  }
}

class QuizView {
  constructor(game, el) {
    this.game = game;
    this.panels = [];
    this.root = make("div", { className: "mycs mycs-quiz" });
    // JupyterLab leaves the keys alone inside an element with this attribute.
    this.root.setAttribute("data-lm-suppress-shortcuts", "true");
    this.task = make("div", { className: "mycs-task" });
    this.stage = make("div", { className: "mycs-stage", tabIndex: 0 });
    this.stage.setAttribute("role", "group");
    this.sounds = make("div", { className: "mycs-sounds" });
    this.message = make("div", { className: "mycs-message" });
    this.message.setAttribute("role", "status");
    this.again = this.button("Hear it", () => game.hear(0));
    this.next = this.button("Next", () => this.goOn());
    this.save = this.button("Save results", () => this.download());
    this.bar = make("div", { className: "mycs-bar" }, this.again, this.next, this.save);
    const words = `Your score. Who only guesses is right in ${percent(CHANCE)} (dotted).`;
    this.scores = new Scores(words, [...game.model.get("layouts"), "all"]);
    this.root.append(this.task, this.stage, this.message, this.bar, this.scores.root);
    el.append(this.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(el);
    game.views.add(this);
    this.draw();
  }

  button(text, call) {
    const button = make("button", { type: "button", textContent: text });
    button.addEventListener("click", call);
    return button;
  }

  /** Lay out a round. */
  draw() {
    const { game } = this;
    const { round } = game;
    for (const panel of this.panels) panel.remove();
    this.panels = [];
    this.choices = [];
    this.told = false;
    this.stage.replaceChildren();
    this.stage.classList.toggle("mycs-asking", round?.way === "hear");
    this.again.hidden = round?.way !== "hear";
    if (round) {
      this.panels = round.pictures.map((_, i) => this.panel(i));
      if (round.way === "see") this.hearable();
      const keys = round.way === "hear" ? "Space plays, 1 to 4 choose." : "1 to 4 play, Enter chooses what was heard last.";
      this.stage.setAttribute("aria-label", `Round ${game.number + 1}, ${round.layout}. ${keys}`);
      this.next.textContent = game.number + 1 < game.rounds.length ? "Next" : "Finish";
    } else this.stage.setAttribute("aria-label", "The quiz is over.");
    this.fit();
    this.show();
  }

  panel(i) {
    const { game } = this;
    const { round } = game;
    const panel = new Panel(this.stage);
    this.fill(panel, i, new DataView(new ArrayBuffer(0)));
    if (round.way === "hear") {
      const choose = this.button(`Choose ${i + 1}`, () => this.choose(i));
      panel.box.addEventListener("click", () => this.choose(i));
      panel.figure.append(choose);
      this.choices.push([choose, panel.figure]);
    }
    return panel;
  }

  /** Give a panel its picture, and the second of each pixel once it may be known. */
  fill(panel, i, times) {
    const { round } = this.game;
    const { pixels, ...about } = round.pictures[i];
    const alt = `${round.way === "hear" ? `Picture ${i + 1} of ${CHOICES}` : "The picture"}, ${round.layout}`;
    panel.set({ ...about, title: "", alt }, pixels, times, () => this.room(), 1);
    panel.fit(this.room());
    const palette = bytes(this.game.model.get("palette"));
    panel.paint(about.cmap && Uint32Array.from({ length: 256 }, (_, l) => packed(...palette.subarray(3 * l, 3 * l + 3))));
  }

  hearable() {
    this.sounds.replaceChildren(
      ...Array.from({ length: CHOICES }, (_, i) => {
        const choose = this.button(`Choose ${i + 1}`, () => this.choose(i));
        const row = make("div", {}, this.button(`Hear ${i + 1}`, () => this.game.hear(i)), choose);
        this.choices.push([choose, row]);
        return row;
      }),
    );
    this.stage.append(this.sounds);
  }

  /** What a picture may fill: four in a row, or two; a single one has room beside it for the sounds. */
  room() {
    const width = (this.root.clientWidth || 960) - 8;
    const each = (n) => Math.floor((width + GAP) / n) - GAP - FRAME;
    const side = Math.max(60, Math.min(448, each(4) >= SMALLEST ? each(4) : each(2), innerHeight / 2));
    return [[side, side], [side, side]];
  }

  fit() {
    if (!this.root.clientWidth) return; // scrolled away
    for (const panel of this.panels) panel.fit(this.room());
  }

  choose(i) {
    const { game } = this;
    const held = this.root.contains(document.activeElement);
    game.choose(i);
    if (held && game.answer) this.next.focus({ preventScroll: true });
  }

  goOn() {
    const held = this.root.contains(document.activeElement);
    this.game.next();
    if (held) (this.game.round ? this.stage : this.save).focus({ preventScroll: true });
  }

  /** Show which is right, and where in its picture the excerpt is. */
  tell() {
    const { game } = this;
    const { round, answer } = game;
    const { seconds } = game.model.get("sound");
    this.told = true;
    const right = round.way === "hear" ? round.right : 0;
    const [low, high] = round.span;
    const exact = new Uint16Array(bytes(round.times).slice().buffer);
    const times = Float32Array.from(exact, (t) => low + ((high - low) * t) / 65535);
    this.fill(this.panels[right], right, times);
    // The moment in which it begins is heard as well.
    const begin = times.reduce((latest, t) => (t <= round.at && t > latest ? t : latest), low);
    this.panels[right].region([begin, round.at + seconds], null);
    this.choices.forEach(([button, whole], i) => {
      button.disabled = true;
      whole.classList.toggle("mycs-good", i === round.right);
      whole.classList.toggle("mycs-bad", i === answer.chosen && i !== round.right);
      const words = [i === round.right && "right", i === answer.chosen && "your choice"].filter(Boolean).join(", ");
      button.textContent = words ? `${i + 1}: ${words}` : `${i + 1}`;
    });
    this.stage.classList.remove("mycs-asking");
  }

  /** Bring words and numbers up to date. */
  show() {
    const { game } = this;
    const { round, answer } = game;
    const { length } = game.rounds;
    if (answer && !this.told) this.tell();
    const questions = {
      hear: "Listen. Which picture shows the piece that you hear? (Keys: Space plays, 1 to 4 choose, Enter goes on.)",
      see: "Which sound is from the piece in the picture? (Keys: 1 to 4 play, Enter chooses what was heard last.)",
    };
    const task = round ? `Round ${game.number + 1} of ${length}, ${round.layout}. ${questions[round.way]}` : `All ${length} rounds are played.`;
    if (this.task.textContent !== task) this.task.textContent = task;
    this.next.hidden = !answer;
    this.save.hidden = !game.answers.length;
    const text = game.problem || this.outcome();
    if (this.message.textContent !== text) this.message.textContent = text;
    this.scores.show(game.scores);
    this.shine();
  }

  outcome() {
    const { round, answer } = this.game;
    if (!answer) return this.game.playing && round.way === "see" ? `You hear sound ${this.game.hearing + 1}.` : "";
    const what = round.way === "hear" ? "picture" : "sound";
    const verdict = answer.chosen === round.right ? "Right" : `No, it is ${what} ${round.right + 1}`;
    return `${verdict}. It is heard from ${clock(round.at, false)} on, where the picture is not darkened.`;
  }

  shine() {
    if (!this.told) return;
    const { round, position } = this.game;
    const panel = this.panels[round.way === "hear" ? round.right : 0];
    // What was not heard does not light up.
    if (position !== null) panel.shine(position, calm.matches ? 0 : Math.min(TRAIL, position - round.at));
    else if (panel.lit.length) panel.shine(-Infinity, 0);
  }

  key(event) {
    const { game } = this;
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const which = ["1", "2", "3", "4"].indexOf(event.key);
    // A button answers to Space and Enter by itself.
    const pressed = event.target.closest("button");
    if (which >= 0 && game.round) game.round.way === "see" ? game.hear(which) : this.choose(which);
    else if (event.key === " " && !pressed && game.round) game.hear(game.hearing ?? 0);
    else if (event.key === "Enter" && !pressed && game.round) game.answer ? this.goOn() : game.hearing !== null && game.round.way === "see" && this.choose(game.hearing);
    else return;
    event.preventDefault();
  }

  download() {
    const url = URL.createObjectURL(new Blob([this.game.csv], { type: "text/csv" }));
    make("a", { href: url, download: "guesses.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  dispose() {
    this.game.views.delete(this);
    this.watcher.disconnect();
    // What can no longer be seen cannot be stopped by hand.
    if (!this.game.views.size) this.game.play(false);
    for (const panel of this.panels) panel.remove();
    this.root.remove();
  }
}

export default () => {
  let game = null;
  return {
    initialize({ model }) {
      game = new Game(model);
      saveStills(model);
      return () => game.dispose();
    },
    render({ model, el }) {
      game ??= new Game(model);
      const view = new QuizView(game, el);
      return () => view.dispose();
    },
  };
};
