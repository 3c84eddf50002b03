// A view of Drypoint on a page: it draws the pictures that arrive, moves them at once, and asks for what is shown.
// All that is known of the data is in the messages (decision 0034). Places are counted in home pixels, from the lower
// left corner of all data; a pixel of the screen is m * 2^e of them, m from 4 to 7, as `grid.py` has it.

const NS = "http://www.w3.org/2000/svg";
const KEPT = 6; // pictures, beside the newest
const SOON = 40; // milliseconds between two requests
const DRAG = 4; // pixels before a press is a drag

// ---- numbers: no page is needed for these

/** The pixel size of the grid nearest to another; `up`: the least that is no smaller, `down`: the largest no larger. */
export function snapped(size, way = "near") {
  const exponent = Math.floor(Math.log2(size)) - 2;
  const mantissa = size / 2 ** exponent; // from 4 up to 8
  const whole = way === "up" ? Math.ceil(mantissa - 1e-9) : way === "down" ? Math.floor(mantissa + 1e-9) : Math.round(mantissa);
  return whole * 2 ** exponent;
}

/** The next pixel size, larger (+1) or smaller (-1). */
export function next(size, direction) {
  return direction > 0 ? snapped(size * 1.01, "up") : snapped(size / 1.01, "down");
}

/** Where pixels begin that show from `first` to `last` in their middle, and their size. */
export function fitted(first, last, pixels, least, most) {
  const size = Math.min(Math.max(snapped((last - first) / pixels, "up"), least), most);
  return { origin: Math.floor((first + last) / (2 * size) - pixels / 2 + 0.5), size };
}

/** A window zoomed about a place (in pixels from its corner), its pixels whole again. */
export function zoomed(origin, size, place, wanted) {
  return { origin: Math.round(((origin + place) * size) / wanted - place), size: wanted };
}

const UNITS = { date: 864e5, "timestamp[s": 1e3, "timestamp[ms": 1, "timestamp[us": 1e-3, "timestamp[ns": 1e-6 };

/** Milliseconds in a unit of a column of instants; undefined for numbers. */
export function unitOf(kind) {
  return UNITS[kind.split(",")[0].replace(/\]$/, "")];
}

/** A number for people, with so many decimals or as short as it can be said. */
export function written(value, step) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-5) {
    const digits = step ? Math.max(0, Math.min(15, Math.ceil(Math.log10(size) - Math.log10(step)))) : 5;
    return value.toExponential(digits).replace(/\.?0*e\+?/, "e").replace("-", "−").replace("e-", "e−");
  }
  const decimals = step ? Math.max(0, Math.min(20, -Math.floor(Math.log10(step) + 1e-9))) : undefined;
  const text = step ? value.toFixed(decimals) : String(Number(value.toPrecision(6)));
  const [whole, rest] = text.replace("-", "").split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return (value < 0 ? "−" : "") + grouped + (rest ? "." + rest : "");
}

function linearStep(span, count) {
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw * 0.999999);
}

function linearTicks(low, high, count) {
  const step = linearStep(high - low, count);
  const values = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9 && values.length < 100; at++) values.push(at * step);
  return { step, values };
}

/** Numbers that differ late are told from a base on: "base + what is written". */
function based(low, high, count) {
  const { step, values } = linearTicks(low, high, count);
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (values.length < 2 || size / step < 1e5) return { values, labels: values.map((value) => written(value, step)), base: "" };
  const large = 10 ** Math.ceil(Math.log10(high - low) + 1e-9) * 10;
  const base = Math.floor(low / large) * large;
  const labels = values.map((value) => (value - base < step / 2 ? "0" : written(value - base, step)));
  return { values, labels, base: (base < 0 ? "" : "+") + written(base, large) };
}

const SECOND = 1e3, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const CLOCK = [1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE,
  2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY];
const MONTHS = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000];

