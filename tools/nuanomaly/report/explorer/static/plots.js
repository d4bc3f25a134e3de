// Pictures, by d3: regions in a plane, and spectra at a point of it.

const SIZE = { width: 720, height: 632, left: 84, right: 16, top: 14, bottom: 78 };
const PLANES = {
  product: { label: "sin²2θ_μe = 4 |U_e4|² |U_μ4|²", short: "sin²2θμe", name: "sin2_2theta_mue", domain: [1e-5, 0.36] },
  e: { label: "|U_e4|²", short: "|Ue4|²", name: "Ue4_sq", domain: [1e-3, 0.3] },
  mu: { label: "|U_μ4|²", short: "|Uμ4|²", name: "Umu4_sq", domain: [3e-4, 0.3] },
};
const DASHES = ["none", "7 4", "2 3", "10 3 2 3"];
// six colours that any colour vision tells apart; data sets of one colour differ in stroke and mark
const TONES = ["t0", "t1", "t2", "t3", "t4", "t5"];
const STROKES = ["none", "8 3", "2 3", "9 3 2 3"];
const MARKS = [d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond, d3.symbolCross, d3.symbolWye];
const DM2_LABEL = "Δm²_41 (eV²)";

/** Return how data set number k is drawn: colour, mark, and a stroke of its own where strokes do not mean levels. */
function lookOf(k, ownStroke) {
  const round = Math.floor(k / TONES.length);
  const looks = { tone: TONES[k % TONES.length], mark: MARKS[(k + round) % MARKS.length] };
  return ownStroke ? { ...looks, stroke: STROKES[round % STROKES.length] } : looks;
}

/** Return the values of the columns of a plane. */
function columnsOf(grid, plane) {
  return plane === "product" ? Array.from(grid.products, (p) => 4 * p) : Array.from(grid.mixing);
}

/** Return scales of a plane, and the way from a grid's cells to pixels. */
function scalesOf(grid, plane) {
  const { width, height, left, right, top, bottom } = SIZE;
  const rows = Array.from(grid.xs, Math.exp);
  const x = d3.scaleLog().domain(PLANES[plane].domain).range([left, width - right]);
  const y = d3.scaleLog().domain([rows[0], rows[rows.length - 1]]).range([height - bottom, top]);
  const between = (values, index) => {
    const k = Math.min(Math.max(Math.floor(index), 0), values.length - 2);
    return Math.exp(Math.log(values[k]) + (index - k) * Math.log(values[k + 1] / values[k]));
  };
  const columns = columnsOf(grid, plane);
  const project = d3.geoTransform({
    point(px, py) {
      this.stream.point(x(between(columns, px - 0.5)), y(between(rows, py - 0.5)));
    },
  });
  return { x, y, path: d3.geoPath(project) };
}

/** Return the contour of a region: where a map of differences is at most zero. */
function contour(values, columns, rows) {
  const inside = new Float64Array(values.length);
  for (let k = 0; k < inside.length; k++) inside[k] = -Math.min(values[k], 1e4);
  return d3.contours().size([columns, rows]).thresholds([0])(inside)[0];
}

/** Draw regions: [{label, tone, filled, maps: [values less what a level allows], first level, columns, best}]. */
function drawPlane(node, grid, plane, regions, levels, point) {
  const svg = d3.select(node).attr("viewBox", `0 0 ${SIZE.width} ${SIZE.height + 24 * (Math.ceil(regions.length / 3) + 1)}`);
  svg.selectAll("*").remove();
  const { x, y, path } = scalesOf(grid, plane);
  const box = { x: SIZE.left, y: SIZE.top, width: SIZE.width - SIZE.left - SIZE.right, height: SIZE.height - SIZE.top - SIZE.bottom };
  const clip = svg.append("clipPath").attr("id", "inside").append("rect");
  for (const [name, value] of Object.entries(box)) clip.attr(name, value);
  axesOf(svg, x, y, PLANES[plane].label, DM2_LABEL);
  const inner = svg.append("g").attr("clip-path", "url(#inside)");
  for (const region of regions) {
    region.maps.forEach((map, k) => {
      inner
        .append("path")
        .attr("d", path(contour(map, region.columns, grid.xs.length)))
        .attr("class", `region ${region.tone}`)
        .attr("fill-opacity", region.filled ? 0.22 : 0)
        .attr("stroke-width", region.filled ? 1.4 : 2)
        .attr("stroke-dasharray", region.stroke || DASHES[(region.first + k) % DASHES.length]);
    });
  }
  for (const region of regions) if (region.best) star(inner, x, y, region);
  if (point) cross(inner, x, y, point);
  legend(svg, regions, levels);
  return { x, y, box };
}

