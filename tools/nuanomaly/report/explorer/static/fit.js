// Sums of data sets over (Δm²41, |Ue4|², |Uμ4|²): on a grid for regions, and their minima between its points.

const NEGLIGIBLE = 0.1; // the mixings' grid begins at this share of their lower limit: nothing oscillates there

/** The grid that regions are drawn on: ln Δm²41 with steps below a wave of the spectra, mixings with one step. */
class Grid {
  constructor(dm2, mixing, mixings = 80) {
    this.xs = Grid.splittings(...dm2);
    const [low, high] = [Math.log(NEGLIGIBLE * mixing[0]), Math.log(mixing[1])];
    this.step = (high - low) / (mixings - 1);
    this.logs = Float64Array.from({ length: mixings }, (_, k) => low + k * this.step);
    this.mixing = this.logs.map(Math.exp);
    this.products = Float64Array.from({ length: 2 * mixings - 1 }, (_, k) => Math.exp(2 * low + k * this.step));
    this.limits = [[this.xs[0], this.xs[this.xs.length - 1]], [low, high], [low, high]];
  }

  static splittings(low, high) {
    const points = [Math.log(low)];
    // 4 % up to 0.1 eV², where no wave is complete; 2 % up to 1.8 eV², then 0.036 eV² (a tenth of the period that
    // NEOS sees), and no less than 0.8 %; beyond 10 eV², where the waves of reactors are averaged, 1.6 %
    const step = (dm2) => (dm2 < 0.1 ? 0.04 * dm2 : dm2 > 10 ? 0.016 * dm2 : Math.min(0.02 * dm2, Math.max(0.036, 0.008 * dm2)));
    while (points[points.length - 1] < Math.log(high)) {
      const dm2 = Math.exp(points[points.length - 1]);
      points.push(Math.log(dm2 + step(dm2)));
    }
    points[points.length - 1] = Math.log(high);
    return Float64Array.from(points);
  }

  /** Return a table's values: over the mixings it depends on, over their products, or over both. */
  of(table) {
    const single = (u) => 4 * u * (1 - u);
    if (table.depends === "product") return table.grid(this.xs, Array.from(this.products, (p) => 4 * p));
    if (table.depends !== "both") return table.grid(this.xs, Array.from(this.mixing, single));
    const size = this.mixing.length;
    const made = new Float64Array(this.xs.length * size * size);
    for (let d = 0, n = 0; d < this.xs.length; d++) {
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++, n++) made[n] = table.value(this.xs[d], this.mixing[i], this.mixing[j]);
      }
    }
    return made;
  }
}

/** A sum of data sets, each {key, table, cells}: their values on the grid are added by what they depend on. */
class Sum {
  constructor(grid, members) {
    this.grid = grid;
    this.members = members;
    this.parts = {};
    this.surveys = new Map();
    this.lowest = null;
    for (const { table, cells } of members) {
      const known = this.parts[table.depends];
      if (!known) this.parts[table.depends] = Float64Array.from(cells);
      else for (let k = 0; k < known.length; k++) known[k] += cells[k];
    }
  }

  /** Which of the three parameters anything depends on. */
  get free() {
    const has = (...kinds) => kinds.some((kind) => kind in this.parts);
    return [this.members.length > 0, has("e", "product", "both"), has("mu", "product", "both")];
  }

  /** Say whether anything is known in a plane: of |Ue4|² (e), |Uμ4|² (mu) or their product. */
  knows(plane) {
    const [, e, mu] = this.free;
    if (plane !== "product") return plane === "e" ? e : mu;
    return "product" in this.parts || "both" in this.parts || ("e" in this.parts && "mu" in this.parts);
  }

  /**
   * Return the smallest value at every Δm²41 and where it is, and in a plane the smallest values over what it
   * does not show, row by row, with the index of |Ue4|² there (of |Uμ4|² in the plane of |Ue4|²).
   */
  survey(plane) {
    if (!this.surveys.has(plane)) this.surveys.set(plane, this.surveyed(plane));
    return this.surveys.get(plane);
  }

