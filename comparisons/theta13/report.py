# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is tested
#
# At one to two kilometres from a reactor, antineutrinos disappear by the smallest of the three mixing
# angles,
#
# $$P(\bar\nu_e\to\bar\nu_e) \approx 1 - \sin^2 2\theta_{13}\,\sin^2\left(1.267\,\frac{\Delta
# m^2_{ee}\,L}{E}\right),$$
#
# less a slow term of the solar splitting, with $\Delta m^2_{ee}$ between $\Delta m^2_{31}$ and
# $\Delta m^2_{32}$.
# The archive computes all terms exactly. Daya Bay knows $\sin^2 2\theta_{13}$ as
# {bench:daya-bay@2022-r1, sin2-2theta13} ± {bench:daya-bay@2022-r1, sin2-2theta13 error}
# {cite:DayaBay2023, abstract}: a fit that returns it tests baselines, responses, backgrounds and systematic
# effects of the likelihoods.

# %%
import numpy as np
from numpy.typing import ArrayLike, NDArray

from nuanomaly import Analysis, level
from nuanomaly.inference.limits import limits_from
from nuanomaly.report import context, figures, verdicts

page = context.here()
solar = {"dm2_21": 7.53e-5, "sin2_theta12": 0.307}
narrow = {"sin2_theta13": (0.014, 0.038, 13, "lin"), "dm2_31": (1.6e-3, 3.2e-3, 17, "lin")}
#: Data and colour, with the release whose benchmarks are the published values.
DATA = {
    "daya-bay": ("daya-bay", page.title("daya-bay"), "blue"),
    "daya-bay-2016": ("daya-bay@2016", "Daya Bay, 1230 days", "sky"),
    "double-chooz": ("double-chooz", page.title("double-chooz"), "vermillion"),
}
sides = {
    key: page.side(data, key=key, title=title, grid=narrow, fixed=solar)
    for key, (data, title, _) in DATA.items()
}
fits = {key: side.analysis.fit(errors="minos") for key, side in sides.items()}
daya_bay, double_chooz = sides["daya-bay"].likelihood, sides["double-chooz"].likelihood

# %% [markdown]
# ## The data

# %%
figure, (left, right) = figures.new(7.3, 3.8, 1, 2)
none = {**solar, "sin2_theta13": 0.0, "dm2_31": 2.5e-3}
spectra = page.release("daya-bay@2022").table("spectra")
far = spectra["site"].str.startswith("EH3").to_numpy()
energies = spectra["energy_low"].to_numpy(float)[far]
edges = np.unique(energies)
top = spectra["energy_high"].max()


def summed(values: ArrayLike) -> NDArray[np.float64]:
    """Add the periods of the far hall."""
    return np.array([np.asarray(values, float)[far][energies == low].sum() for low in edges])


base = summed(daya_bay.predict(page.model, **none))
signal = summed(spectra["observed"] - spectra["background"])
middle = 0.5 * (edges + np.append(edges[1:], 8.7))
figures.points(left, middle, signal / base, np.sqrt(summed(spectra["observed"])) / base, "data")
best = summed(daya_bay.predict(page.model, **solar, **fits["daya-bay"].parameters))
figures.curve(left, middle, best / base, "best fit of the data shown", "blue")
left.set(title="Daya Bay, far hall", xlabel="prompt energy (MeV)", ylabel="data / θ13 = 0", xlim=(0.7, 8.7))

ratio = page.release("double-chooz").table("ratio")
base = double_chooz.predict(page.model, **none)
error = np.sqrt(np.diag(np.linalg.inv(page.release("double-chooz").matrix("inverse-covariance"))))
middle = 0.5 * (ratio["low"] + ratio["high"]).to_numpy(float)
figures.points(right, middle, ratio["ratio"].to_numpy(float) / base, error / base, "data")
for key, name, colour, line in (
    ("double-chooz", "best fit of the data shown", "blue", "solid"),
    ("daya-bay", "best fit of Daya Bay", "vermillion", "dashed"),
):
    shape = double_chooz.predict(page.model, **solar, **fits[key].parameters)
    figures.curve(right, middle, shape / base, name, colour, line)
right.set(title="Double Chooz, far / near", xlabel="prompt energy (MeV)", xlim=(1.0, 7.5))
for axes in (left, right):
    axes.axhline(1.0, color="#767676", linewidth=0.8, zorder=0)
figures.legend(figure, [left, right])
page.figure(
    figure,
    "data",
    "Spectra over what is expected without θ13, errors statistical (left) or from the diagonal of the "
    "covariance (right). Left: the far hall of Daya Bay, background subtracted, all periods, the last "
    "bin up to "
    f"{top:.0f} MeV drawn at its beginning. Reactor "
    "spectrum and other pulls stand at their nominal values.",
    alt="The far hall of Daya Bay sees up to 8 % less near 2 to 3 MeV, Double Chooz up to 10 %.",
    shows=["daya-bay", "double-chooz"],
)

# %% [markdown]
# ## The fits

