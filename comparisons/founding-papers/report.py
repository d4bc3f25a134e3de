# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## The ten papers
#
# What is *held* stands in tables of releases and is used on a page or as a benchmark; what is *missing*
# is named, with the place
# where it can be found.

# %%
import numpy as np

from nuanomaly import anomalies
from nuanomaly.likelihood.cevns.members import flux_average
from nuanomaly.report import context, figures
from nuanomaly.report.printed import Cell
from nuanomaly.report.words import number

page = context.here()
#: Paper, what it is, releases that stand for it, what is held.
PAPERS = (
    ("2203.07323", "anomalies, white paper", "the four anomalies", "its subject: likelihoods of each sector"),
    ("1708.01294", "first CEvNS, CsI[Na]", "coherent-csi@2017-r2", "data and likelihood"),
    ("2110.07730", "CEvNS cross section, CsI[Na]", "coherent-csi@2021-r1", "data and likelihood"),
    ("2111.02477", "quenching in CsI[Na]", "coherent-csi-quenching@2021-r1", "data"),
    ("2109.11049", "neutrino flux of the SNS", "sns-flux@2021-r1", "data"),
    ("2110.11453", "dark matter at the SNS", "coherent-csi-dark-matter@2021-r1", "abstract"),
    ("1803.09183", "COHERENT's programme", "coherent-programme@2018-r2", "abstract"),
    ("1910.07450", "Magnificent CEvNS workshop", "cevns-experiments@2025-r1", "abstract; results since then"),
    ("1710.07670", "nucleon decay, EXO-200", "exo-200-nucleon-decay, two releases", "abstract"),
    (
        "2203.05914",
        "recoil imaging, white paper",
        "recoil-imaging@2022-r1",
        "abstract; neutrino fog, XENONnT",
    ),
)
page.result("papers", len(PAPERS))
page.result("with_likelihood", sum("and likelihood" in held for *_, held in PAPERS))
page.result("abstract_only", sum(held.startswith("abstract") for *_, held in PAPERS))
page.table("Founding papers.", ["arXiv", "paper", "release", "held"], PAPERS)

# %% [markdown]
# ## arXiv:2203.07323, white paper on neutrino anomalies

# %%
known = anomalies()
page.table(
    "The anomalies that the white paper orders, and their releases.",
    ["anomaly", "carried by", "tested by"],
    [
        [a["title"], ", ".join(a["releases"]["carry"]), ", ".join(a["releases"]["test"])]
        for a in known.values()
    ],
)
page.text(
    "**Held.** No table of the paper itself: it reviews the data of others. What it asks for, open data of "
    "all sectors with the tools to test them together, is what the releases and comparisons of this "
    "archive are.\n\n**Missing.** Its figures of allowed regions and its outlook for future experiments "
    "(arXiv:2203.07323)."
)

# %% [markdown]
# ## CEvNS is observed (arXiv:1708.01294)

# %%
counting = page.side("csi-2017", mode="long-steady-state")
sigma = page.result(
    "csi-2017.significance",
    counting.excess_at(cevns_strength=0.0).sigma,
    method="√Δ(−2lnL), one parameter",
)
page.text(
    "**Held.** Events with and without beam, arrival times, efficiency and parameters (official files, "
    f"doi:10.5281/zenodo.1228631), and a likelihood that finds CEvNS with {sigma:.1f}σ (published "
    "{bench:coherent-csi@2017-r2, significance}σ {cite:COHERENT2017, abstract}) from the counts before the "
    "pulse; what the choice of these counts does is on the page coherent-cross-section. A second "
    "likelihood of the same data, that of arXiv:2008.06062, is a mode of the release and is used on the "
    "page coherent-nsi.\n\n**Missing.** The collaboration's own unbinned likelihood, and the measurements "
    "of the literature that entered its quenching factor."
)

# %% [markdown]
# ## arXiv:2110.07730, cross section on CsI[Na]

# %%
second = page.side("csi-2021")
best = second.analysis.fit(errors="minos")
average = flux_average(second.likelihood)
minus, plus = best.errors["cevns_strength"]
measured = page.result("csi-2021.cross_section", best.parameters["cevns_strength"] * average)
page.text(
    "**Held.** Events, neutron backgrounds, scintillation response and efficiency (ancillary files), and a "
    f"likelihood: $\\sigma$ = {measured:.0f} +{plus * average:.0f} −{-minus * average:.0f} (10⁻⁴⁰ cm², "
    "published {bench:coherent-csi@2021-r1, cross-section} "
    "+{bench:coherent-csi@2021-r1, cross-section-plus} "
    "−{bench:coherent-csi@2021-r1, cross-section-minus}).\n\n**Missing.** The ancillary file "
    "`snsFlux2D.root`, the flux in energy and time; it is modelled. The full set is with arXiv:2110.07730."
)

