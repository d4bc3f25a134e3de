"""Figures for a paper or a notebook: regions, profiles, spectra with pulls, ladders of rates, surveys.

The same building blocks as on the pages, so that a figure looks the same in both places. A :class:`Picture`
holds the figure and the numbers behind it, shows itself in a notebook, and is saved as PDF, PNG or SVG beside
a CSV.
"""

from nuanomaly.report.plotting.draw import KINDS, plot
from nuanomaly.report.plotting.picture import FORMATS, Picture
from nuanomaly.report.plotting.regions import published_contours

__all__ = ["FORMATS", "KINDS", "Picture", "plot", "published_contours"]