  surveyed(plane) {
    const { e, mu, product, both } = this.parts;
    const size = this.grid.mixing.length;
    const many = 2 * size - 1;
    const rows = this.grid.xs.length;
    const [, freeE, freeMu] = this.free;
    const [ends, endsMu] = [freeE ? size : 1, freeMu ? size : 1];
    const columns = plane === "product" ? many : size;
    const values = new Float64Array(rows * columns).fill(Infinity);
    const places = new Int16Array(values.length);
    const lowest = { value: new Float64Array(rows).fill(Infinity), e: new Int16Array(rows), mu: new Int16Array(rows) };
    const none = new Float64Array(many); // what nothing depends on adds nothing: the innermost loop asks nothing
    const step = plane === "e" ? 0 : 1;
    for (let d = 0; d < rows; d++) {
      const ofMu = mu ? mu.subarray(d * size) : none;
      const ofProduct = product ? product.subarray(d * many) : none;
      for (let i = 0; i < ends; i++) {
        const first = e ? e[d * size + i] : 0;
        const ofBoth = both ? both.subarray((d * size + i) * size) : none;
        for (let j = 0, k = d * columns + (plane === "mu" ? 0 : i); j < endsMu; j++, k += step) {
          const value = first + ofMu[j] + ofProduct[i + j] + ofBoth[j];
          if (value < values[k]) {
            values[k] = value;
            places[k] = plane === "e" ? j : i;
          }
        }
      }
      for (let c = 0; c < columns; c++) {
        const value = values[d * columns + c];
        if (value < lowest.value[d]) {
          const place = places[d * columns + c];
          lowest.value[d] = value;
          [lowest.e[d], lowest.mu[d]] = plane === "product" ? [place, c - place] : plane === "e" ? [c, place] : [place, c];
        }
      }
    }
    return { values, places, columns, lowest, knows: this.knows(plane) };
  }

  /** Return the value at a point (ln Δm²41, ln |Ue4|², ln |Uμ4|²). */
  at(point) {
    const [e, mu] = [Math.exp(point[1]), Math.exp(point[2])];
    let sum = 0;
    for (const { table } of this.members) sum += table.value(point[0], e, mu);
    return sum;
  }

  /** Return the lowest point of all: valleys of a survey, followed between the points of the grid. */
  minimum(survey) {
    if (!this.members.length) return null;
    this.lowest = this.lowest || this.found(survey);
    return this.lowest;
  }

  found({ lowest }) {
    const rows = this.grid.xs.length;
    const value = (d) => (d < 0 || d >= rows ? Infinity : lowest.value[d]);
    const valleys = Array.from({ length: rows }, (_, d) => d).filter((d) => value(d) <= value(d - 1) && value(d) <= value(d + 1));
    valleys.sort((a, b) => value(a) - value(b));
    // around the lowest one every second row too: along a narrow valley the mixings' steps hide what is lower
    const around = Array.from({ length: 8 }, (_, k) => valleys[0] + 2 * (k < 4 ? k - 4 : k - 3)).filter((d) => d >= 0 && d < rows);
    let found = [...new Set([...valleys.slice(0, 12), ...around])].map((d) => {
      const point = [this.grid.xs[d], this.grid.logs[lowest.e[d]], this.grid.logs[lowest.mu[d]]];
      const near = Math.max(this.grid.xs[Math.min(d + 1, rows - 1)] - this.grid.xs[d], this.grid.xs[d] - this.grid.xs[Math.max(d - 1, 0)]);
      return { point, value: this.at(point), steps: [near, this.grid.step, this.grid.step] };
    });
    for (const rounds of [4, 16]) {
      found.forEach((valley) => this.descend(valley, rounds));
      found.sort((a, b) => a.value - b.value);
      found = found.slice(0, 6);
    }
    // a map that is read by straight lines has a kink at every node: simplices of several sizes step over them
    for (const sizes of [[0.04, 0.1], [0.02, 0.004]]) {
      for (const valley of found) for (const size of sizes) this.settle(valley, size);
      found.sort((a, b) => a.value - b.value);
      found = found.slice(0, 2);
    }
    const best = found[0];
    const near = (k, end) => Math.abs(best.point[k] - end) < 1e-3;
    const edges = [0, 1, 2].filter((k) => this.free[k] && this.grid.limits[k].some((end) => near(k, end)));
    const product = Object.keys(this.parts).every((kind) => kind === "product");
    return { value: best.value, point: best.point, edges, free: this.free, product };
  }