# %% [markdown]
# ## arXiv:2111.02477, quenching in CsI[Na]

# %%
quenching = page.release("coherent-csi-quenching")
energies = np.concatenate([quenching.table(name)["energy"].to_numpy(float) for name in ("chicago", "tunl")])
page.text(
    f"**Held.** {energies.size} measured points of the release of 2017, from {energies.min():.0f} to "
    f"{energies.max():.0f} keV (of those of 2021 3 to 60 keV is said {{cite:COHERENT2021Quenching, "
    "abstract}), and the response of 2021 with two systematic components; fit and picture are on the page "
    "coherent-cross-section and among the benchmarks.\n\n**Missing.** The reassessed points themselves and "
    "their raw waveforms; the collaboration has released them at doi:10.13139/OLCF/1969085."
)

# %% [markdown]
# ## arXiv:2109.11049, flux of the SNS

# %%
production = page.release("sns-flux").table("production")
error = float((production["error"] / production["neutrinos_per_proton"]).mean())
page.text(
    "**Held.** Spectra of decays at rest, yields per proton "
    f"({', '.join(f'{y:.4g}' for y in production['neutrinos_per_proton'])} for three results) with their "
    f"error of {100 * error:.0f} %, and the pulse. The error is one common nuisance of all SNS "
    "data.\n\n**Missing.** The simulation's flux as a table, decays in flight, and the yield against the "
    "energy of the protons."
)

# %% [markdown]
# ## arXiv:2110.11453, dark matter

# %%
(search,) = page.release("coherent-csi-dark-matter").table("search").to_dict("records")
page.result("dark-matter.alpha_d", search["alpha_d"])
page.table(
    "The search in numbers.",
    ["quantity", "value"],
    [
        ["masses searched for (MeV)", f"{search['mass_low']:.0f} to {search['mass_high']:.0f}"],
        ["threshold, nuclear recoil (keV)", f"{search['threshold']:.0f}"],
        ["detector (kg of CsI[Na])", f"{search['detector_mass']:.1f}"],
        ["$\\alpha_D$ rejected below, at peak sensitivity", f"{search['alpha_d']:.2f}"],
    ],
)
page.text(
    "**Held.** The numbers of the abstract, above. The events that were searched are those of "
    "coherent-csi@2021-r1.\n\n**Missing.** Exclusion curves, expected signals and sensitivities of future "
    "detectors (arXiv:2110.11453)."
)

# %% [markdown]
# ## arXiv:1803.09183, COHERENT's programme of 2018

# %%
programme = page.release("coherent-programme")
detectors = programme.table("detectors")
(basement,) = programme.table("basement").to_dict("records")
page.result("programme.farthest", float(detectors["distance"].max()), unit="m")


def given(value: float, digits: int) -> str:
    """Return a number, or that none is held."""
    return "not held" if np.isnan(value) else f"{value:.{digits}f}"


page.table(
    "Four detectors; the last column is what the square of the neutron number makes of the rate per "
    "nucleus, argon being one.",
    ["target", "technology", "N", "mass (kg)", "distance (m)", "threshold (keV)", "$N^2$"],
    [
        [
            d["target"],
            d["technology"],
            f"{d['neutrons']:.1f}",
            given(d["mass"], 1),
            given(d["distance"], 1),
            given(d["threshold"], 1) + ("" if np.isnan(d["threshold"]) else f", {d['threshold_scale']}"),
            f"{(d['neutrons'] / 22.0) ** 2:.2f}",
        ]
        for d in detectors.to_dict("records")
    ],
    note=(
        f"The abstract places them {basement['nearest']:.0f} to {basement['farthest']:.0f} m from the source."
    ),
)
page.text(
    "**Held.** Targets, technologies and the range of distances from the abstract; mass and distance of "
    "CsI[Na] and argon from their later releases, the mass of NaI[Tl] and two thresholds from abstracts of "
    "later results.\n\n**Missing.** What was planned in 2018: masses, thresholds and distances of all four "
    "detectors. Of what was built, mass and distance of germanium, distance of NaI[Tl], thresholds of "
    "argon and NaI[Tl]; sensitivities and neutron measurements (arXiv:1803.09183)."
)

# %% [markdown]
# ## arXiv:1910.07450, Magnificent CEvNS

