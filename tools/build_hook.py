"""Puts the pack's folders, which live at the root of the repository, inside the package of a wheel."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACK = ("plugin.py", "manifest.yaml", "actions", "schemas", "runbooks")


class PackHook(BuildHookInterface):  # type: ignore[type-arg]  # generic only in the type stubs of some hatchling versions
    """Adds `imcloud/<entry>` for each entry of the pack; an editable install reads the checkout itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill `force_include`, except for editable wheels, where copies would go stale."""
        if version != "standard":
            return
        for entry in PACK:
            build_data["force_include"][str(Path(self.root) / entry)] = f"imcloud/{entry}"