function axesOf(svg, x, y, across, upward) {
  const { width, height, left, right, top, bottom } = SIZE;
  const tens = (scale) => scale.ticks().filter((v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9);
  const words = (scale) => (v) => {
    const mantissa = v / 10 ** Math.floor(Math.log10(v) + 1e-9);
    const shown = tens(scale).length < 3 ? [1, 2, 5] : [1];
    if (!shown.includes(Math.round(mantissa * 1e6) / 1e6)) return "";
    return v >= 1e-3 ? String(Number(v.toPrecision(3))) : `10${superscript(Math.round(Math.log10(v)))}`;
  };
  const below = svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - bottom})`);
  below.call(d3.axisBottom(x).tickFormat(words(x)).tickSizeOuter(0));
  const aside = svg.append("g").attr("class", "axis").attr("transform", `translate(${left},0)`);
  aside.call(d3.axisLeft(y).tickFormat(words(y)).tickSizeOuter(0));
  const frame = svg.append("rect").attr("class", "frame").attr("x", left).attr("y", top);
  frame.attr("width", width - left - right).attr("height", height - top - bottom);
  const label = (text) => lowered(svg.append("text").attr("class", "label").attr("text-anchor", "middle"), text);
  label(across).attr("x", (left + width - right) / 2).attr("y", height - bottom + 60);
  label(upward).attr("transform", `translate(22,${(top + height - bottom) / 2}) rotate(-90)`);
}

/** Write a text in which two letters behind an underscore are an index. */
function lowered(node, text) {
  text.split(/_(..)/).forEach((part, k) => {
    if (k % 2) node.append("tspan").attr("dy", "0.28em").attr("font-size", "72%").text(part);
    else if (part) node.append("tspan").attr("dy", k ? "-0.2em" : "0").text(part);
  });
  return node;
}

function superscript(number) {
  const signs = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  return Array.from(String(number), (c) => signs[c]).join("");
}

function star(inner, x, y, region) {
  const [low, high] = x.domain();
  const at = [Math.min(Math.max(region.best[0], low), high), region.best[1]];
  const shape = symbolOf(region, 130);
  inner.append("path").attr("d", shape()).attr("class", `star ${region.tone}`).attr("transform", `translate(${x(at[0])},${y(at[1])})`);
}

/** Return the mark of a best fit: a star, or the data set's own. */
function symbolOf(region, size) {
  return d3.symbol().type(region.mark || d3.symbolStar).size(size);
}

function cross(inner, x, y, [across, dm2]) {
  const mark = inner.append("g").attr("class", "point");
  const [px, py] = [x(across), y(dm2)];
  const line = (a, b, c, d) => mark.append("line").attr("x1", a).attr("y1", b).attr("x2", c).attr("y2", d);
  line(px - 14, py, px + 14, py);
  line(px, py - 14, px, py + 14);
  mark.append("circle").attr("cx", px).attr("cy", py).attr("r", 6);
}

function legend(svg, regions, levels) {
  const wide = (SIZE.width - 30) / 3;
  const entry = (k) => svg.append("g").attr("transform", `translate(${30 + (k % 3) * wide},${SIZE.height + 8 + 24 * Math.floor(k / 3)})`);
  regions.forEach((region, k) => {
    const g = entry(k);
    g.append("path").attr("d", "M0,0H26").attr("class", `region ${region.tone}`).attr("stroke-width", 2.6).attr("stroke-dasharray", region.stroke || "none").attr("fill", "none");
    g.append("path").attr("d", symbolOf(region, 80)()).attr("class", `star ${region.tone}`).attr("transform", "translate(13,0)");
    g.append("text").attr("x", 33).attr("y", 4.5).attr("class", "legend").text(region.label);
  });
  const g = entry(3 * Math.ceil(regions.length / 3)); // a line of their own
  levels.forEach((level, k) => {
    const part = g.append("g").attr("transform", `translate(${k * 112},0)`);
    part.append("path").attr("d", "M0,0H26").attr("class", "region joint").attr("stroke-dasharray", DASHES[k % DASHES.length]).attr("fill", "none");
    part.append("text").attr("x", 31).attr("y", 4.5).attr("class", "legend").text(`${Number((100 * level).toPrecision(4))} %`);
  });
}

const PANEL = { width: 340, height: 190, left: 66, right: 24, top: 12, bottom: 40 };

/** Draw one panel of a spectrum: data with errors, and predictions without oscillation and at the point. */
function drawPanel(node, panel, rows) {
  const { width, height, left, right, top, bottom } = PANEL;
  const svg = d3.select(node).attr("viewBox", `0 0 ${width} ${height}`);
  svg.selectAll("*").remove();
  const edges = panel.edges || Array.from({ length: rows.length + 1 }, (_, k) => k - 0.5);
  const x = d3.scaleLinear().domain([edges[0], edges[rows.length]]).range([left, width - right]);
  const spread = rows.map((r) => (r.error === null ? 0 : r.error));
  const all = rows.reduce((list, r, k) => list.concat([r.data - spread[k], r.data + spread[k], r.none, r.there]), []);
  const y = d3.scaleLinear().domain(d3.extent(all)).nice().range([height - bottom, top]);
  // bins without edges are numbered, and between two numbers there is nothing; two have room for their names
  const across = d3.axisBottom(x).ticks(6).tickFormat(plain).tickSizeOuter(0);
  if (!panel.edges) across.tickValues(x.ticks(6).filter((k) => Number.isInteger(k) && k >= 0 && k < rows.length));
  const named = !panel.edges && rows.length === 2;
  if (named) across.tickFormat((k) => panel.names[k]);
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - bottom})`).call(across);
  svg.append("g").attr("class", "axis").attr("transform", `translate(${left},0)`).call(d3.axisLeft(y).ticks(5).tickFormat(plain).tickSizeOuter(0));
  const label = (text, place) => svg.append("text").attr("class", "label").attr("text-anchor", "middle").attr("transform", place).text(text);
  if (!named) label(panel.quantity, `translate(${(left + width - right) / 2},${height - 6})`);
  label(panel.value, `translate(13,${(top + height - bottom) / 2}) rotate(-90)`);
  const steps = (value) => {
    let line = "";
    rows.forEach((row, k) => (line += `${k ? "L" : "M"}${x(edges[k])},${y(value(row))}L${x(edges[k + 1])},${y(value(row))}`));
    return line;
  };
  svg.append("path").attr("class", "step none").attr("d", steps((r) => r.none));
  svg.append("path").attr("class", "step there").attr("d", steps((r) => r.there));
  rows.forEach((row, k) => {
    const middle = x((edges[k] + edges[k + 1]) / 2);
    const g = svg.append("g").attr("class", "datum");
    if (row.error !== null) g.append("line").attr("x1", middle).attr("x2", middle).attr("y1", y(row.data - row.error)).attr("y2", y(row.data + row.error));
    g.append("circle").attr("cx", middle).attr("cy", y(row.data)).attr("r", rows.length > 60 ? 1.4 : 2.4);
    const said = `${panel.names[k]}: data ${round(row.data)}${row.error === null ? "" : ` ± ${round(row.error, 2)}`}, at the point ${round(row.there)}, without oscillation ${round(row.none)}`;
    g.append("title").text(said);
  });
}

/** Return the label of a tick: no commas, a true minus sign. */
function plain(value) {
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

/** Return a number with so many digits. */
function round(value, digits = 4) {
  return Number(value.toPrecision(digits)).toString().replace("-", "−");
}