# %%
printed = {
    what: page.benchmark("daya-bay@2022", ident)
    for what, ident in (("theta", "sin2-2theta13"), ("mass", "dm2-32"))
}
older = page.benchmark("daya-bay@2016", "sin2-2theta13")
published = {
    "daya-bay": (
        f"{printed['theta']['expected']:.4f} ± {printed['theta']['uncertainty']:.4f}",
        f"{1e3 * printed['mass']['expected']:.3f} ± {1e3 * printed['mass']['uncertainty']:.3f}",
    ),
    "daya-bay-2016": (f"{older['expected']:.4f} ± {older['uncertainty']:.4f}", "–"),
    "double-chooz": ("–", "–"),
}
rows = []
for key, found in fits.items():
    s, m = found.parameters["sin2_theta13"], found.parameters["dm2_31"]
    slope = 4.0 * (1.0 - 2.0 * s)
    theta, mass = 4.0 * s * (1.0 - s), 1e3 * (m - solar["dm2_21"])
    errors = {name: 0.5 * (up - down) for name, (down, up) in found.errors.items()}
    page.record(
        key,
        {
            "sin2_2theta13": theta,
            "sin2_2theta13-error": slope * errors["sin2_theta13"],
            "dm2_32": mass,
            "dm2_32-error": 1e3 * errors["dm2_31"],
            "minimum": found.value,
        },
        "Δχ² = 1, mean of both sides, the other parameter fitted; masses in 10⁻³ eV²",
    )
    rows.append(
        [
            sides[key].title,
            f"{theta:.4f} ± {slope * errors['sin2_theta13']:.4f}",
            published[key][0],
            f"{mass:.3f} ± {1e3 * errors['dm2_31']:.3f}",
            published[key][1],
            f"{found.value:.1f} / {found.n_bins}",
        ]
    )
page.table(
    "Fits of three neutrinos beside the values of {cite:DayaBay2023, abstract} and "
    "{cite:DayaBay2017Oscillation, abstract}.",
    [
        "data",
        "$\\sin^2 2\\theta_{13}$",
        "published",
        "Δm²₃₂ (10⁻³ eV²)",
        "published",
        "χ² / data",
    ],
    rows,
    note=("Normal ordering. Where a dash stands, no number was at hand that is defined in the same way."),
)

# %%
figure, axes = figures.new(7.3, 5.2)
for key in ("double-chooz", "daya-bay-2016", "daya-bay"):
    found = sides[key].scan
    s = found.axis("sin2_theta13").values
    figures.region(
        axes,
        4.0 * s * (1.0 - s),
        1e3 * (found.axis("dm2_31").values - solar["dm2_21"]),
        found.delta(fits[key].value).T,
        page.levels,
        sides[key].title,
        DATA[key][2],
        "lines" if key == "daya-bay-2016" else "allowed",
    )
for key, side in sides.items():
    figures.best_fit(
        axes,
        page.results[f"{key}.sin2_2theta13"]["value"],
        page.results[f"{key}.dm2_32"]["value"],
        f"best fit, {side.title}",
        DATA[key][2],
    )
axes.errorbar(
    [printed["theta"]["expected"]],
    [1e3 * printed["mass"]["expected"]],
    xerr=[printed["theta"]["uncertainty"]],
    yerr=[1e3 * printed["mass"]["uncertainty"]],
    fmt="s",
    color="#1a1a1a",
    markerfacecolor="white",
    label="Daya Bay 2022, published",
    zorder=8,
)
axes.set(
    xlabel=r"$\sin^2 2\theta_{13}$",
    ylabel=r"$\Delta m^2_{32}$ (10$^{-3}$ eV²)",
    xlim=(0.06, 0.185),
    ylim=(1.2, 3.2),
)
figures.legend(figure, axes, 2)
page.figure(
    figure,
    "regions",
    "Allowed regions of three neutrinos. Open square: {cite:DayaBay2023, abstract} with its errors.",
    alt="The region of Daya Bay is small and lies inside that of Double Chooz.",
    shows=["daya-bay", "daya-bay@2016", "double-chooz"],
    regions=True,
)

# %% [markdown]
# ## Do they agree?

# %%
together = page.test(sides["daya-bay"], sides["double-chooz"], grid=narrow, best_fit="", pulls=False)
pg = together.pg
s = together.best_fit["sin2_theta13"]
page.result("joint.sin2_2theta13", 4.0 * s * (1.0 - s))
page.result("joint.dm2_32", 1e3 * (together.best_fit["dm2_31"] - solar["dm2_21"]))
page.tensions(f"Parameter goodness of fit of {together.title}.", [together])

# %% [markdown]
# ## A fourth neutrino in the whole release
#
# The release of 2025 keeps all detectors and periods apart, so that a fourth mass would show as a second
# wave. At each splitting a mixing is excluded where it fits worse than the best one there by
# {wilks:0.95, 1}, with θ13 fitted at each point: a raster scan, which is neither the method of Feldman and
# Cousins nor CLs, the two that the collaboration uses.

