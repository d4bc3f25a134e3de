// The page: what is chosen, drawn and said whenever it changes.

const SIDE_TONES = { appearance: "appearance", disappearance: "disappearance" };
const element = (id) => document.getElementById(id);
const SIGNS = { dm2_41: "Δm²41", Ue4_sq: "|Ue4|²", Umu4_sq: "|Uμ4|²" };

class Page {
  constructor(about) {
    this.about = about;
    this.library = new Library(about);
    this.state = fromAddress(about, location.hash);
    this.turn = 0;
    this.listen();
    this.show().then(() => this.prepare());
  }

  /** Read what may be chosen next while nothing else is to be done: a change is then drawn at once. */
  async prepare() {
    const idle = () => new Promise((resolve) => (window.requestIdleCallback || setTimeout)(resolve));
    for (const range of Object.keys(this.about.ranges)) {
      const choices = this.about.datasets.flatMap((set) => set.choices).filter((c) => c.covers.includes(range));
      for (const { reference } of choices) {
        await idle();
        await this.library.member(reference, range);
        await this.library.spectrum(reference);
      }
    }
    document.documentElement.dataset.prepared = "";
  }

  listen() {
    // on a phone what is chosen stands above the answer, folded
    if (matchMedia("(max-width: 56rem)").matches) element("controls").open = false;
    const form = element("choices");
    form.addEventListener("change", () => this.chosen());
    form.addEventListener("submit", (event) => event.preventDefault());
    addEventListener("hashchange", () => {
      if (location.hash.replace(/^#/, "") === toAddress(this.about, this.state)) return;
      this.state = fromAddress(this.about, location.hash);
      this.show();
    });
    const plane = element("plane");
    plane.addEventListener("click", (event) => this.pointAt(event));
    plane.addEventListener("pointermove", (event) => {
      if (event.buttons || event.pointerType === "mouse") this.pointAt(event, event.buttons === 0);
    });
    plane.addEventListener("keydown", (event) => this.step(event));
    element("point").addEventListener("change", () => {
      const values = ["point-across", "point-dm2"].map((id) => Number(element(id).value));
      if (values.every((v) => v > 0)) this.point(values);
    });
    element("to-best").addEventListener("click", () => this.point(null));
    element("follow").addEventListener("change", () => (this.follow = element("follow").checked));
    element("reset").addEventListener("click", () => {
      this.state = initial(this.about);
      this.show();
    });
    element("leave").addEventListener("click", () => this.leaveOut());
    const save = (id, make) => element(id).addEventListener("click", () => make(this));
    save("svg", saveSvg);
    save("png", savePng);
    save("csv", saveCsv);
    save("plane-csv", savePlaneCsv);
    element("copy").addEventListener("click", () => navigator.clipboard.writeText(element("command").textContent));
  }

  /** Read what is chosen from the controls. */
  chosen() {
    const state = this.state;
    for (const set of this.about.datasets) {
      state.chosen[set.key] = element(`on-${set.key}`).checked ? element(`choice-${set.key}`).value : null;
    }
    const range = element("choose-range").value;
    const plane = element("choose-plane").value;
    if (plane !== state.plane) state.point = null;
    state.plane = plane;
    state.split = element("choose-split").value;
    state.each = element("each").checked;
    state.critical = element("critical").value;
    const levels = LEVELS.filter((_, k) => element(`level-${k}`).checked);
    if (levels.length) state.levels = levels;
    if (range !== state.range) ranged(this.about, state, range);
    this.show();
  }

  /** Write what is chosen into the controls. */
  controls() {
    const state = this.state;
    for (const set of this.about.datasets) {
      const [box, select] = [element(`on-${set.key}`), element(`choice-${set.key}`)];
      box.checked = state.chosen[set.key] !== null;
      box.disabled = offered(set, state.range) === null;
      for (const option of select.options) option.disabled = within(set, option.value, state.range) !== option.value;
      select.value = state.chosen[set.key] || offered(set, state.range) || set.choices[0].reference;
    }
    element("choose-range").value = state.range;
    element("choose-plane").value = state.plane;
    write(element("across"), PLANES[state.plane].short);
    element("choose-split").value = state.split;
    element("each").checked = state.each;
    element("critical").value = state.critical;
    LEVELS.forEach((level, k) => (element(`level-${k}`).checked = state.levels.includes(level)));
  }

  /** Compute and draw everything. */
  async show() {
    this.controls();
    const turn = ++this.turn;
    const address = toAddress(this.about, this.state);
    history.replaceState(null, "", address ? `#${address}` : location.pathname + location.search);
    this.library.use(this.state.range);
    const members = await membersOf(this.library, this.state);
    const spectra = await Promise.all(members.map((m) => this.library.spectrum(m.reference)));
    if (turn !== this.turn) return;
    const begun = performance.now();
    this.spectra = new Map(members.map((m, k) => [m.reference, spectra[k]]));
    const marks = [begun];
    const mark = () => marks.push(performance.now());
    this.results = evaluated(this.library, members, this.state.split, this.state.plane);
    mark();
    this.draw();
    mark();
    tell(this);
    mark();
    this.atPoint();
    tellLeftOut([]);
    mark();
    this.milliseconds = marks.slice(1).map((m, k) => m - marks[k]);
    document.documentElement.dataset.ready = String(turn);
  }

  /** Draw the plane. */
  draw() {
    const { grid } = this.library;
    this.regions = regionsOf(this);
    this.scales = drawPlane(element("plane"), grid, this.state.plane, this.regions, this.state.levels, this.place());
  }

  /** Return where in the plane is pointed at: what was chosen, or the joint best fit. */
  place() {
    if (this.state.point) return this.state.point;
    const best = this.results.joint && this.results.joint.minimum;
    return best ? inPlane(this.state.plane, best.point) : null;
  }

  pointAt(event, hovering = false) {
    if (hovering && !this.follow) return;
    const svg = element("plane");
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const { x, y, box } = this.scales;
    if (at.x < box.x || at.x > box.x + box.width || at.y < box.y || at.y > box.y + box.height) return;
    this.point([x.invert(at.x), y.invert(at.y)]);
  }

  /** Move the point by a key: a hundredth of the plane, or a tenth with shift. */
  step(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const place = this.place();
    if (!(event.key in moves) || !place) return;
    event.preventDefault();
    const size = event.shiftKey ? 0.1 : 0.01;
    const scales = [this.scales.x, this.scales.y];
    const moved = scales.map((scale, k) => {
      const [low, high] = scale.domain();
      const next = place[k] * (high / low) ** (size * moves[event.key][k]);
      return Math.min(Math.max(next, low), high);
    });
    this.point(moved);
  }

  point(values) {
    this.state.point = values;
    const address = toAddress(this.about, this.state);
    history.replaceState(null, "", address ? `#${address}` : location.pathname + location.search);
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      d3.select("#plane .point").remove();
      const place = this.place();
      if (place) cross(d3.select("#plane g[clip-path]"), this.scales.x, this.scales.y, place);
      this.atPoint();
    });
  }

