"""Oscillation probabilities. Knows no experiment.

The package is callable, so that ``nuanomaly.model("3+1")`` stays the same question before and after a
module of this package was imported (which puts the package itself under that name).
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nuanomaly.model.probabilities import Model


class _CallablePackage(ModuleType):
    """A package that answers a call like :func:`nuanomaly.model.registry.model`."""

    def __call__(self, which: "str | Model | Callable[..., Any]") -> "Model":
        from nuanomaly.model.registry import model

        return model(which)


sys.modules[__name__].__class__ = _CallablePackage
