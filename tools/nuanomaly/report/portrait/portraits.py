"""All pictures of a release."""

import warnings

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.build import likelihood
from nuanomaly.report.portrait.matrix import correlation
from nuanomaly.report.portrait.picture import Drawn
from nuanomaly.report.portrait.plane import region, scanned
from nuanomaly.report.portrait.spectrum import spectrum
from nuanomaly.report.portrait.tables import contours, plain


def portraits(release: Release) -> list[Drawn]:
    """Return the pictures of a release, the data first.

    What a kind does not have is left out; a release that has tables has at least one picture.

    Parameters
    ----------
    release : Release
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of drafts and retracted releases: the page says so
        items = _of_likelihood(release) if release.metadata.get("likelihood") else []
        if not items:
            items = contours(release)
            items += [one for one in [plain(release)] if one is not None] if not items else []
        matrix = correlation(release)
    return [*items, matrix] if matrix is not None else items


def _of_likelihood(release: Release) -> list[Drawn]:
    """Return data and region; none if the likelihood cannot be evaluated without what it lacks."""
    try:
        chosen = likelihood(release)
        plane = scanned(release, chosen)
        data = spectrum(release, chosen, plane)
    except NuanomalyError:
        return []
    return [one for one in (data, region(release, plane) if plane else None) if one is not None]
