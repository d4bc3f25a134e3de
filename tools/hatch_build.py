"""Build hook: a wheel carries schemas, anomalies, amendments and catalogue; a checkout has its own."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ArchiveFiles(BuildHookInterface[Any]):
    """Put copies into wheels only: in an editable install they would go stale, and hide missing modules."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to ``build_data``, which hatchling reads afterwards."""
        if version == "standard":
            amendments = sorted(Path(self.root).glob("datasets/*/amendments.yaml"))
            build_data["force_include"] |= {
                str(file): f"nuanomaly/_amendments/{file.parent.name}.yaml" for file in amendments
            } | {
                "schemas": "nuanomaly/_schemas",
                "anomalies": "nuanomaly/_anomalies",
                "catalog.yaml": "nuanomaly/_catalog.yaml",
            }
