// Tables of values and predictions that the engine wrote: decoded, and read between their knots and nodes.

/** Return a typed array from a document of encoding.py: base64 of deflated bytes, all first bytes first. */
async function decoded(document_) {
  const packed = Uint8Array.from(atob(document_.data), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const count = planes.length / 4;
  const bytes = new Uint8Array(planes.length);
  for (let b = 0; b < 4; b++) for (let k = 0; k < count; k++) bytes[4 * k + b] = planes[b * count + k];
  if (document_.type === "f4") return new Float32Array(bytes.buffer);
  const numbers = new Int32Array(bytes.buffer);
  for (let k = 0; k < count; k++) numbers[k] = (numbers[k] >>> 1) ^ -(numbers[k] & 1); // the sign is the last bit
  let block = count;
  document_.differences.forEach((times, axis) => {
    const stride = block / document_.shape[axis];
    for (; times > 0; times--) {
      for (let start = 0; start < count; start += block) {
        for (let k = start + stride; k < start + block; k++) numbers[k] += numbers[k - stride];
      }
    }
    block = stride;
  });
  return numbers;
}

/** Nodes of an amplitude, and the share of each in the value at an amplitude. */
class Nodes {
  constructor(about) {
    this.scheme = about.scheme;
    this.scale = about.scale;
    this.values = Float64Array.from(about.values);
    this.size = this.values.length;
    this.at = this.values.map((s) => (this.scheme === "linear" ? Math.log(s) : Math.log1p(s / this.scale)));
    this.shares = new Float64Array(this.size);
  }

  /** Return [first, count]: shares[first … first + count − 1] are those of the nodes at an amplitude. */
  weigh(amplitude) {
    if (this.scheme === "linear") return this.straight(amplitude);
    const x = Math.log1p(amplitude / this.scale);
    return this.scheme === "local" ? this.nearestFour(x) : this.polynomial(x);
  }

  straight(amplitude) {
    const last = this.size - 1;
    const s = Math.min(Math.max(amplitude, 0), this.values[last]);
    let first = 0;
    let share;
    if (s < this.values[1]) share = s / this.values[1];
    else {
      const x = Math.log(s);
      first = Math.min(interval(this.at, x, 1), last - 1);
      share = (x - this.at[first]) / (this.at[first + 1] - this.at[first]);
    }
    this.shares[first] = 1 - share;
    this.shares[first + 1] = share;
    return [first, 2];
  }

  nearestFour(at) {
    const place = (at / this.at[this.size - 1]) * (this.size - 1);
    const first = Math.min(Math.max(Math.floor(place) - 1, 0), this.size - 4);
    const x = place - first;
    this.shares[first] = (-(x - 1) * (x - 2) * (x - 3)) / 6;
    this.shares[first + 1] = (x * (x - 2) * (x - 3)) / 2;
    this.shares[first + 2] = (-x * (x - 1) * (x - 3)) / 2;
    this.shares[first + 3] = (x * (x - 1) * (x - 2)) / 6;
    return [first, 4];
  }

  polynomial(at) {
    let sum = 0;
    const last = this.size - 1;
    for (let k = 0; k <= last; k++) {
      const distance = at - this.at[k];
      if (distance === 0) {
        this.shares[k] = 1;
        return [k, 1];
      }
      const weight = (k % 2 ? -1 : 1) * (k === 0 || k === last ? 0.5 : 1);
      sum += this.shares[k] = weight / distance;
    }
    for (let k = 0; k <= last; k++) this.shares[k] /= sum;
    return [0, this.size];
  }
}

/** Return the k ≥ from with at[k] ≤ x < at[k + 1], the last interval beyond the end. */
function interval(at, x, from = 0) {
  let low = from;
  let high = at.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at[middle] <= x) low = middle;
    else high = middle;
  }
  return low;
}

/** Second derivatives at the knots of cubic splines (not-a-knot) through columns of values. */
function bends(x, values, columns) {
  const n = x.length;
  const h = Float64Array.from({ length: n - 1 }, (_, k) => x[k + 1] - x[k]);
  const second = new Float64Array(values.length);
  const diagonal = new Float64Array(n);
  const lower = new Float64Array(n);
  const upper = new Float64Array(n);
  for (let k = 1; k < n - 1; k++) {
    lower[k] = h[k - 1];
    diagonal[k] = 2 * (h[k - 1] + h[k]);
    upper[k] = h[k];
  }
  // the third derivative does not jump at the second knot nor at the last but one
  diagonal[1] += h[0] + (h[0] * h[0]) / h[1];
  upper[1] -= (h[0] * h[0]) / h[1];
  diagonal[n - 2] += h[n - 2] + (h[n - 2] * h[n - 2]) / h[n - 3];
  lower[n - 2] -= (h[n - 2] * h[n - 2]) / h[n - 3];
  for (let k = 2; k < n - 1; k++) {
    lower[k] /= diagonal[k - 1];
    diagonal[k] -= lower[k] * upper[k - 1];
  }
  for (let c = 0; c < columns; c++) {
    const at = (k) => values[k * columns + c];
    for (let k = 1; k < n - 1; k++) {
      const right = 6 * ((at(k + 1) - at(k)) / h[k] - (at(k) - at(k - 1)) / h[k - 1]);
      second[k * columns + c] = right - (k > 1 ? lower[k] * second[(k - 1) * columns + c] : 0);
    }
    for (let k = n - 2; k > 0; k--) {
      const above = k < n - 2 ? upper[k] * second[(k + 1) * columns + c] : 0;
      second[k * columns + c] = (second[k * columns + c] - above) / diagonal[k];
    }
    const inner = (k) => second[k * columns + c];
    second[c] = ((h[0] + h[1]) * inner(1) - h[0] * inner(2)) / h[1];
    second[(n - 1) * columns + c] =
      ((h[n - 3] + h[n - 2]) * inner(n - 2) - h[n - 2] * inner(n - 3)) / h[n - 3];
  }
  return second;
}

