"""Pictures of a release, made from its declaration: by kind of likelihood and table, not by name.

Data with errors beside the predictions without oscillation and at the lowest point of a scan; the region in
the plane of two flavours beside published contours; the correlation of the bins; and, of what has no
likelihood, its contours, spectra and tables.
"""

from nuanomaly.report.portrait.picture import Drawn
from nuanomaly.report.portrait.portraits import portraits

__all__ = ["Drawn", "portraits"]
