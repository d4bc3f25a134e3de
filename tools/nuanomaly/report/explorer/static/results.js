// What a choice of data sets says: minima, the parameter goodness of fit, what each pays; and the command.

/** The tables of choices, decoded once, with their values on the grid and their own minima. */
class Library {
  constructor(about) {
    this.about = about;
    this.grids = new Map();
    this.decoded = new Map();
    this.tables = new Map();
    this.spectra = new Map();
    this.entries = new Map();
    this.sums = new Map();
    for (const set of about.datasets) for (const choice of set.choices) this.entries.set(choice.reference, { ...choice, set });
  }

  /** Take a range: the grid is its own. */
  use(range) {
    this.range = range;
    this.grid = this.gridOf(range);
  }

  gridOf(range) {
    if (!this.grids.has(range)) this.grids.set(range, new Grid(this.about.ranges[range], this.about.mixing));
    return this.grids.get(range);
  }

  /** Return the sum of members; the last forty are remembered with their surveys and minima. */
  sum(members) {
    const key = `${this.range} ${members.map((m) => m.reference).join("+")}`;
    if (!this.sums.has(key)) {
      if (this.sums.size >= 40) this.sums.delete(this.sums.keys().next().value);
      this.sums.set(key, members.length === 1 ? members[0].sum : new Sum(this.grid, members));
    }
    return this.sums.get(key);
  }

  /** Return {key, reference, entry, table, cells, sum, own} of a choice in a range. */
  async member(reference, range = this.range) {
    const grid = this.gridOf(range);
    const key = `${range} ${reference}`;
    if (!this.tables.has(key)) {
      const entry = this.entries.get(reference);
      if (!this.decoded.has(reference)) this.decoded.set(reference, await tableOf(entry));
      const table = this.decoded.get(reference);
      const member = { key: entry.set.key, reference, entry, table, cells: grid.of(table) };
      member.sum = new Sum(grid, [member]);
      member.own = member.sum.minimum(member.sum.survey("product"));
      member.none = table.value(grid.xs[0], 0, 0);
      member.critical = await this.critical(entry, grid);
      this.tables.set(key, member);
    }
    return this.tables.get(key);
  }

  /** Return released critical values on a grid, by confidence level. */
  async critical(entry, grid) {
    const made = new Map();
    for (const [percent, about] of Object.entries(entry.set.critical)) {
      const [knots, values] = await Promise.all([decoded(about.knots), decoded(about.values)]);
      const table = new Table(entry.depends, "linear", knots, about.nodes.map((n) => new Nodes(n)), values);
      made.set(Number(percent) / 100, grid.of(table));
    }
    return made;
  }

  /** Return the table of predictions of a choice, or null. */
  async spectrum(reference) {
    if (!this.spectra.has(reference)) this.spectra.set(reference, await spectrumOf(this.entries.get(reference)));
    return this.spectra.get(reference);
  }
}

/** Return the members that a state chooses, in the order of the page. */
async function membersOf(library, state) {
  const references = library.about.datasets.map((set) => state.chosen[set.key]).filter((r) => r !== null);
  return Promise.all(references.map((reference) => library.member(reference)));
}

/** Return the sides that are set against each other: [{name, members}], those without members left out. */
function sidesOf(library, members, split) {
  if (split === "each") return members.map((m) => ({ name: m.entry.set.title, members: [m] }));
  const names = [...new Set(library.about.datasets.map((set) => set.side))];
  const sides = names.map((name) => ({ name, members: members.filter((m) => m.entry.set.side === name) }));
  return sides.filter((side) => side.members.length);
}

/** Return how many parameters data sets constrain together: several by the kinds of what they depend on. */
function rankOf({ about, range }, members) {
  if (members.length > 1) return about.ranks[range][[...new Set(members.map((m) => m.table.depends))].sort().join("+")];
  return members[0].entry.ranks[range];
}

/** Return a minimum as numbers by name; mixings that nothing depends on are left out. */
function pointOf(minimum) {
  const names = ["dm2_41", "Ue4_sq", "Umu4_sq"];
  const pairs = names.map((name, k) => [name, Math.exp(minimum.point[k])]).filter((_, k) => minimum.free[k]);
  return Object.fromEntries(pairs);
}

/** Return all numbers of a choice: sides, joint fit, goodness of fit, data sets. */
function evaluated(library, members, split, plane) {
  const sides = sidesOf(library, members, split).map((side) => {
    if (side.members.length === 1) {
      const [only] = side.members;
      return { ...side, sum: only.sum, survey: only.sum.survey(plane), minimum: only.own };
    }
    const sum = library.sum(side.members);
    const survey = sum.survey(plane);
    return { ...side, sum, survey, minimum: sum.minimum(survey) };
  });
  if (!members.length) return { sides, members, joint: null, goodness: null };
  const sum = library.sum(members);
  const survey = sum.survey(plane);
  const joint = { sum, survey, minimum: sides.length === 1 ? sides[0].minimum : sum.minimum(survey) };
  const goodness = goodnessOf(library, sides, joint, members);
  const [x, e, mu] = joint.minimum.point;
  const rows = members.map((m) => {
    const there = m.table.value(x, Math.exp(e), Math.exp(mu));
    return { member: m, own: m.own.value, joint: there, pull: there - m.own.value, none: m.none };
  });
  return { sides, members, joint, goodness, rows, gain: d3.sum(members, (m) => m.none) - joint.minimum.value };
}

function goodnessOf(library, sides, joint, members) {
  if (sides.length < 2) return null;
  const chi2 = joint.minimum.value - d3.sum(sides, (side) => side.minimum.value);
  const dof = d3.sum(sides, (side) => rankOf(library, side.members)) - rankOf(library, members);
  return { chi2, dof, ...tested(chi2, dof) };
}

/** Return the command that gives the same numbers. */
function commandOf(library, sides, members) {
  const { ranges, mixing } = library.about;
  const terms = sides.map((side) => side.members.map((m) => m.reference).join("+"));
  const axis = (name, [low, high], points) => `--grid ${name}=${low}:${high}:${points}:log`;
  const grid = [axis("dm2_41", ranges[library.range], 600), axis("Ue4_sq", mixing, 80), axis("Umu4_sq", mixing, 80)];
  const twice = sharedBy(library.about, members).length ? " --allow-overlap" : "";
  return `nuanomaly ${sides.length > 1 ? "compare" : "fit"} ${terms.join(" ")} --model 3+1 ${grid.join(" ")}${twice}`;
}

/** Return the reasons why chosen data sets share data. */
function sharedBy(about, members) {
  const chosen = new Set(members.map((m) => m.reference));
  return about.overlaps.filter((o) => chosen.has(o.first) && chosen.has(o.second));
}