  /** Say and draw what every data set sees at the point. */
  atPoint() {
    const place = this.place();
    const { joint } = this.results;
    if (!place || !joint) return element("spectra").replaceChildren();
    const full = this.state.point ? completed(this.library.grid, joint, this.state.plane, place) : joint.minimum.point;
    this.full = full;
    element("point-across").value = place[0].toPrecision(4);
    element("point-dm2").value = place[1].toPrecision(4);
    tellPoint(this, full);
    drawSpectra(this, full);
  }

  /** Leave every data set out in turn; the page stays alive meanwhile. */
  async leaveOut() {
    const { members } = this.results;
    const turn = this.turn;
    const rows = [];
    for (const left of members) {
      const rest = members.filter((m) => m !== left);
      const results = evaluated(this.library, rest, this.state.split, this.state.plane);
      rows.push([left.entry.set.title, results.goodness, results.joint]);
      await new Promise((resolve) => setTimeout(resolve));
      if (turn !== this.turn) return;
    }
    tellLeftOut(rows);
  }
}

/** Return where in a plane a point (ln Δm²41, ln |Ue4|², ln |Uμ4|²) is. */
function inPlane(plane, [x, e, mu]) {
  const across = { product: 4 * Math.exp(e + mu), e: Math.exp(e), mu: Math.exp(mu) };
  return [across[plane], Math.exp(x)];
}

/** Return the point of three parameters that fits best at a place in the plane. */
function completed(grid, joint, plane, [across, dm2]) {
  const nearest = (values, v) => values.reduce((best, w, k) => (Math.abs(w - v) < Math.abs(values[best] - v) ? k : best), 0);
  const clip = (v) => Math.min(Math.max(v, grid.limits[1][0]), grid.limits[1][1]);
  const x = Math.log(dm2);
  const d = nearest(grid.xs, x);
  const lnAcross = Math.log(plane === "product" ? across / 4 : across);
  const columns = plane === "product" ? grid.products.map(Math.log) : grid.logs;
  const { places, columns: width } = joint.survey;
  let other = grid.logs[places[d * width + nearest(columns, lnAcross)]];
  const point = (v) => (plane === "product" ? [x, v, lnAcross - v] : plane === "e" ? [x, lnAcross, v] : [x, v, lnAcross]);
  let step = grid.step;
  let best = joint.sum.at(point(other));
  for (let k = 0; k < 24; k++) {
    const tries = [clip(other - step), clip(other + step)].filter((v) => plane !== "product" || clip(lnAcross - v) === lnAcross - v);
    const values = tries.map((v) => joint.sum.at(point(v)));
    const lowest = Math.min(...values);
    if (lowest < best) [best, other] = [lowest, tries[values.indexOf(lowest)]];
    else step /= 2;
  }
  return point(other);
}