# %%
field = page.release("cevns-experiments")
counts = field.table("counts").dropna()
figure, axes = figures.new(7.3, 2.6)
ratio = counts["events"] / counts["predicted"]
inner = np.array([counts["minus"], counts["plus"]]) / counts["predicted"].to_numpy()
outer = np.hypot(inner, (ratio * counts["predicted_error"] / counts["predicted"]).to_numpy())
figures.ladder(
    axes,
    list(counts["measurement"]),
    ratio,
    inner,
    "blue",
    outer=outer,
    xlabel="CEvNS events, measured / predicted",
)
page.figure(
    figure,
    "landscape",
    "Counted CEvNS over their predictions; thick: error of the count, thin: with that of the prediction.",
    alt="Ratios of measured to predicted CEvNS events, all compatible with one.",
    shows=["cevns-experiments@2025"],
)
sections = field.table("cross-sections")
page.table(
    "Cross sections per nucleus, averaged over each source's own flux.",
    ["measurement", "target", "neutrinos", "$\\sigma$ (1e-40 cm²)", "arXiv"],
    [
        [
            s["measurement"],
            s["target"],
            s["neutrinos"],
            f"{1e40 * s['cross_section']:.3g} +{1e40 * s['plus']:.2g} −{1e40 * s['minus']:.2g}",
            s["arxiv"],
        ]
        for s in sections.to_dict("records")
    ],
)
results: list[list[Cell]] = [
    [s["measurement"], s["target"], f"{s['sigma']:.3g}σ", s["arxiv"]]
    for s in field.table("significances").to_dict("records")
]
limits = field.table("limits")
meaning = limits.columns[3]
results += [
    [s["measurement"], s["target"], f"below {number(s['limit'], 2)}: {s[meaning]}", s["arxiv"]]
    for s in limits.to_dict("records")
]
results += [
    [
        s["measurement"],
        "–",
        f"{s['value']:.2g} +{s['plus']:.2g} −{s['minus']:.2g}"
        + ("" if s["unit"] == "1" else f" ({s['unit']})"),
        s["arxiv"],
    ]
    for s in field.table("related").to_dict("records")
]
page.table(
    "Significances, limits and related results.", ["measurement", "target", "result", "arXiv"], results
)
page.text(
    "**Held.** Results of the field, one row per measurement with its paper."
    "\n\n**Missing.** The contributions to the workshop and their slides (doi:10.5281/zenodo.3489190)."
)

# %% [markdown]
# ## arXiv:1710.07670, nucleon decay in EXO-200

# %%
early, late = (page.release(f"exo-200-nucleon-decay@{year}").table("limits") for year in (2017, 2018))
both = early.merge(late, on="daughter", suffixes=("_early", "_late"))
both = both.merge(page.release("exo-200-nucleon-decay@2017").table("improvement"), on="daughter")
page.table(
    "Lower limits of the lifetime of ¹³⁶Xe {cite:EXO2017, abstracts of preprint and journal}.",
    ["decay to", "2017 (yr)", "times the limit before", "2018 (yr)", "limits' ratio", "exposures' ratio"],
    [
        [
            row["daughter"],
            row["lifetime_early"],
            f"{row['factor']:.0f}",
            row["lifetime_late"],
            f"{row['lifetime_late'] / row['lifetime_early']:.2f}",
            f"{row['exposure_late'] / row['exposure_early']:.2f}",
        ]
        for row in both.to_dict("records")
    ],
    note=(
        "130 and 223 kg·yr of ¹³⁶Xe {cite:EXO2017, abstracts}. A search without background would improve as "
        "the exposure, one with background as its square root."
    ),
)
for row in both.to_dict("records"):
    page.result(f"exo.{row['daughter']}.ratio", row["lifetime_late"] / row["lifetime_early"])
page.text(
    "**Held.** Both pairs of limits, as two releases, because preprint and journal differ."
    "\n\n**Missing.** Spectra, efficiencies and the likelihood {cite:EXO2017}."
)

# %% [markdown]
# ## arXiv:2203.05914, recoil imaging

# %%
goals, science = (page.release("recoil-imaging").table(name) for name in ("goals", "science"))
page.table("Science case.", ["topic", "release of this archive"], science.values.tolist())
fog, xenon = page.release("neutrino-fog"), page.release("xenonnt-cevns")
figure, axes = figures.new(7.3, 4.6)
for target, colour in (
    ("Xe", "black"),
    ("Ar", "vermillion"),
    ("Ge", "blue"),
    ("NaI", "green"),
    ("He", "orange"),
):
    floor = fog.table(f"floor-{target.lower()}")
    figures.curve(axes, floor["mass"], floor["cross_section"], f"floor, {target}", colour)
