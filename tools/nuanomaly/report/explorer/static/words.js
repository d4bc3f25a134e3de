// What the page says in words and tables, and what it saves.

const number = (value, digits = 1) => (value === null ? "–" : value.toFixed(digits).replace(/^-(?=0*\.?0*$)/, "").replace("-", "−"));

/** What is an index by its place, as all pages write it (nuanomaly.report.typography). */
const INDEX = /(?<![A-Za-zα-ω])(ν\u0304?)([eμτ])(?![\wα-ω])|(θ)([eμ]{2}|\d\d)|(Δm²)(\d\d)(?!\d)|(\|U)([eμ]4)(\|²?)|(χ²)(PG)/g;

/** Write a text into an element, its indices below the line. */
function write(node, text) {
  node.replaceChildren();
  let end = 0;
  for (const match of text.matchAll(INDEX)) {
    const [letter, index, rest = ""] = match.slice(1).filter(Boolean);
    node.append(text.slice(end, match.index));
    const whole = node.appendChild(document.createElement("span"));
    whole.className = "whole";
    whole.append(letter);
    whole.appendChild(document.createElement("sub")).textContent = index;
    whole.append(rest);
    end = match.index + match[0].length;
  }
  node.append(text.slice(end));
}

/** Return a probability as all pages write it (nuanomaly.report.verdicts.probability). */
function probability(p) {
  if (p === null) return "–";
  if (p >= 1e-5) return `${Number((100 * p).toPrecision(2))} %`;
  if (p === 0) return "0";
  const [mantissa, power] = p.toExponential(1).split("e");
  return `${Number(mantissa)}×10${superscript(Number(power))}`;
}

/** Return a positive number with three digits, powers of ten written out below a thousandth. */
function short(value) {
  if (value >= 1e-3) return String(Number(value.toPrecision(3)));
  const [mantissa, power] = value.toExponential(2).split("e");
  return `${Number(mantissa) === 1 ? "" : `${Number(mantissa)}×`}10${superscript(Number(power))}`;
}

/** Return the words that stand where a data set has no spectrum. */
function mapWords(entry) {
  const other = entry.set.choices.find((c) => c.spectrum);
  const said = `Taken as a released map (${entry.reference}): its value is known at every point, and no spectrum is.`;
  return other ? `${said} The choice ${other.reference} has one.` : said;
}

function pointWords(minimum) {
  const values = pointOf(minimum);
  if (minimum.product) {
    // appearance alone knows the product of the mixings, and not each of them
    const most = [1, 2].every((k) => minimum.edges.includes(k)) ? " (edge of the range)" : "";
    const dm2 = minimum.edges.includes(0) ? " (edge of the range)" : "";
    const product = short(4 * values.Ue4_sq * values.Umu4_sq);
    return `${SIGNS.dm2_41} = ${short(values.dm2_41)} eV²${dm2}, sin²2θμe = ${product}${most}`;
  }
  const names = ["dm2_41", "Ue4_sq", "Umu4_sq"].filter((name) => name in values);
  const edge = (name) => (minimum.edges.some((k) => ["dm2_41", "Ue4_sq", "Umu4_sq"][k] === name) ? " (edge of the range)" : "");
  return names.map((name) => `${SIGNS[name]} = ${short(values[name])}${name === "dm2_41" ? " eV²" : ""}${edge(name)}`).join(", ");
}

/** Return the sentence that answers. */
function answer({ results, state }) {
  const { sides, joint, goodness, gain, members } = results;
  if (!members.length) return "No data set is chosen: switch one on.";
  const gained = `The best fit has a χ² smaller by ${number(gain)} than no oscillation.`;
  if (!goodness) return `${members.map((m) => m.entry.set.title).join(", ")}: best fit at ${pointWords(joint.minimum)}. ${gained}`;
  const names = state.split === "each" ? "The data sets" : sides.map((s) => s.name).join(" and ");
  if (goodness.dof < 1) return `${names} constrain no parameter in common: there is nothing to test. ${gained}`;
  const said = `χ²PG = ${number(goodness.chi2, 2)} for ${goodness.dof} degree${goodness.dof === 1 ? "" : "s"} of freedom, p = ${probability(goodness.p)}, ${number(goodness.sigma)}σ (Wilks)`;
  return `${names[0].toUpperCase()}${names.slice(1)}: ${said}. Joint best fit at ${pointWords(joint.minimum)}. ${gained}`;
}

function cells(row, values) {
  for (const [k, value] of values.entries()) {
    const cell = row.appendChild(document.createElement(k ? "td" : "th"));
    if (k) cell.className = /^[−\d.–]+$/.test(value) || /^\d.*( %|×10\S+)$/.test(value) ? "number" : "words";
    else cell.scope = "row";
    write(cell, value);
  }
}