/** Instants in milliseconds since 1970 (UTC). */
function timeTicks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  const values = [];
  if (raw < 0.5) {
    const second = Math.floor(low / SECOND) * SECOND;
    const { step, values: parts } = linearTicks(low - second, high - second, count);
    const labels = parts.map((part) => written(part / SECOND, step / SECOND));
    return { values: parts.map((part) => part + second), labels, base: instant(second, SECOND) };
  }
  const step = CLOCK.find((one) => one >= raw * 0.999);
  if (step) {
    const week = step === 7 * DAY ? 4 * DAY : 0; // 1970 began with a Thursday; weeks begin with Monday
    for (let at = Math.ceil((low - week) / step) * step + week; at <= high; at += step) values.push(at);
    const base = step < DAY ? instant(low, DAY) : "";
    const labels = values.map((value) => step >= DAY ? instant(value, DAY)
      : value % DAY === 0 ? instant(value, DAY) : instant(value, step).slice(11));
    return { values, labels, base: labels.some((label) => label.length === 10) ? "" : base };
  }
  const months = MONTHS.find((one) => one * 30.4 * DAY >= raw) ?? 60000;
  const from = new Date(low);
  for (let month = Math.floor((from.getUTCFullYear() * 12 + from.getUTCMonth()) / months) * months; ; month += months) {
    const at = new Date(0);
    at.setUTCFullYear(Math.floor(month / 12), month % 12, 1);
    if (!(at.getTime() <= high) || values.length > 100) break;
    if (at.getTime() >= low) values.push(at.getTime());
  }
  return { values, labels: values.map((value) => instant(value, months < 12 ? 30 * DAY : 365 * DAY)), base: "" };
}

/** An instant as ISO 8601 writes it, as finely as a step needs. */
export function instant(milliseconds, step) {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return "?";
  const text = date.toISOString().replace("T", " ").replace("Z", "");
  const start = text.indexOf("-", 1);
  return text.slice(0, start + (step >= 365 * DAY ? 0 : step >= 28 * DAY ? 3 : step >= DAY ? 6 : step >= MINUTE ? 12 : step >= SECOND ? 15 : 19));
}

/** Ticks of an axis between two places (for a logarithmic one logarithms): places, labels, what all labels lack. */
export function ticks(axis, low, high, count) {
  const unit = unitOf(axis.kind);
  if (axis.scale !== "log") {
    if (unit === undefined) {
      const found = based(low, high, count);
      return { ...found, places: found.values };
    }
    const found = timeTicks(low * unit, high * unit, count);
    return { ...found, places: found.values.map((value) => value / unit) };
  }
  if (high - low > 1.5) {
    const every = Math.max(1, Math.ceil((high - low) / Math.max(1, count)));
    const values = [];
    for (let power = Math.ceil(low / every) * every; power <= high; power += every) values.push(power);
    const labels = values.map((power) => (Math.abs(power) < 5 ? written(10 ** power, Math.min(1, 10 ** power)) : `1e${String(power).replace("-", "−")}`));
    return { values, labels, base: "", places: values };
  }
  const found = based(10 ** low, 10 ** high, count);
  const kept = found.values.map((value, at) => [value, found.labels[at]]).filter(([value]) => value > 0);
  return { values: kept.map(([value]) => value), labels: kept.map(([, label]) => label), base: found.base, places: kept.map(([value]) => Math.log10(value)) };
}

/** The place (for a logarithmic axis a logarithm) of so many home pixels. */
export function placeOf(axis, home) {
  const share = home / axis.pixels;
  return axis.first * (1 - share) + axis.last * share;
}

function homeOf(axis, place) {
  return ((place - axis.first) / (axis.last - axis.first)) * axis.pixels;
}

/** A place as text for people, as finely as a pixel there is. */
export function told(axis, home, size) {
  const place = placeOf(axis, home);
  const pixel = Math.abs(placeOf(axis, home + size) - place);
  const unit = unitOf(axis.kind);
  if (axis.scale === "log") return written(Number((10 ** place).toPrecision(4)), 0);
  if (unit !== undefined) return instant(place * unit, Math.min(pixel * unit, DAY) / 2);
  return written(place, 10 ** Math.floor(Math.log10(pixel)));
}

/** Whether a window holds another one, of the same pixels. */
export function holds(one, other) {
  return one.width === other.width && one.height === other.height && one.column <= other.column && one.row <= other.row
    && one.column + one.columns >= other.column + other.columns && one.row + one.rows >= other.row + other.rows;
}

// ---- the page

const ICONS = {
  pan: "M8 1v14M1 8h14M8 1 6 3M8 1l2 2M8 15l-2-2M8 15l2-2M1 8l2-2M1 8l2 2M15 8l-2-2M15 8l-2 2",
  box: "M2 5V2h3M11 2h3v3M14 11v3h-3M5 14H2v-3M5.5 5.5h5v5h-5z",
  in: "M8 3v10M3 8h10",
  out: "M3 8h10",
  home: "M2 8l6-6 6 6M4 7v7h8V7",
};

