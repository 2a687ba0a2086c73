/* A picture on a page: which pixels show a moment, and how they light up. Explained in notebooks/00-start-here.ipynb.

`times` says for each pixel the second at which its moment begins. That is all it takes to find the moment of a
click and the pixels of a moment: nothing in here knows along which path time runs through the picture. */

const ROUNDING = 5e-6; // the beginning of a moment is kept in 32 bits, the position in a number of samples
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function clock(seconds, tenths = true) {
  const t = Math.floor(Math.max(0, seconds) * 10 + 1e-6);
  const text = `${Math.floor(t / 600)}:${String(Math.floor(t / 10) % 60).padStart(2, "0")}`;
  return tenths ? `${text}.${t % 10}` : text;
}

/** The seconds of each pixel as float32, copied because the view may begin at any byte. */
const floats = (view) => new Float32Array(bytes(view).slice().buffer);

/** The moments in order of time: the second each begins, and which pixels show it. A pixel that is NaN shows none. */
function momentsOf(times) {
  const sorted = times.filter((t) => !Number.isNaN(t)).sort();
  const starts = sorted.filter((t, i) => i === 0 || t !== sorted[i - 1]);
  const which = new Uint32Array(times.length);
  const first = new Uint32Array(starts.length + 1);
  for (let p = 0; p < times.length; p++) {
    if (Number.isNaN(times[p])) continue;
    which[p] = last(starts, times[p]);
    first[which[p] + 1]++;
  }
  for (let m = 0; m < starts.length; m++) first[m + 1] += first[m];
  const next = first.slice();
  const pixels = new Uint32Array(sorted.length);
  for (let p = 0; p < times.length; p++) if (!Number.isNaN(times[p])) pixels[next[which[p]]++] = p;
  const n = starts.length;
  const end = n > 1 ? 2 * starts[n - 1] - starts[n - 2] : Infinity;
  return { starts, first, pixels, end };
}

/** The last of the increasing `starts` that is not after `t`; −1 if all are. */
function last(starts, t) {
  let low = -1;
  for (let high = starts.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= t) low = middle;
    else high = middle;
  }
  return low;
}

/** One picture: its colours below, and above them what is lit now and what lies outside the loop. */
class Panel {
  constructor(stage) {
    this.figure = make("figure", { className: "mycs-panel" });
    this.box = make("div", { className: "mycs-box" });
    this.colors = make("canvas", { className: "mycs-colors" });
    this.light = make("canvas", { className: "mycs-light" });
    this.caption = make("figcaption", {});
    this.colors.setAttribute("role", "img");
    this.light.setAttribute("aria-hidden", "true");
    this.box.append(this.colors, this.light);
    this.figure.append(this.box, this.caption);
    stage.append(this.figure);
    this.watcher = new ResizeObserver(() => this.smooth());
    this.watcher.observe(this.box);
  }

  /** Where there are more pixels than room, none may be left out. */
  smooth() {
    const [width, height] = [this.box.clientWidth, this.box.clientHeight].map((size) => Math.round(size * devicePixelRatio));
    const crowded = width < this.colors.width || height < this.colors.height;
    this.box.classList.toggle("mycs-crowded", crowded);
  }

  remove() {
    this.watcher.disconnect();
    this.figure.remove();
  }

  set(about, pixels, times, room, slimmest) {
    const same = this.about && this.about.height === about.height && this.about.width === about.width;
    if (!same || this.view !== times) {
      this.view = times;
      this.times = times.byteLength ? floats(times) : null;
      this.moments = null;
      this.lit = [];
    }
    if (!same) {
      const { height, width } = about;
      for (const canvas of [this.colors, this.light]) Object.assign(canvas, { width, height });
      this.image = new ImageData(width, height);
      this.glow = new ImageData(width, height);
      const shape = Math.min(Math.max(width / height, 1 / slimmest), slimmest);
      // Under a slider the page must not jump: a box keeps its size while the picture has about the same shape.
      if (!this.shape || Math.max(shape / this.shape, this.shape / shape) > 2) {
        this.shape = shape;
        this.least = Math.max(width, height * shape);
        this.box.style.aspectRatio = shape;
        this.fit(room());
      }
      this.smooth();
    }
    this.about = about;
    this.versus = about.versus ? floats(about.versus) : null;
    this.pixels = bytes(pixels);
    this.colors.setAttribute("aria-label", about.alt);
    this.caption.textContent = about.title;
    this.caption.hidden = !about.title;
  }