/** Return the regions that are drawn. */
function regionsOf({ results, state, library }) {
  const wilks = state.levels.map(criticalValue);
  const made = [];
  const add = (label, tone, filled, survey, minimum, first = 0, limits = wilks, looks = {}) => {
    if (!survey.knows) return;
    const maps = limits.slice(first).map((limit) => survey.values.map((v, k) => v - minimum.value - (limit.length ? limit[k] : limit)));
    made.push({ ...looks, label, tone, filled, maps, first, columns: survey.columns, survey, minimum, best: inPlane(state.plane, minimum.point) });
  };
  if (state.split === "sides" && results.sides.length > 1) {
    for (const side of results.sides) add(side.name, SIDE_TONES[side.name], true, side.survey, side.minimum);
  }
  if (state.each || state.split === "each" || state.critical === "stored" || results.sides.length < 2) {
    // many data sets at several levels are a tangle: of more than three the widest level alone, and what stroke
    // and mark say then is which data set it is
    const many = results.members.length > 3;
    const places = library.about.datasets.map((set) => set.key);
    results.members.forEach((m, k) => {
      const looks = lookOf(many ? places.indexOf(m.key) : k, many);
      add(m.entry.set.title, looks.tone, false, m.sum.survey(state.plane), m.own, many ? wilks.length - 1 : 0, limitsOf(m, state), looks);
    });
  }
  if (results.joint && results.members.length > 1) {
    add("all together", "joint", false, results.joint.survey, results.joint.minimum);
  }
  return made;
}

/** Return how far χ² of one data set may be above its minimum: by Wilks, or as released for every point. */
function limitsOf(member, state) {
  const plain = state.levels.map(criticalValue);
  if (state.critical !== "stored" || member.table.depends !== state.plane) return plain;
  return state.levels.map((level, k) => storedAt(member, level) || plain[k]);
}

/** Return the released critical values of a level on the grid, or undefined. */
function storedAt(member, level) {
  const known = [...member.critical.keys()].find((l) => Math.abs(l - level) < 1e-9);
  return known === undefined ? undefined : member.critical.get(known);
}

/** Draw a spectrum that waits for it. */
function drawWaiting(node) {
  const waiting = d3.select(node).datum();
  if (!waiting || !waiting.rows || node.drawn === waiting) return;
  node.drawn = waiting;
  drawPanel(d3.select(node).select("svg").node(), waiting.panel, waiting.rows);
}

// what is out of sight is drawn when it comes near, or is printed: most spectra stand far below the regions
const sight = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) drawWaiting(target);
  },
  { rootMargin: "600px" },
);
addEventListener("beforeprint", () => document.querySelectorAll("#spectra figure").forEach(drawWaiting));

/** Draw every chosen data set's spectrum at a point. */
function drawSpectra(page, [x, e, mu]) {
  const home = element("spectra");
  const shown = [];
  for (const member of page.results.members) {
    const table = page.spectra.get(member.reference);
    if (!table) {
      shown.push({ id: member.reference, member, panel: { title: member.entry.set.title }, words: mapWords(member.entry) });
      continue;
    }
    const about = member.entry.spectrum;
    let start = 0;
    for (const panel of about.panels) {
      const rows = panel.names.map((_, k) => {
        const bin = start + k;
        const there = table.value(x, Math.exp(e), Math.exp(mu), bin);
        return { data: about.data[bin], error: about.errors[bin], none: about.none[bin], there };
      });
      start += panel.names.length;
      shown.push({ id: `${member.reference} ${panel.title}`, member, panel, rows });
    }
  }
  const figures = d3.select(home).selectAll("figure").data(shown, (d) => d.id);
  figures.exit().each(function () {
    sight.unobserve(this);
  }).remove();
  const entered = figures.enter().append("figure");
  entered.append("figcaption");
  entered.filter((d) => d.words).append("p").attr("class", "fine").text((d) => d.words);
  entered.filter((d) => !d.words).append("svg").attr("role", "img").attr("viewBox", `0 0 ${PANEL.width} ${PANEL.height}`);
  const all = entered.merge(figures).order();
  all.select("figcaption").text((d) => d.panel.title);
  const drawn = all.filter((d) => !d.words);
  drawn.select("svg").attr("aria-label", (d) => `${d.panel.title}: ${d.rows.length} bins, data with errors and predictions`);
  drawn.each(function () {
    sight.unobserve(this); // an element that is looked at anew is told of where it is
    sight.observe(this);
  });
}

const about = JSON.parse(element("tables").textContent);
window.explorer = new Page(about);