/** Say the results: the sentence, the table of data sets, the sides, the command, what is approximate. */
function tell(page) {
  const { results, about, library } = page;
  write(element("answer"), answer(page));
  const body = element("rows");
  body.replaceChildren();
  for (const row of results.rows || []) {
    const line = body.appendChild(document.createElement("tr"));
    cells(line, [row.member.entry.set.title, number(row.none, 2), number(row.own, 2), number(row.joint, 2), number(row.pull, 2)]);
    const bar = line.appendChild(document.createElement("td"));
    const most = Math.max(4, ...results.rows.map((r) => r.pull));
    bar.innerHTML = `<span class="bar" aria-hidden="true" style="width:${(100 * Math.max(0, row.pull)) / most}%"></span>`;
    const button = line.appendChild(document.createElement("td")).appendChild(document.createElement("button"));
    button.type = "button";
    button.textContent = "leave out";
    button.setAttribute("aria-label", `leave out ${row.member.entry.set.title}`);
    button.addEventListener("click", async () => {
      const place = [...body.querySelectorAll("button")].indexOf(button);
      page.state.chosen[row.member.key] = null;
      await page.show();
      // the button is gone: whoever uses the keyboard goes on with the next one
      const left = [...body.querySelectorAll("button")];
      (left[Math.min(place, left.length - 1)] || element(`on-${row.member.key}`)).focus();
    });
  }
  const sides = element("sides");
  sides.replaceChildren();
  const items = [...results.sides, ...(results.joint && results.sides.length > 1 ? [{ name: "all together", ...results.joint }] : [])];
  for (const side of items) {
    cells(sides.appendChild(document.createElement("tr")), [side.name, number(side.minimum.value, 2), pointWords(side.minimum)]);
  }
  element("command").textContent = results.members.length ? commandOf(library, results.sides, results.members) : "";
  warn(page);
}

/** Say what data sets share, what is approximate, what is not drawn, and how good the tables are. */
function warn({ results, about, regions, state }) {
  const notes = [];
  for (const o of sharedBy(about, results.members)) notes.push(`Counted twice: ${o.first} and ${o.second} share data (${o.reason}).`);
  const drawn = new Set(regions.map((r) => r.label));
  const hidden = (state.split === "each" || state.each ? results.members.map((m) => m.entry.set.title) : results.sides.map((s) => s.name)).filter((n) => !drawn.has(n) && results.members.length > 1);
  const single = regions.filter((r) => r.mark);
  if (single.length && single.every((r) => r.maps.length === 1) && state.levels.length > 1) {
    notes.push(`Of single data sets only the region at ${Number((100 * state.levels[state.levels.length - 1]).toPrecision(4))} % is drawn.`);
  }
  if (hidden.length) notes.push(`Not drawn, as alone they say nothing in this plane: ${hidden.join(", ")}.`);
  if (state.critical === "stored") notes.push(...storedNotes(results, state));
  for (const m of results.members) {
    const [low, high] = m.entry.limits.map((v) => Number(v.toPrecision(3)));
    const [first, last] = about.ranges[state.range];
    if (m.entry.beyond !== null && (first < low || last > high)) {
      notes.push(`${m.entry.set.title}: the released map has Δm²41 from ${low} to ${high} eV²; below and above, its value without oscillation is taken (${m.reference}).`);
    }
  }
  for (const set of about.datasets) {
    if (offered(set, state.range) === null) notes.push(`${set.title} has no likelihood for all of this range, and cannot be chosen in it.`);
  }
  const worst = results.members.reduce((most, m) => Math.max(most, m.entry.errors[state.range]), 0);
  notes.push(`Tables differ from the engine by at most ${Number(worst.toPrecision(1))} in χ² (measured at random points with each; in proportion where χ² is more than 30 above its minimum).`);
  for (const m of results.members) if (m.entry.approximate) notes.push(`${m.entry.set.title}: ${m.entry.approximate.replace(/\.?$/, ".")}`);
  const list = element("notes");
  list.replaceChildren();
  for (const note of notes) write(list.appendChild(document.createElement("li")), note);
}

/** Say which regions have released critical values, and that all others have Wilks'. */
function storedNotes({ members }, { plane, levels }) {
  const percent = (level) => `${Number((100 * level).toPrecision(4))} %`;
  const having = members.filter((m) => m.critical.size && m.table.depends === plane);
  const said = having.map((m) => {
    const known = levels.filter((level) => storedAt(m, level));
    const all = [...m.critical.keys()].map(percent).join(" and ");
    return `${m.entry.set.title} at ${known.map(percent).join(" and ") || `none of the levels that are drawn (released: ${all})`}`;
  });
  const words = said.length ? `Critical values of the collaboration's Feldman–Cousins construction: ${said.join("; ")}.` : "No chosen data set has released critical values in this plane.";
  return [`${words} All other regions, and those of sums, are by Wilks' theorem for two degrees of freedom.`];
}