const STYLE = `
.drypoint-view { --ink: #1f2430; --faint: #5b6270; --line: #b9bec8; --ground: #ffffff; --lit: #0b62c4;
  color: var(--ink); font: 12px/1.35 system-ui, sans-serif; position: relative; display: inline-block; max-width: 100%;
  box-sizing: border-box; background: var(--ground); padding: 6px 10px 4px 0; border-radius: 4px; }
.drypoint-view.dark { --ink: #e6e8ec; --faint: #a3a9b5; --line: #4d5462; --ground: #15171c; --lit: #6db3ff; }
.drypoint-view .head, .drypoint-view .foot { display: flex; align-items: center; gap: 2px; padding-left: 66px; min-height: 26px; }
.drypoint-view .name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--faint); }
.drypoint-view button { all: unset; box-sizing: border-box; width: 26px; height: 26px; border-radius: 4px; cursor: pointer; display: grid;
  place-items: center; color: var(--faint); }
.drypoint-view button:hover { color: var(--ink); background: color-mix(in srgb, var(--line) 35%, transparent); }
.drypoint-view button[aria-pressed="true"] { color: var(--lit); }
.drypoint-view button:focus-visible { outline: 2px solid var(--lit); outline-offset: 1px; }
.drypoint-view .plot:focus { outline: 1px solid var(--lit); outline-offset: 0; }
.drypoint-view button svg { width: 14px; height: 14px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: round; }
.drypoint-view .plot { position: absolute; overflow: hidden; touch-action: none; cursor: grab; outline: none; }
.drypoint-view .plot.moving { cursor: grabbing; }
.drypoint-view .plot.boxing { cursor: crosshair; }
.drypoint-view canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.drypoint-view .stage { position: relative; }
.drypoint-view .stage > svg { position: absolute; inset: 0; overflow: visible; pointer-events: none; font: 11px system-ui, sans-serif; fill: var(--ink); font-variant-numeric: tabular-nums; }
.drypoint-view .stage > svg line, .drypoint-view .stage > svg rect { stroke: var(--line); fill: none; shape-rendering: crispEdges; }
.drypoint-view .stage > svg .title { fill: var(--faint); font-size: 12px; }
.drypoint-view .box { position: absolute; border: 1px solid var(--lit); background: color-mix(in srgb, var(--lit) 14%, transparent); pointer-events: none; display: none; }
.drypoint-view .bar { position: absolute; left: 0; bottom: 0; height: 3px; width: 0; background: var(--lit); opacity: 0; transition: opacity .2s; pointer-events: none; }
.drypoint-view .under { flex: 1; min-width: 0; white-space: pre; overflow: hidden; text-overflow: ellipsis; font-variant-numeric: tabular-nums; }
.drypoint-view .state { color: var(--faint); white-space: nowrap; }
.drypoint-view .wrong { position: absolute; left: 10px; right: 10px; top: 10px; padding: 6px 10px; border-radius: 4px; color: #7a0916; background: #ffe3e5;
  border: 1px solid #d9808a; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 60%; overflow: auto; display: none; cursor: text; user-select: text; }
@media (prefers-reduced-motion: reduce) { .drypoint-view .bar { transition: none; } }
`;

const LEFT = 66, RIGHT = 6, TOP = 4, BOTTOM = 38;
let pages = 0;

function element(tag, names, parent) {
  const made = document.createElement(tag);
  Object.assign(made, names);
  parent?.append(made);
  return made;
}

function drawn(tag, attributes, parent, text) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