/** Values over ln Δm²41 and one or two amplitudes, each of `width` numbers (one, or one for every bin). */
class Table {
  constructor(depends, scheme, knots, nodes, values, width = 1, beyond = null) {
    Object.assign(this, { depends, scheme, values, width, beyond });
    this.knots = Float64Array.from(knots);
    this.nodes = nodes;
    this.columns = values.length / knots.length;
    this.bends = scheme === "linear" ? null : bends(this.knots, values, this.columns);
    this.row = new Float64Array(this.columns);
    this.rowAt = NaN;
  }

  /** Return all columns at a ln Δm²41; the last one asked for is remembered. */
  rowOf(x) {
    if (x === this.rowAt) return this.row;
    this.rowAt = x;
    const last = this.knots.length - 1;
    // a map that declares what it is beyond its ends takes that value there, whatever the amplitude
    if (this.beyond !== null && (x < this.knots[0] || x > this.knots[last])) return this.row.fill(this.beyond);
    const k = interval(this.knots, x);
    const h = this.knots[k + 1] - this.knots[k];
    const t = this.bends ? (x - this.knots[k]) / h : Math.min(Math.max((x - this.knots[k]) / h, 0), 1);
    const u = 1 - t;
    const [near, far] = [k * this.columns, (k + 1) * this.columns];
    const [a, b] = [((u * u * u - u) * h * h) / 6, ((t * t * t - t) * h * h) / 6];
    for (let c = 0; c < this.columns; c++) {
      let value = u * this.values[near + c] + t * this.values[far + c];
      if (this.bends) value += a * this.bends[near + c] + b * this.bends[far + c];
      this.row[c] = value;
    }
    return this.row;
  }

  /** Return the amplitudes of |Ue4|² and |Uμ4|² that the table is over. */
  amplitudes(e, mu) {
    if (this.depends === "product") return [4 * e * mu];
    const of = (u) => 4 * u * (1 - u);
    return this.depends === "e" ? [of(e)] : this.depends === "mu" ? [of(mu)] : [of(e), of(mu)];
  }

  /** Return what the table holds at a point, number `index` of its width. */
  value(x, e, mu, index = 0) {
    const row = this.rowOf(x);
    const [first, second] = this.amplitudes(e, mu);
    const [from, count] = this.nodes[0].weigh(first);
    let sum = 0;
    if (this.nodes.length === 1) {
      const shares = this.nodes[0].shares;
      for (let k = from; k < from + count; k++) sum += shares[k] * row[k * this.width + index];
      return sum;
    }
    const [start, many] = this.nodes[1].weigh(second);
    const size = this.nodes[1].size;
    for (let k = from; k < from + count; k++) {
      let inner = 0;
      for (let m = start; m < start + many; m++) {
        inner += this.nodes[1].shares[m] * row[(k * size + m) * this.width + index];
      }
      sum += this.nodes[0].shares[k] * inner;
    }
    return sum;
  }

  /** Return values on a grid of ln Δm²41 and of amplitudes, row by row. */
  grid(xs, amplitudes) {
    const nodes = this.nodes[0];
    const shares = amplitudes.map((s) => {
      const [from, count] = nodes.weigh(s);
      return [from, nodes.shares.slice(from, from + count)];
    });
    const made = new Float64Array(xs.length * shares.length);
    for (let d = 0; d < xs.length; d++) {
      const row = this.rowOf(xs[d]);
      for (let j = 0; j < shares.length; j++) {
        const [from, of] = shares[j];
        let sum = 0;
        for (let k = 0; k < of.length; k++) sum += of[k] * row[from + k];
        made[d * shares.length + j] = sum;
      }
    }
    return made;
  }
}

/** Return a choice's table of values. */
async function tableOf(entry) {
  const [knots, whole] = await Promise.all([decoded(entry.table.knots), decoded(entry.table.values)]);
  const values = Float64Array.from(whole, (v) => v * entry.table.unit);
  const nodes = entry.table.nodes.map((n) => new Nodes(n));
  return new Table(entry.depends, entry.table.scheme, knots, nodes, values, 1, entry.beyond);
}

/** Return a choice's table of predictions, or null. */
async function spectrumOf(entry) {
  const about = entry.spectrum;
  if (!about) return null;
  const [knots, levels] = await Promise.all([decoded(about.knots), decoded(about.levels)]);
  const width = about.data.length;
  const values = Float64Array.from(levels, (level, k) => about.low[k % width] + about.step[k % width] * level);
  return new Table(entry.depends, "chebyshev", knots, about.nodes.map((n) => new Nodes(n)), values, width);
}
