/* Pools the results of a class: each person's file, as the quiz saves it, becomes a part of one table. What a file must
be, and how guesses of one person count, is explained in helpers/guesses.py. */

const AGAIN = "Save the results in the quiz again, and leave the file as it is.";
const GOOD = {
  round: /^[1-9]\d{0,4}$/,
  rounds: /^[1-9]\d{0,4}$/,
  layout: /^[^\p{C}]{1,40}$/u,
  way: /^(hear|see)$/,
  wrong: /^(easy|hard|any)$/,
  right: /^[01]$/,
  seconds: /^\d{1,6}(\.\d+)?$/,
};

/** The guesses of a file; throws a sentence if it is another kind of file. */
function guessesOf(name, text) {
  const [head, ...lines] = text.replace(/^\uFEFF/, "").replace(/\s+$/, "").split(/\r?\n/);
  if (head !== FIELDS.join(",")) throw Error(`'${name}' does not begin with the line '${FIELDS.join(",")}', as the results of a quiz do. ${AGAIN}`);
  if (!lines.length) throw Error(`'${name}' holds no guess. Play a round, then save.`);
  return lines.map((line, i) => {
    const values = line.split(",");
    const wrong = FIELDS.findIndex((field, place) => !GOOD[field].test(values[place] ?? ""));
    if (values.length !== FIELDS.length || wrong >= 0 || Number(values[0]) !== i + 1) {
      throw Error(`'${name}', line ${i + 2}: '${line.slice(0, 60)}' is no guess as the quiz saves it. ${AGAIN}`);
    }
    return Object.fromEntries(FIELDS.map((field, place) => [field, values[place]]));
  });
}

/** How many are right, of how many, and as how many independent ones they count (Rao and Scott 1992). */
function worth(people) {
  const [right, of] = [0, 1].map((which) => people.reduce((sum, tally) => sum + tally[which], 0));
  const share = right / of;
  const byChance = of * share * (1 - share);
  if (people.length < 2 || !byChance) return [right, of, of];
  const squares = people.reduce((sum, [good, all]) => sum + (good - share * all) ** 2, 0);
  return [right, of, of / Math.max(1, ((people.length / (people.length - 1)) * squares) / byChance)];
}

/** The scores of several people together, a name of pictures. */
function pooled(people) {
  const names = [...new Set(people.flat().map(({ layout }) => layout)), "all"];
  const tally = (guesses) => [guesses.filter(({ right }) => right === "1").length, guesses.length];
  const about = (name) => people.map((guesses) => guesses.filter(({ layout }) => name === "all" || layout === name));
  return Object.fromEntries(names.map((name) => [name, worth(about(name).filter(({ length }) => length).map(tally))]));
}

/** What the page shows below the quiz. */
function below() {
  const input = make("input", { type: "file", multiple: true, accept: ".csv" });
  const said = make("div", { className: "mycs-message" });
  const place = make("div", {});
  said.setAttribute("role", "status");
  input.addEventListener("change", async () => {
    place.replaceChildren();
    try {
      const seen = new Map();
      for (const file of input.files) {
        const text = await file.text();
        if (seen.has(text)) throw Error(`'${file.name}' holds the same guesses as '${seen.get(text)}': leave one of the two out.`);
        seen.set(text, file.name);
      }
      const people = [...seen].map(([text, name]) => guessesOf(name, text));
      if (!people.length) return;
      const scores = pooled(people);
      const table = new Scores("The class. Who only guesses is right in a quarter (dotted).", Object.keys(scores));
      table.show(scores);
      place.append(table.root);
      said.textContent = people.length === 1 ? "1 person" : `${people.length} people`;
    } catch (error) {
      said.textContent = error.message;
    }
  });
  const words = "Pool the results of a class: choose the files that everybody has saved. They stay on this computer.";
  return make("div", { className: "mycs mycs-pool" }, make("label", {}, make("span", { textContent: words }), input), said, place);
}