limit = xenon.table("limit")
axes.fill_between(
    limit["mass"],
    limit["sensitivity_minus1"],
    limit["sensitivity_plus1"],
    color="#767676",
    alpha=0.25,
    linewidth=0,
)
figures.curve(axes, limit["mass"], limit["limit"], "XENONnT, 90 % CL limit", "#4b0082", "dashed")
axes.set(
    xscale="log",
    yscale="log",
    xlim=(0.3, 1000.0),
    ylim=(1e-50, 1e-40),
    xlabel="mass of the dark matter (GeV)",
    ylabel="cross section on a nucleon (cm²)",
)
figures.legend(figure, axes)
page.figure(
    figure,
    "fog",
    "Neutrino floors of arXiv:2109.03116 for spin-independent scattering, and the limit of XENONnT "
    "with its expected band (68 %): "
    "it enters the fog of solar ⁸B neutrinos.",
    alt=(
        "Neutrino floors of five targets against the mass, and the limit of XENONnT that touches the one "
        "of xenon."
    ),
    shows=["neutrino-fog@2021", "xenonnt-cevns@2026"],
)
spectra = {"8b": "⁸B", "hep": "hep", "dsnb": "supernovae", "atm": "atmosphere"}
figure, axes = figures.new(7.3, 3.2)
for (name, label), colour in zip(spectra.items(), ("blue", "vermillion", "green", "black"), strict=True):
    table = fog.table(f"flux-{name}")
    kept = table[table["flux"] > 0.0]
    figures.curve(axes, kept["energy"], kept["flux"] / kept["flux"].max(), label, colour)
axes.set(
    xscale="log",
    xlabel="neutrino energy (MeV)",
    ylabel="relative spectrum",
    xlim=(0.1, 1000.0),
    ylim=(0.0, 1.05),
)
figures.legend(figure, axes, columns=4)
page.figure(
    figure,
    "fog-spectra",
    "Shapes of the neutrino spectra behind the fog, each divided by its maximum.",
    alt="Four neutrino spectra, of the Sun, supernovae and the atmosphere, from below 1 to 1000 MeV.",
    shows=["neutrino-fog@2021"],
)
events = [len(xenon.table(f"events-sr{run}")) for run in range(3)]
page.result("xenonnt.first_events", sum(events[:2]), unit="event")
solar = page.side("xenonnt-cevns", mode="first-result", grid={"cevns_strength": (0.0, 4.0, 41, "lin")})
found = page.result(
    "xenonnt.first_significance",
    solar.excess_at(cevns_strength=0.0).sigma,
    method="√Δ(−2lnL), one parameter",
)
cells = xenon.table("cells")
kinds = ["accidental", "electronic", "neutron"]
every = page.likelihood("xenonnt-cevns", mode="events")
cells["signal"] = every.predict(page.model) - every.predict(page.model, cevns_strength=0.0)
expected = cells.groupby("run")[[*kinds, "signal"]].sum().to_dict("index")
page.table(
    "XENONnT, solar ⁸B neutrinos: exposure, events, and what is expected of backgrounds and of CEvNS.",
    ["science run", "t·yr", "events", "accidental", "electronic recoils", "neutrons", "CEvNS"],
    [
        [
            str(run),
            f"{exposure:.2f}",
            str(events[run]),
            *(f"{expected[run][kind]:.2f}" for kind in (*kinds, "signal")),
        ]
        for run, exposure in enumerate(xenon.table("exposure")["exposure"])
    ],
    note=(
        "Runs 0 and 1 together are the 37 events of {cite:XENONnT2024B8, abstract}; CEvNS is seen in them "
        f"with {found:.2f}σ (published 2.73σ {{cite:XENONnT2024B8, abstract}}). The fit is on the page "
        "coherent-cross-section."
    ),
)
page.text(
    f"**Held.** The goals of the abstract (a resolution of about {goals['resolution'].to_numpy()[0]:.0f} µm, "
    f"{goals['electrons'].iloc[0]} primary electron) and its "
    "science case. Beside them floors and spectra of arXiv:2109.03116 (MIT), and XENONnT's events, "
    "templates of backgrounds and of single recoil energies, exposures and limit "
    "(doi:10.5281/zenodo.20576156, CC-BY-4.0), with a likelihood of coherent scattering on xenon."
    "\n\n**Missing.** Sensitivities and detector designs (arXiv:2203.05914); further floors and spectra "
    "(github.com/cajohare/NeutrinoFog); XENONnT's templates for other light and charge yields."
)

# %%
word = "partly held"
page.result("verdict", word)
numbers = page.results
page.verdict(
    word,
    f"Of {numbers['papers']['value']} founding papers {numbers['with_likelihood']['value']} are here "
    "with the data and a likelihood, two with the data that others "
    f"are analysed with, {numbers['abstract_only']['value']} with the numbers of their abstracts and "
    "what can stand beside them; one, the white paper on anomalies, is what the "
    "archive as a whole is about. Each section says what is missing and where it is.",
)
