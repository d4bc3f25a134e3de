"""Response, transform and statistic, declared as data in ``release.yaml``. Knows no model.

The package is callable, so that ``nuanomaly.likelihood("best")`` stays the same question before and after
a module of this package was imported (which puts the package itself under that name).
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nuanomaly.archive.release import Release
    from nuanomaly.likelihood.interface import Likelihood


class _CallablePackage(ModuleType):
    """A package that answers a call like :func:`nuanomaly.likelihood.build.likelihood`."""

    def __call__(self, reference: "str | Release", mode: str | None = None) -> "Likelihood":
        from nuanomaly.likelihood.build import likelihood

        return likelihood(reference, mode)


sys.modules[__name__].__class__ = _CallablePackage
