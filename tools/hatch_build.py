"""Build hook: a wheel carries schemas, anomalies and catalogue; an editable install reads the checkout's."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ArchiveFiles(BuildHookInterface[Any]):
    """Put copies into wheels only: in an editable install they would go stale, and hide missing modules."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to ``build_data``, which hatchling reads afterwards."""
        if version == "standard":
            build_data["force_include"] |= {
                "schemas": "nuanomaly/_schemas",
                "anomalies": "nuanomaly/_anomalies",
                "catalog.yaml": "nuanomaly/_catalog.yaml",
            }
