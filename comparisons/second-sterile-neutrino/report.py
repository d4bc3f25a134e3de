# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is asked
#
# With two heavy neutrinos, at short baselines, with $\phi_{k} = 1.267\,\Delta m^2_{k1} L/E$ and
# $\alpha_{k} = |U_{\mu k}U_{ek}|$,
#
# $$P(\nu_\mu\to\nu_e) = 4\,\alpha_{4}^2\sin^2\phi_{4} + 4\,\alpha_{5}^2\sin^2\phi_{5}
# + 8\,\alpha_{4}\alpha_{5}\sin\phi_{4}\sin\phi_{5}\cos(\phi_{5}-\phi_{4}\mp\delta),$$
#
# where the sign of $\delta$ is another one for antineutrinos. That is what made 3+2 attractive: MiniBooNE's
# beam of neutrinos and LSND's antineutrinos need not show the same. Disappearance has two mixings each for
# νe and νμ, and no phase.

# %%
from nuanomaly import likelihood, model
from nuanomaly.report import context, figures

page = context.here()
MODELS = {"one": ("one-sterile", "3+1", "one sterile neutrino"), "two": ("two-sterile", "3+2", "two")}
fits = {key: page.toys(run) for key, (run, _, _) in MODELS.items()}
points = {
    key: dict(zip(fit.tables["parameters"]["parameter"], fit.tables["parameters"]["value"], strict=True))
    for key, fit in fits.items()
}
datasets = {name: likelihood(name) for name in fits["two"].declared["datasets"]}
none = {name: 0.0 for name in ("Ue4_sq", "Umu4_sq")} | {"dm2_41": 1.0}
values = {"none": {name: float(data.chi2(model("3+1"), **none)) for name, data in datasets.items()}}
for key, (_, levels, _) in MODELS.items():
    values[key] = {name: float(data.chi2(model(levels), **points[key])) for name, data in datasets.items()}
gains = {key: sum(values["none"].values()) - fits[key].result["value"] for key in MODELS}

# %% [markdown]
# ## The minima
#
# A fit of seven parameters has many local minima. Each search begins at another set of points that fill the
# space, descends, and ends in a local fit; a minimum counts where several of them end in it.

# %%
rows = []
for key, (_, levels, _) in MODELS.items():
    about = fits[key].result
    spread = max(about["ends"]) - min(about["ends"])
    page.record(
        key,
        {
            "gain": gains[key],
            "parameters": len(points[key]),
            "searches": about["searches"],
            "agreeing": about["agreeing"],
            "spread": spread,
        },
        f"{fits[key].how}",
    )
    rows.append(
        [
            levels,
            str(len(points[key])),
            f"{about['value']:.2f}",
            f"{gains[key]:.1f}",
            f"{page.cited(f'collin.{key}'):.1f}",
            f"{about['agreeing']} of {about['searches']}",
            f"{spread:.3f}",
        ]
    )
further = gains["two"] - gains["one"]
published = page.cited("collin.two") - page.cited("collin.one")
page.record("further", {"here": further, "published": published, "parameters": 4})
page.result("two.better", int(further > 0.0))
page.table(
    "One and two sterile neutrinos, fitted to the same data: the minimum, what it gains over three flavours, "
    "and which searches found it.",
    [
        "model",
        "parameters",
        "−2 ln L",
        "gain",
        "gain there",
        "searches within 0.05",
        "highest less lowest",
    ],
    rows,
    note=(
        "There: {cite:Collin2016Fits, abstract}, from other data. Values are summed over data sets that are "
        "a χ² or a −2 ln L, so that differences alone mean something. "
        + " ".join(f"{levels}: {fits[key].how}." for key, (_, levels, _) in MODELS.items())
    ),
)
page.text(
    f"The second neutrino gains {further:.1f} here, and {published:.1f} in "
    "{cite:Collin2016Fits, abstract}, for four more parameters. No number of σ is made of that: where a "
    "mixing vanishes, its mass splitting and the phase mean nothing, so that Wilks' theorem does not hold, "
    "and toys of this fit were not made."
)

# %%
names = {
    "dm2_41": "$\\Delta m^2_{41}$ (eV²)",
    "Ue4_sq": "$|U_{e4}|^2$",
    "Umu4_sq": "$|U_{\\mu4}|^2$",
    "dm2_51": "$\\Delta m^2_{51}$ (eV²)",
    "Ue5_sq": "$|U_{e5}|^2$",
    "Umu5_sq": "$|U_{\\mu5}|^2$",
    "delta_25": "$\\delta$ (rad)",
}
everything = list(points["two"])
rows = [
    [names[name], *(f"{points[key][name]:.3g}" if name in points[key] else "–" for key in MODELS)]
    for name in everything
]
page.table("The best fits.", ["parameter", *(levels for _, levels, _ in MODELS.values())], rows)
for key in MODELS:
    page.record(key, {"best_fit": points[key]})

# %% [markdown]
# ## Which data gain

# %%
figure, axes = figures.new(7.3, 4.8)
height = range(len(datasets))
for key, colour, shift in (("one", "#0072b2", 0.18), ("two", "#d55e00", -0.18)):
    axes.barh(
        [len(datasets) - 1 - k + shift for k in height],
        [values["none"][name] - values[key][name] for name in datasets],
        0.34,
        color=colour,
        label=MODELS[key][1],
    )
axes.axvline(0.0, color="#767676", linewidth=1.0)
axes.set_yticks([len(datasets) - 1 - k for k in height], [name.partition("@")[0] for name in datasets])
axes.set(xlabel="what the best fit of all data gains over three flavours (Δχ²)")
figures.legend(figure, axes)
page.figure(
    figure,
    "data",
    "What each data set gains at the best fit of all data: positive where it is described better than by "
    "three flavours. Blue: 3+1. Vermillion: 3+2.",
    alt="Bars of Δχ² for each data set, for one and two sterile neutrinos.",
    shows=["decay-at-rest", "miniboone", "gallium", "reactor-rates", "nue", "numu"],
)
most = max(datasets, key=lambda name: values["one"][name] - values["two"][name])
experiment = page.release(most.partition("@")[0]).metadata["experiment"]
page.text(
    f"The second neutrino helps most in {experiment}, by {values['one'][most] - values['two'][most]:.1f}."
)

# %%
page.verdict(
    f"Δχ² {further:.1f}",
    f"Two sterile neutrinos gain {gains['two']:.1f} over three flavours where one gains {gains['one']:.1f}: "
    f"{further:.1f} for four more parameters, {fits['two'].result['agreeing']} of "
    f"{fits['two'].result['searches']} searches agree. {{cite:Collin2016Fits, abstract}} has "
    f"{page.cited('collin.two'):.1f} and {page.cited('collin.one'):.1f} from earlier data.",
)
