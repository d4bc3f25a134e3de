// Search over everything that was built: the entries stand in search-index.js, nothing is asked of a server.
"use strict";
(function () {
  const greek = { ν: "nu", μ: "mu", θ: "theta", δ: "delta", χ: "chi", σ: "sigma", β: "beta", γ: "gamma" };
  const plain = (text) =>
    text.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "").replace(/[νμθδχσβγ]/g, (c) => greek[c]);
  const words = (text) => plain(text).split(/[^a-z0-9]+/).filter(Boolean);
  const entries = window.searchIndex.map((e) => ({ ...e, title: words(e.t), text: words(e.x) }));
  const box = document.getElementById("query");
  const list = document.getElementById("hits");
  const told = document.getElementById("count");
  const score = (entry, word) => {
    if (entry.title[0] === word) return 14;
    if (entry.title.includes(word)) return 12;
    if (entry.title.some((w) => w.startsWith(word))) return 8;
    if (entry.text.includes(word)) return 3;
    return entry.text.some((w) => w.startsWith(word)) ? 1 : 0;
  };
  const show = () => {
    const asked = words(box.value);
    const hits = [];
    if (asked.length) {
      for (const entry of entries) {
        const each = asked.map((word) => score(entry, word));
        if (each.every((s) => s > 0)) hits.push([each.reduce((a, b) => a + b) + entry.w, entry]);
      }
    }
    hits.sort((a, b) => b[0] - a[0] || a[1].t.localeCompare(b[1].t));
    list.replaceChildren(
      ...hits.slice(0, 60).map(([, entry]) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = entry.u;
        link.textContent = entry.t;
        const kind = document.createElement("span");
        kind.className = "badge";
        kind.textContent = entry.k;
        const text = document.createElement("div");
        text.className = "fine";
        text.textContent = entry.x.length > 220 ? entry.x.slice(0, 220).replace(/\s+\S*$/, "") + " …" : entry.x;
        item.append(link, " ", kind, text);
        return item;
      }),
    );
    told.textContent = asked.length ? `${hits.length} found` : "";
    history.replaceState(null, "", asked.length ? "?q=" + encodeURIComponent(box.value) : location.pathname);
  };
  box.value = new URLSearchParams(location.search).get("q") || "";
  box.addEventListener("input", show);
  document.getElementById("search").addEventListener("submit", (event) => event.preventDefault());
  show();
})();