  /** Whole multiples of the screen's pixels draw all pixels equally large; what needs more room gets the most there is. */
  fit([room, most]) {
    const width = (place) => Math.min(place[0], place[1] * this.shape);
    const least = this.least / devicePixelRatio;
    const times = Math.floor(width(room) / least);
    this.box.style.width = `${times ? times * least : Math.min(least, width(most))}px`;
  }

  paint(lut) {
    const out = new Uint32Array(this.image.data.buffer);
    const { pixels } = this;
    if (lut) for (let i = 0; i < out.length; i++) out[i] = lut[pixels[i]];
    else for (let i = 0, j = 0; i < out.length; i++, j += 3) out[i] = packed(pixels[j], pixels[j + 1], pixels[j + 2]);
    this.colors.getContext("2d").putImageData(this.image, 0, 0);
  }

  /** Darken what lies outside the loop, or outside the band. */
  region(loop, band) {
    const { hz, width } = this.about;
    const outside = (t, p) => {
      const [low, high] = (band && hz?.[Math.floor(p / width)]) ?? [];
      return (loop && (t < loop[0] - ROUNDING || t >= loop[1])) || high <= band?.[0] || low >= band?.[1];
    };
    const limited = this.times && (loop || (band && hz));
    this.base = limited ? Uint32Array.from(this.times, (t, p) => (outside(t, p) ? 0x99000000 : 0)) : null;
    const glow = new Uint32Array(this.glow.data.buffer);
    this.base ? glow.set(this.base) : glow.fill(0);
    this.light.getContext("2d").putImageData(this.glow, 0, 0);
    this.lit = [];
  }

  /** Light up the pixels of the moment at `t`, and those of the moments just before it while music plays. */
  shine(t, trail) {
    if (!this.times) return;
    this.moments ??= momentsOf(this.times);
    const { starts, first, pixels, end } = this.moments;
    const glow = new Uint32Array(this.glow.data.buffer);
    const under = new Uint32Array(this.image.data.buffer);
    for (const p of this.lit) glow[p] = this.base ? this.base[p] : 0;
    this.lit = [];
    t += ROUNDING;
    const now = last(starts, t);
    for (let m = now; m >= 0 && t < end; m--) {
      const bright = m === now ? 1 : 1 - (t - starts[m + 1]) / trail;
      if (!(bright > 0)) break;
      for (let i = first[m]; i < first[m + 1]; i++) {
        const p = pixels[i];
        glow[p] = contrasting(under[p], bright * (m === now ? 1 : 0.7));
        this.lit.push(p);
      }
    }
    this.light.getContext("2d").putImageData(this.glow, 0, 0);
  }

  /** The pixel at a place of the screen: its row, and its number. */
  at(event) {
    const box = this.box.getBoundingClientRect();
    const { width, height } = this.about;
    const inside = (part, size) => Math.min(Math.max(Math.floor(part * size), 0), size - 1);
    const row = inside((event.clientY - box.top) / box.height, height);
    return [row, row * width + inside((event.clientX - box.left) / box.width, width)];
  }
}

// ImageData holds red first; every machine that runs a browser reads it as a number with red lowest.
const packed = (r, g, b) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** White over a dark color, black over a bright one. */
function contrasting(color, alpha) {
  const light = 0.299 * (color & 255) + 0.587 * ((color >> 8) & 255) + 0.114 * ((color >> 16) & 255);
  return ((Math.round(255 * alpha) << 24) | (light < 140 ? 0xffffff : 0)) >>> 0;
}

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