/** Whether what is behind the view is dark: the notebook says it, or the system. */
function isDark(el) {
  const lab = document.body?.dataset.jpThemeLight;
  if (lab) return lab === "false";
  if (document.body?.dataset.vscodeThemeKind) return /dark|contrast$/.test(document.body.dataset.vscodeThemeKind);
  const scheme = getComputedStyle(el).colorScheme;
  if (scheme === "dark" || scheme === "light") return scheme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

class Page {
  constructor(model, el) {
    this.model = model;
    this.home = model.get("home");
    this.name = `${Date.now().toString(36)}-${pages++}`;
    this.pictures = []; // the newest last
    this.number = 0; // of the last request
    this.answered = 0;
    this.pointers = new Map();
    this.boxing = false;
    this.moving = null; // what the pointers do
    this.wish = null; // a size between two of the grid, while a wheel turns
    this.ended = new AbortController();
    this.build(el);
    this.resize();
  }

  build(el) {
    const { x, y, name, reduction } = this.home;
    const listen = { signal: this.ended.signal };
    this.root = element("div", { className: "drypoint-view" }, el);
    element("style", { textContent: STYLE }, this.root);
    const head = element("div", { className: "head" }, this.root);
    element("div", { className: "name", textContent: `${reduction} of ${name}`, title: name }, head);
    const button = (icon, label, act) => {
      const made = element("button", { type: "button", title: label, ariaLabel: label }, head);
      drawn("path", { d: ICONS[icon] }, drawn("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, made));
      made.addEventListener("click", act, listen);
      return made;
    };
    this.panButton = button("pan", "Move by dragging", () => this.setBoxing(false));
    this.boxButton = button("box", "Zoom to a box (B, or hold Shift)", () => this.setBoxing(true));
    button("in", "Zoom in (+)", () => this.step(-1));
    button("out", "Zoom out (-)", () => this.step(1));
    button("home", "Show all (0)", () => this.reset());
    this.stage = element("div", { className: "stage" }, this.root);
    this.axes = drawn("svg", { "aria-hidden": "true" }, this.stage);
    this.plot = element("div", { className: "plot", tabIndex: 0 }, this.stage);
    this.plot.setAttribute("role", "application");
    this.plot.setAttribute("aria-roledescription", "movable plot");
    this.canvas = element("canvas", {}, this.plot);
    this.canvas.setAttribute("aria-hidden", "true");
    this.box = element("div", { className: "box" }, this.plot);
    this.bar = element("div", { className: "bar" }, this.plot);
    this.wrong = element("div", { className: "wrong", role: "alert" }, this.plot);
    this.wrong.setAttribute("role", "alert");
    const foot = element("div", { className: "foot" }, this.root);
    this.under = element("div", { className: "under" }, foot);
    this.under.setAttribute("aria-live", "polite");
    this.state = element("div", { className: "state" }, foot);
    this.setBoxing(false);
    for (const [event, act] of Object.entries({
      pointerdown: this.press, pointermove: this.drag, pointerup: this.release, pointercancel: this.cancel,
      pointerleave: this.leave, wheel: this.wheel, dblclick: () => this.reset(), keydown: this.key,
    })) this.plot.addEventListener(event, act.bind(this), { ...listen, passive: false });
    this.wrong.addEventListener("pointerdown", (event) => event.stopPropagation(), listen);
    this.onMessage = (message, buffers) => this.receive(message, buffers);
    this.model.on("msg:custom", this.onMessage);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(el);
    this.themes = new MutationObserver(() => this.retheme());
    this.themes.observe(document.body, { attributes: true });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.retheme(), listen);
    this.dark = isDark(this.root);
    this.root.classList.toggle("dark", this.dark);
    this.outer = el;
    this.watchDensity();
  }

  /** A window moved to another screen, or zoomed by the browser, has other pixels. */
  watchDensity() {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => {
      this.resize();
      this.watchDensity();
    }, { once: true, signal: this.ended.signal });
  }

  retheme() {
    const dark = isDark(this.root);
    if (dark === this.dark) return;
    this.dark = dark;
    this.root.classList.toggle("dark", dark);
    this.ask(true);
  }

  /** As wide as was asked for, or as there is room; as many pixels as the screen has. */
  resize() {
    const room = this.outer.clientWidth || Infinity;
    const { x, y, most_pixels: mostPixels } = this.home;
    const wide = Math.max(50, Math.min(x.pixels, Math.floor(room - LEFT - RIGHT - 10)));
    const ratio = Math.min(devicePixelRatio || 1, Math.sqrt(mostPixels / (wide * y.pixels)));
    if (wide === this.wide && ratio === this.ratio) return;
    const columns = Math.round(wide * ratio), rows = Math.round(y.pixels * ratio);
    const before = this.view;
    this.wide = wide;
    this.ratio = ratio;
    const shown = before ?? this.home.window;
    const box = [shown.column * shown.width, (shown.column + shown.columns) * shown.width, shown.row * shown.height, (shown.row + shown.rows) * shown.height];
    this.canvas.width = columns;
    this.canvas.height = rows;
    Object.assign(this.plot.style, { left: `${LEFT}px`, top: `${TOP}px`, width: `${wide}px`, height: `${y.pixels}px` });
    Object.assign(this.stage.style, { width: `${LEFT + wide + RIGHT}px`, height: `${TOP + y.pixels + BOTTOM}px` });
    this.axes.setAttribute("width", LEFT + wide + RIGHT);
    this.axes.setAttribute("height", TOP + y.pixels + BOTTOM);
    this.root.querySelector(".head").style.width = this.root.querySelector(".foot").style.width = `${wide}px`;
    this.show(box, columns, rows);
  }

  /** Show a box of home (left, right, bottom, top) in the middle. */
  show([left, right, bottom, top], columns = this.view.columns, rows = this.view.rows) {
    const { x, y } = this.home;
    const across = fitted(left, right, columns, x.least, x.most), along = fitted(bottom, top, rows, y.least, y.most);
    this.view = { column: across.origin, row: along.origin, columns, rows, width: across.size, height: along.size };
    this.wish = null;
    this.redraw();
    this.ask();
  }

  reset() {
    this.show([0, this.home.x.pixels, 0, this.home.y.pixels]);
  }

  /** Move by so many pixels of the screen; kept within reach of the data. */
  move(columns, rows) {
    const view = this.view;
    this.view = { ...view, ...this.kept(view.column + Math.round(columns), view.row + Math.round(rows), view.width, view.height) };
    this.redraw();
  }

  /** Of a corner's column and row, those nearest at which the middle still shows a part of home. */
  kept(column, row, width, height) {
    const { x, y } = this.home;
    const within = (at, count, size, pixels) => Math.max(-Math.floor(count / 2), Math.min(at, Math.ceil(pixels / size - count / 2)));
    return { column: within(column, this.view.columns, width, x.pixels), row: within(row, this.view.rows, height, y.pixels) };
  }

  /** Zoom by a factor about a place of the plot (in pixels of the canvas, from its lower left). */
  zoom(factor, place) {
    const { view, home } = this;
    const [across, along] = place ?? [view.columns / 2, view.rows / 2];
    const size = (now, axis) => Math.min(Math.max(snapped(now * factor), axis.least), axis.most);
    const x = zoomed(view.column, view.width, across, size(view.width, home.x));
    const y = zoomed(view.row, view.height, along, size(view.height, home.y));
    this.view = { ...view, width: x.size, height: y.size, ...this.kept(x.origin, y.origin, x.size, y.size) };
    this.redraw();
  }

  /** One step of the grid's sizes in (-1) or out (+1). */
  step(direction, place) {
    const { view } = this;
    const wanted = next(Math.max(view.width, view.height), direction);
    this.zoom(wanted / Math.max(view.width, view.height), place);
    this.ask();
  }

  setBoxing(on) {
    this.boxing = on;
    this.panButton.ariaPressed = String(!on);
    this.boxButton.ariaPressed = String(on);
    this.plot.classList.toggle("boxing", on);
  }

  // ---- what people do

  at(event) {
    const area = this.plot.getBoundingClientRect();
    return [(event.clientX - area.left) * (this.view.columns / area.width), (area.bottom - event.clientY) * (this.view.rows / area.height)];
  }

  press(event) {
    if (event.button > 0) return;
    this.plot.focus({ preventScroll: true });
    this.plot.setPointerCapture?.(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
    if (this.pointers.size === 2) {
      this.hideBox();
      this.moving = { kind: "pinch", view: this.view, from: [...this.pointers.values()] };
    } else if (this.pointers.size === 1) {
      const kind = this.boxing !== event.shiftKey ? "box" : "pan";
      this.moving = { kind, view: this.view, from: this.at(event), begun: false };
    }
    event.preventDefault();
  }

  drag(event) {
    const place = this.at(event);
    if (!this.pointers.has(event.pointerId)) return this.hover(place);
    this.pointers.set(event.pointerId, place);
    const moving = this.moving;
    if (moving?.kind === "pinch" && this.pointers.size === 2) return this.pinch();
    if (!moving || moving.kind === "pinch") return undefined;
    const [dx, dy] = [place[0] - moving.from[0], place[1] - moving.from[1]];
    if (!moving.begun && Math.hypot(dx, dy) < DRAG * this.ratio) return undefined;
    moving.begun = true;
    if (moving.kind === "box") return this.drawBox(moving.from, place);
    this.plot.classList.add("moving");
    this.view = { ...this.view, column: moving.view.column, row: moving.view.row };
    this.move(-dx, -dy);
    return this.ask();
  }

  pinch() {
    const { view, from } = this.moving;
    const now = [...this.pointers.values()];
    const apart = ([a, b]) => Math.max(8, Math.hypot(a[0] - b[0], a[1] - b[1]));
    const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    this.view = view;
    this.zoom(apart(from) / apart(now), middle(from));
    const [m, n] = [middle(from), middle(now)];
    this.move(m[0] - n[0], m[1] - n[1]);
    this.ask();
  }

  release(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const { moving } = this;
    if (moving?.kind === "box" && moving.begun) {
      const [a, b] = [moving.from, this.at(event)];
      const { column, row, width, height, columns, rows } = this.view;
      const clip = (value, most) => Math.max(0, Math.min(value, most));
      const xs = [clip(a[0], columns), clip(b[0], columns)].sort((p, q) => p - q);
      const ys = [clip(a[1], rows), clip(b[1], rows)].sort((p, q) => p - q);
      if (xs[1] - xs[0] >= DRAG && ys[1] - ys[0] >= DRAG) {
        this.show([(column + xs[0]) * width, (column + xs[1]) * width, (row + ys[0]) * height, (row + ys[1]) * height]);
      }
    }
    this.rest();
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.rest();
  }

  rest() {
    this.hideBox();
    this.plot.classList.remove("moving");
    this.moving = null;
    this.ask();
  }

  drawBox(a, b) {
    const css = (value) => value / this.ratio;
    const height = this.home.y.pixels;
    const [left, right] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])].map(css);
    const [low, high] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])].map(css);
    Object.assign(this.box.style, { display: "block", left: `${left}px`, top: `${height - high}px`, width: `${right - left}px`, height: `${high - low}px` });
  }

  hideBox() {
    this.box.style.display = "none";
  }

  wheel(event) {
    const focused = this.plot.getRootNode().activeElement === this.plot;
    if (!focused && !event.ctrlKey && !event.metaKey) {
      this.say("click, or hold Ctrl, to zoom with the wheel");
      return;
    }
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1;
    const factor = Math.exp(Math.max(-300, Math.min(event.deltaY * lines, 300)) * (event.ctrlKey && Math.abs(event.deltaY) < 40 ? 0.01 : 0.002));
    const size = Math.max(this.view.width, this.view.height);
    this.wish = (this.wish ?? size) * factor;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => { this.wish = null; }, 400);
    const wanted = snapped(this.wish);
    if (wanted === size) return;
    this.zoom(wanted / size, this.at(event));
    this.ask();
  }

  key(event) {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const far = (event.shiftKey ? 0.5 : 0.1) * this.view.columns;
    const acts = {
      ArrowLeft: () => this.move(-far, 0), ArrowRight: () => this.move(far, 0),
      ArrowUp: () => this.move(0, far), ArrowDown: () => this.move(0, -far),
      "+": () => this.step(-1), "=": () => this.step(-1), "-": () => this.step(1), _: () => this.step(1),
      0: () => this.reset(), Home: () => this.reset(), b: () => this.setBoxing(!this.boxing), B: () => this.setBoxing(!this.boxing),
      Escape: () => { this.pointers.clear(); this.setBoxing(false); this.rest(); },
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation(); // or the notebook would take the key for itself
    act();
    this.ask();
    this.hover([this.view.columns / 2, this.view.rows / 2]);
  }

  /** Tell what is at a place; the value comes when the kernel has time. */
  hover([across, along]) {
    const { view, home } = this;
    const column = view.column + Math.floor(across), row = view.row + Math.floor(along);
    const place = `${home.x.label} ${told(home.x, (column + 0.5) * view.width, view.width)}   ${home.y.label} ${told(home.y, (row + 0.5) * view.height, view.height)}`;
    if (this.pointed?.column === column && this.pointed?.row === row && this.pointed?.width === view.width) return;
    this.pointed = { column, row, width: view.width, height: view.height, place };
    this.under.textContent = place;
    clearTimeout(this.pointing);
    this.pointing = setTimeout(() => this.model.send({ type: "value", page: this.name, id: `${column},${row},${view.width}`, column, row, width: view.width, height: view.height }), 30);
  }

  leave() {
    this.pointed = null;
    clearTimeout(this.pointing);
    this.under.textContent = "";
  }

  say(text) {
    this.state.textContent = text;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { this.state.textContent = ""; }, 2500);
  }

  // ---- asking and drawing

  /** Ask for what is shown, unless it is at hand; the newest request is the only one that counts. */
  ask(again = false) {
    this.again ||= again;
    this.wanted = true;
    if (this.asking) return;
    this.asking = setTimeout(() => {
      this.asking = null;
      if (!this.wanted || this.ended.signal.aborted) return;
      this.wanted = false;
      const newest = this.pictures[this.pictures.length - 1];
      const key = JSON.stringify([this.view, this.dark]);
      if (!this.again && key === this.told) return;
      this.told = key;
      if (!this.again && newest?.dark === this.dark && holds(newest.window, this.view)) {
        this.model.send({ type: "at", page: this.name, id: this.number, ...this.view });
        return;
      }
      this.again = false;
      this.number += 1;
      this.begun = performance.now();
      this.model.send({ type: "draw", page: this.name, id: this.number, dark: this.dark, ...this.view });
    }, SOON);
  }

  async receive(message, buffers) {
    if (message.type === "closed") return this.finish();
    if (message.type === "go") {
      const { column, row, columns, rows, width, height } = message;
      return this.show([column * width, (column + columns) * width, row * height, (row + rows) * height]);
    }
    if (message.page !== this.name) return undefined;
    if (message.type === "value") {
      const at = this.pointed;
      if (at && message.id === `${at.column},${at.row},${at.width}`) this.under.textContent = message.text ? `${at.place}   ${message.text}` : at.place;
      return undefined;
    }
    if (message.id < this.answered) return undefined;
    if (message.type === "progress") return this.progress(message.share);
    this.answered = message.id;
    if (message.id === this.number) this.progress(null);
    if (message.type === "error") {
      this.wrong.textContent = message.text;
      this.wrong.style.display = "block";
      return undefined;
    }
    if (message.type !== "picture") return undefined;
    this.wrong.style.display = "none";
    const dark = this.dark;
    const bytes = buffers?.[0];
    const bitmap = bytes ? await createImageBitmap(new Blob([bytes], { type: "image/png" })) : null;
    if (this.ended.signal.aborted || message.id < this.answered) return bitmap?.close();
    const { window: whole, part } = message;
    const pictures = this.pictures.filter((one) => one.dark === dark && !holds(whole, one.window));
    for (const gone of this.pictures) if (!pictures.includes(gone)) gone.bitmap?.close();
    while (pictures.length > KEPT) pictures.splice(1, 1)[0].bitmap?.close(); // the first one is the whole, mostly
    pictures.push({ bitmap, window: whole, part, dark });
    this.pictures = pictures;
    this.milliseconds = message.milliseconds;
    this.canvas.dataset.shown = String(message.id);
    this.redraw();
    return undefined;
  }

  progress(share) {
    this.bar.style.opacity = share === null ? 0 : 1;
    if (share !== null) this.bar.style.width = `${Math.max(4, 100 * share)}%`;
    if (share !== null) this.state.textContent = share > 0 ? `reading ${Math.round(100 * share)} %` : "reading";
    else if (/^reading/.test(this.state.textContent)) this.state.textContent = "";
  }

  redraw() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = null;
      this.paint();
      this.rule();
    });
  }

  /** The pictures at hand, coarse ones first, what lies under a finer one wiped. */
  paint() {
    const { view, canvas } = this;
    const brush = canvas.getContext("2d");
    brush.clearRect(0, 0, canvas.width, canvas.height);
    brush.imageSmoothingEnabled = false;
    const newest = this.pictures[this.pictures.length - 1];
    const others = this.pictures.filter((one) => one !== newest && one.dark === this.dark);
    const nearness = (one) => Math.abs(Math.log(one.window.width / view.width)) + Math.abs(Math.log(one.window.height / view.height));
    others.sort((a, b) => nearness(b) - nearness(a));
    const order = newest && nearness(newest) > 0 && others.some((one) => nearness(one) === 0) ? [newest, ...others] : [...others, ...(newest ? [newest] : [])];
    const place = (window) => {
      const left = (window.column * window.width) / view.width - view.column, right = ((window.column + window.columns) * window.width) / view.width - view.column;
      const low = (window.row * window.height) / view.height - view.row, high = ((window.row + window.rows) * window.height) / view.height - view.row;
      return [left, view.rows - high, right - left, high - low];
    };
    for (const one of order) {
      const whole = place(one.window);
      if (whole[0] >= view.columns || whole[1] >= view.rows || whole[0] + whole[2] <= 0 || whole[1] + whole[3] <= 0) continue;
      brush.clearRect(...whole);
      if (one.bitmap) {
        brush.imageSmoothingEnabled = one.window.width < view.width;
        brush.drawImage(one.bitmap, ...place(one.part));
      }
    }
  }

  /** Frame, ticks and labels. */
  rule() {
    const { view, home, wide, axes } = this;
    const tall = home.y.pixels;
    axes.replaceChildren();
    drawn("rect", { x: LEFT - 0.5, y: TOP - 0.5, width: wide + 1, height: tall + 1 }, axes);
    const ends = (axis, first, count, size) => [placeOf(axis, first * size), placeOf(axis, (first + count) * size)];
    const [left, right] = ends(home.x, view.column, view.columns, view.width);
    const [low, high] = ends(home.y, view.row, view.rows, view.height);
    const across = ticks(home.x, left, right, wide / (unitOf(home.x.kind) === undefined ? 90 : 110));
    across.places.forEach((place, at) => {
      const x = LEFT + (homeOf(home.x, place) / view.width - view.column) / this.ratio;
      if (x < LEFT - 0.5 || x > LEFT + wide + 0.5) return;
      drawn("line", { x1: Math.round(x) + 0.5, x2: Math.round(x) + 0.5, y1: TOP + tall, y2: TOP + tall + 4 }, axes);
      drawn("text", { x: Math.min(Math.max(x, LEFT), LEFT + wide), y: TOP + tall + 16, "text-anchor": "middle" }, axes, across.labels[at]);
    });
    const along = ticks(home.y, low, high, tall / 48);
    along.places.forEach((place, at) => {
      const y = TOP + tall - (homeOf(home.y, place) / view.height - view.row) / this.ratio;
      if (y < TOP - 0.5 || y > TOP + tall + 0.5) return;
      drawn("line", { x1: LEFT - 4, x2: LEFT, y1: Math.round(y) - 0.5, y2: Math.round(y) - 0.5 }, axes);
      drawn("text", { x: LEFT - 7, y: y + 3.5, "text-anchor": "end" }, axes, along.labels[at]);
    });
    drawn("text", { x: LEFT + wide / 2, y: TOP + tall + 32, "text-anchor": "middle", class: "title" }, axes, home.x.label);
    drawn("text", { x: 0, y: 0, "text-anchor": "middle", class: "title", transform: `translate(11 ${TOP + tall / 2}) rotate(-90)` }, axes, home.y.label);
    if (across.base) drawn("text", { x: LEFT + wide, y: TOP + tall + 32, "text-anchor": "end" }, axes, across.base);
    if (along.base) drawn("text", { x: 11, y: TOP + 4, "text-anchor": "end", transform: `rotate(-90 11 ${TOP + 4})` }, axes, along.base);
    const say = (axis, from, to, size) => `${axis.label} from ${told(axis, from, size)} to ${told(axis, to, size)}`;
    this.plot.setAttribute("aria-label", `${home.reduction} of ${home.name}, ${say(home.x, view.column * view.width, (view.column + view.columns) * view.width, view.width)}, `
      + `${say(home.y, view.row * view.height, (view.row + view.rows) * view.height, view.height)}. Arrows move, plus and minus zoom, 0 shows all.`);
  }

  /** The view was closed: its last picture stays, and nothing moves it. */
  finish() {
    this.end(false);
    this.plot.style.cursor = "default";
    this.state.textContent = "closed";
  }

  end(gone = true) {
    if (this.ended.signal.aborted) return;
    if (gone) this.model.send({ type: "gone", page: this.name });
    this.ended.abort();
    this.model.off("msg:custom", this.onMessage);
    this.sizes.disconnect();
    this.themes.disconnect();
    for (const timer of [this.asking, this.pointing, this.settling, this.saying]) clearTimeout(timer);
    if (gone) for (const one of this.pictures) one.bitmap?.close();
    if (gone) this.pictures = [];
  }
}

/** What anywidget calls for each place where the view is shown; the answer is called when that place goes. */
function render({ model, el }) {
  const page = new Page(model, el);
  return () => page.end();
}

export default { render };