# %%
amplitudes = np.r_[0.0, np.geomspace(1e-3, 0.5, 60)]
tried = {
    "dm2_41": np.geomspace(2e-4, 0.3, 41),
    "Ue4_sq": 0.5 * (1.0 - np.sqrt(1.0 - amplitudes)),
    "sin2_theta13": np.linspace(0.0195, 0.0245, 7),
}
whole = Analysis(page.likelihood("daya-bay@2025"), "3+1", fixed={"Umu4_sq": 0.0}, grid=tried)
splittings, values = tried["dm2_41"], whole.scan().values.min(axis=2)
gain = float((values[:, 0] - values.min(axis=1)).max())
limits = limits_from(values, amplitudes, level(0.95, 1))
range_ = (splittings >= 0.01) & (splittings <= 0.1)
page.result(
    "sterile.strongest", float(np.nanmin(limits[range_])), method="raster scan, 95 %, 0.01 to 0.1 eV²"
)
page.result("sterile.weakest", float(np.nanmax(limits[range_])), method="raster scan, 95 %, 0.01 to 0.1 eV²")
page.result("sterile.gain", gain, method="largest Δχ² of a fourth neutrino at any splitting")
figure, axes = figures.new(7.3, 4.4)
figures.curve(axes, limits, splittings, "Daya Bay 2025, this archive, 95 %", "blue")
figures.curve(
    axes, np.full(2, page.cited("sterile.limit")), np.array([0.01, 0.1]), "published", "black", "dashed"
)
axes.set(
    xscale="log",
    yscale="log",
    xlabel="$\\sin^2 2\\theta_{14}$",
    ylabel=figures.LABELS["dm2_41"],
    xlim=(1e-3, 0.5),
)
figures.legend(figure, axes, 2)
page.figure(
    figure,
    "sterile",
    "What Daya Bay excludes of a fourth neutrino lies to the right of the line; θ13 is fitted at each point. "
    "Dashed: the limit that is printed for 0.01 to 0.1 eV² "
    "{cite:DayaBay2024Sterile, listings of the Particle Data "
    "Group}.",
    alt="The limit runs from a third at the solar splitting to half a per cent near two hundredths of an "
    "eV².",
    shows=["daya-bay@2025-r1"],
)
page.text(
    "In the range of the printed limit those found here lie between {result:sterile.strongest:.4f} and "
    "{result:sterile.weakest:.4f}; printed is one number, 0.01 "
    "{cite:DayaBay2024Sterile, listings of the Particle "
    "Data Group}. At no splitting does a fourth neutrino improve χ² by more than {result:sterile.gain:.1f}."
)

# %% [markdown]
# ## Wilks' theorem and Monte Carlo
#
# Here Wilks' theorem should hold: θ13 is far from zero, the splitting is well measured, and no parameter is
# at an edge. Fake experiments at the values of {cite:DayaBay2023, abstract}, and at the common best fit for
# the compatibility, show whether it does. Their grids are coarser than the fits of this page, which Δ shows.

# %%
at = {"sin2_theta13": 0.02175, "dm2_31": 2.5413e-3}  # what Daya Bay published, as in runs.yaml
both = page.side_by_side(
    {
        "double-chooz": (
            "Double Chooz at the published values of Daya Bay",
            sides["double-chooz"].excess_at(**at).dof,
        ),
        "daya-bay-2016": (
            "Daya Bay, 1230 days, at the published values of 3158 days",
            sides["daya-bay-2016"].excess_at(**at).dof,
        ),
        "compatibility": (f"{together.title}, compatibility", pg),
    }
)

# %%
page.text(verdicts.THRESHOLDS)
word = verdicts.compatibility(both["compatibility"])
page.result("verdict", word, method=both["compatibility"].method)
value = {name: page.results[f"daya-bay.{name}"]["value"] for name in ("sin2_2theta13", "dm2_32")}
off = (
    (value["sin2_2theta13"] - printed["theta"]["expected"]) / printed["theta"]["uncertainty"],
    (value["dm2_32"] - 1e3 * printed["mass"]["expected"]) / (1e3 * printed["mass"]["uncertainty"]),
)
page.result("daya-bay.sin2_2theta13-shift", off[0], unit="σ")
page.result("daya-bay.dm2_32-shift", off[1], unit="σ")
page.verdict(
    word,
    f"{sides['daya-bay'].title}: sin²2θ13 = {value['sin2_2theta13']:.4f} ± "
    f"{page.results['daya-bay.sin2_2theta13-error']['value']:.4f} and Δm²₃₂ = {value['dm2_32']:.3f} ± "
    f"{page.results['daya-bay.dm2_32-error']['value']:.3f} × 10⁻³ eV², {abs(off[0]):.1f}σ and "
    f"{abs(off[1]):.1f}σ from the published values {{cite:DayaBay2023, abstract}}, in part by construction. "
    "The older release, which has no such circle, gives {result:daya-bay-2016.sin2_2theta13:.4f}. Double "
    f"Chooz is {word} with Daya Bay ({both['compatibility'].said}).",
)