  /** Lower a valley: to the vertex of the quadratic form through its neighbours, or to the lowest of them. */
  descend(valley, rounds) {
    for (let round = 0; round < rounds; round++) {
      const centre = valley.value;
      const seen = [];
      const look = (moves) => {
        const point = valley.point.map((v, k) => Math.min(Math.max(v + moves[k], this.grid.limits[k][0]), this.grid.limits[k][1]));
        const value = this.at(point);
        seen.push({ point, value });
        return value;
      };
      const { axes, steps } = this.roomOf(valley, look);
      const unit = (k, size = 1) => [0, 1, 2].map((m) => (m === k ? size * steps[k] : 0));
      const [ups, downs] = [axes.map((k) => look(unit(k))), axes.map((k) => look(unit(k, -1)))];
      const slope = axes.map((_, a) => (ups[a] - downs[a]) / 2);
      const bend = axes.map((k, a) =>
        axes.map((m, b) => {
          if (a === b) return ups[a] + downs[a] - 2 * centre;
          if (b < a) return 0;
          const both = (p, q) => look([0, 1, 2].map((n) => (n === k ? p * steps[k] : n === m ? q * steps[m] : 0)));
          return (both(1, 1) + both(-1, -1) - both(1, -1) - both(-1, 1)) / 4;
        }),
      );
      for (let a = 0; a < axes.length; a++) for (let b = 0; b < a; b++) bend[a][b] = bend[b][a];
      const shift = solved(bend, slope);
      if (shift) {
        const reach = Math.max(1, ...shift.map((s) => Math.abs(s) / 3));
        const moves = [0, 0, 0];
        axes.forEach((k, a) => (moves[k] = (-shift[a] * steps[k]) / reach));
        look(moves);
      }
      if (!seen.length) return;
      const best = seen.reduce((a, b) => (b.value < a.value ? b : a));
      const gain = centre - best.value;
      if (gain > 0) Object.assign(valley, best);
      valley.steps = valley.steps.map((s) => s * (gain > 1e-3 ? 0.8 : 0.4));
      if (gain < 1e-6 && round > 6) return;
    }
  }

  /** Lower a valley by a simplex (Nelder and Mead): maps that are read by straight lines have kinks. */
  settle(valley, size, calls = 160) {
    const axes = [0, 1, 2].filter((k) => this.free[k]);
    const inside = (point) => point.map((v, k) => Math.min(Math.max(v, this.grid.limits[k][0]), this.grid.limits[k][1]));
    const vertex = (raw) => {
      calls -= 1;
      const point = inside(raw);
      return { point, value: this.at(point) };
    };
    const corners = axes.map((k) => {
      const step = valley.point[k] + size > this.grid.limits[k][1] ? -size : size;
      return vertex(valley.point.map((v, m) => (m === k ? v + step : v)));
    });
    const simplex = [{ point: valley.point, value: valley.value }, ...corners];
    const n = axes.length;
    while (calls > 0) {
      simplex.sort((a, b) => a.value - b.value);
      if (simplex[n].value - simplex[0].value < 1e-6) break;
      const centre = [0, 1, 2].map((k) => d3.sum(simplex.slice(0, n), (v) => v.point[k]) / n);
      const along = (share) => vertex(centre.map((c, k) => c + share * (simplex[n].point[k] - c)));
      const mirrored = along(-1);
      if (mirrored.value < simplex[0].value) {
        const farther = along(-2);
        simplex[n] = farther.value < mirrored.value ? farther : mirrored;
      } else if (mirrored.value < simplex[n - 1].value) simplex[n] = mirrored;
      else {
        const nearer = along(mirrored.value < simplex[n].value ? -0.5 : 0.5);
        if (nearer.value < Math.min(mirrored.value, simplex[n].value)) simplex[n] = nearer;
        else for (let k = 1; k <= n; k++) simplex[k] = vertex(simplex[k].point.map((v, m) => (v + simplex[0].point[m]) / 2));
      }
    }
    simplex.sort((a, b) => a.value - b.value);
    if (simplex[0].value < valley.value) Object.assign(valley, simplex[0]);
  }

  /** Return the axes along which a valley may move both ways, and how far; at a limit it may only leave it. */
  roomOf(valley, look) {
    const steps = valley.steps.slice();
    const axes = [0, 1, 2].filter((k) => {
      if (!this.free[k]) return false;
      const [low, high] = this.grid.limits[k];
      const room = Math.min(valley.point[k] - low, high - valley.point[k]);
      if (room > 1e-9) {
        steps[k] = Math.min(steps[k], room);
        return true;
      }
      const inward = valley.point[k] - low < high - valley.point[k] ? 1 : -1;
      look([0, 1, 2].map((m) => (m === k ? inward * steps[k] : 0)));
      return false;
    });
    return { axes, steps };
  }
}

/** Return the solution of a small symmetric system, or null where it is not positive definite. */
function solved(matrix, right) {
  const n = right.length;
  const lower = matrix.map((row) => row.slice());
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k++) sum -= lower[i][k] * lower[j][k];
      if (i === j) {
        if (!(sum > 1e-12)) return null;
        lower[i][i] = Math.sqrt(sum);
      } else lower[i][j] = sum / lower[j][j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i][k] * x[k];
    x[i] /= lower[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= lower[k][i] * x[k];
    x[i] /= lower[i][i];
  }
  return x;
}
