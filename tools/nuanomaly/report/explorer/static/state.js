// What is chosen, in the address of the page: what stays as it is at first is left out.

const SPLITS = ["sides", "each"];
const LEVELS = [0.6827, 0.9, 0.95, 0.99, 0.9973];

/** Return the first choice of a data set that has a value everywhere in a range, or null. */
function offered(set, range) {
  const found = set.choices.find((c) => c.covers.includes(range));
  return found ? found.reference : null;
}

/** Return what is chosen at first, in a range. */
function initial(about, range = Object.keys(about.ranges)[0]) {
  const chosen = {};
  for (const set of about.datasets) chosen[set.key] = set.chosen.includes(range) ? offered(set, range) : null;
  return { chosen, range, plane: "product", levels: [0.9, 0.99], split: "sides", each: false, critical: "wilks", point: null };
}

/** Return a choice as it can be in a range: itself, or the first one of its data set that covers the range. */
function within(set, reference, range) {
  if (reference === null) return null;
  const choice = set.choices.find((c) => c.reference === reference);
  return choice.covers.includes(range) ? reference : offered(set, range);
}

/** Change the range: what has no value everywhere in it is replaced, what is a term of one range alone comes or goes. */
function ranged(about, state, range) {
  const [before, after] = [initial(about, state.range), initial(about, range)];
  for (const set of about.datasets) {
    const now = state.chosen[set.key];
    const untouched = now === before.chosen[set.key];
    state.chosen[set.key] = untouched ? after.chosen[set.key] : within(set, now, range);
  }
  state.range = range;
  state.point = null;
}

/** Return what an address chooses; what it does not know is left as it is at first. */
function fromAddress(about, hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const state = initial(about, given.get("range") in about.ranges ? given.get("range") : undefined);
  for (const set of about.datasets) {
    const value = given.get(set.key);
    if (value === "off") state.chosen[set.key] = null;
    else if (value === "on") state.chosen[set.key] = offered(set, state.range);
    else if (set.choices.some((c) => c.reference === value)) state.chosen[set.key] = within(set, value, state.range);
  }
  if (given.get("plane") in PLANES) state.plane = given.get("plane");
  if (SPLITS.includes(given.get("split"))) state.split = given.get("split");
  const levels = (given.get("cl") || "").split(",").map((v) => Number(v) / 100).filter((v) => LEVELS.some((l) => Math.abs(l - v) < 1e-9));
  if (levels.length) state.levels = LEVELS.filter((l) => levels.some((v) => Math.abs(l - v) < 1e-9));
  state.each = given.get("each") === "1";
  if (given.get("critical") === "stored") state.critical = "stored";
  const point = (given.get("at") || "").split(",").map(Number);
  if (point.length === 2 && point.every((v) => v > 0 && Number.isFinite(v))) state.point = point;
  return state;
}

/** Return the address of what is chosen. */
function toAddress(about, state) {
  const given = new URLSearchParams();
  const first = initial(about, state.range);
  if (state.range !== initial(about).range) given.set("range", state.range);
  for (const set of about.datasets) {
    const value = state.chosen[set.key];
    if (value !== first.chosen[set.key]) given.set(set.key, value === null ? "off" : value);
  }
  if (state.plane !== first.plane) given.set("plane", state.plane);
  if (state.split !== first.split) given.set("split", state.split);
  const percent = (levels) => levels.map((l) => Number((100 * l).toPrecision(6))).join(",");
  if (percent(state.levels) !== percent(first.levels)) given.set("cl", percent(state.levels));
  if (state.each) given.set("each", "1");
  if (state.critical !== first.critical) given.set("critical", state.critical);
  if (state.point) given.set("at", state.point.map((v) => v.toPrecision(5)).join(","));
  return given.toString().replace(/%40/g, "@").replace(/%3A/g, ":").replace(/%2C/g, ",");
}