/** Say what every data set pays at the point. */
function tellPoint(page, [x, e, mu]) {
  const { results } = page;
  const body = element("at-point");
  body.replaceChildren();
  let sum = 0;
  for (const member of results.members) {
    const value = member.table.value(x, Math.exp(e), Math.exp(mu));
    sum += value;
    const drawn = page.spectra.get(member.reference) ? "below" : "a released map: no spectrum";
    cells(body.appendChild(document.createElement("tr")), [member.entry.set.title, number(value - member.own.value, 2), number(value - member.none, 2), drawn]);
  }
  const values = [["dm2_41", x], ["Ue4_sq", e], ["Umu4_sq", mu]].map(([name, v]) => `${SIGNS[name]} = ${short(Math.exp(v))}${name === "dm2_41" ? " eV²" : ""}`);
  const where = page.state.point ? "the third parameter where all together fit best" : "the joint best fit";
  write(element("where"), `${values.join(", ")} (${where}): Δχ² = ${number(sum - results.joint.minimum.value, 2)} above the joint best fit.`);
}

/** Say what becomes of the goodness of fit without each data set. */
function tellLeftOut(rows) {
  const body = element("left-out");
  body.replaceChildren();
  element("left-out-table").hidden = !rows.length;
  for (const [name, goodness, joint] of rows) {
    const values = goodness ? [number(goodness.chi2, 2), String(goodness.dof), probability(goodness.p), number(goodness.sigma)] : ["–", "–", "–", "–"];
    cells(body.appendChild(document.createElement("tr")), [`without ${name}`, ...values, joint ? number(joint.minimum.value, 2) : "–"]);
  }
}

function save(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Return the plane as a picture of its own, with the colours it has on the page. */
function standalone() {
  const shown = element("plane");
  const copy = shown.cloneNode(true);
  const wanted = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-family", "font-weight"];
  const copies = copy.querySelectorAll("*");
  shown.querySelectorAll("*").forEach((node, k) => {
    const style = getComputedStyle(node);
    for (const name of wanted) copies[k].style.setProperty(name, style.getPropertyValue(name));
  });
  const [, , width, height] = copy.getAttribute("viewBox").split(" ").map(Number);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const back = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  back.setAttribute("width", "100%");
  back.setAttribute("height", "100%");
  back.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  copy.prepend(back);
  copy.prepend(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "desc"), { textContent: `${element("answer").textContent} ${element("command").textContent}` }));
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

function saveSvg() {
  save("explorer.svg", "image/svg+xml", standalone().text);
}

function savePng() {
  const { text, width, height } = standalone();
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save("explorer.png", "image/png", blob));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
const lines = (rows) => rows.map((row) => row.map((v) => quoted(String(v))).join(",")).join("\n") + "\n";

/** Return all numbers of the page as rows of a CSV file. */
function numbers({ results, library }) {
  const head = ["what", "name", "chi2", "dm2_41", "Ue4_sq", "Umu4_sq", "own_minimum", "pull", "no_oscillation", "dof", "p_value", "sigma"];
  const point = (minimum) => {
    const values = pointOf(minimum);
    return ["dm2_41", "Ue4_sq", "Umu4_sq"].map((name) => (name in values ? values[name] : ""));
  };
  const rows = results.sides.map((s) => ["side", s.name, s.minimum.value, ...point(s.minimum), "", "", "", "", "", ""]);
  if (results.joint) rows.push(["joint", "all together", results.joint.minimum.value, ...point(results.joint.minimum), "", "", "", "", "", ""]);
  for (const r of results.rows || []) rows.push(["data set", r.member.reference, r.joint, ...point(r.member.own), r.own, r.pull, r.none, "", "", ""]);
  const { goodness } = results;
  if (goodness) rows.push(["goodness of fit", "parameters", goodness.chi2, "", "", "", "", "", "", goodness.dof, goodness.p, goodness.sigma]);
  rows.push(["command", commandOf(library, results.sides, results.members), ...Array(10).fill("")]);
  return [head, ...rows];
}

function saveCsv(page) {
  save("explorer.csv", "text/csv", lines(numbers(page)));
}

function savePlaneCsv({ library, regions, state }) {
  const { grid } = library;
  const columns = columnsOf(grid, state.plane);
  const rows = [["data", "dm2_41", PLANES[state.plane].name, "delta_chi2"]];
  for (const region of regions) {
    region.survey.values.forEach((value, k) => {
      const [d, j] = [Math.floor(k / region.columns), k % region.columns];
      rows.push([region.label, Math.exp(grid.xs[d]).toPrecision(6), columns[j].toPrecision(6), (value - region.minimum.value).toPrecision(6)]);
    });
  }
  save("explorer-plane.csv", "text/csv", lines(rows));
}
