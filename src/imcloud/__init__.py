"""imcloud: declarative marketplace actions, runbooks and an offline sandbox.

Everything public is imported on first use, so that `import imcloud` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
if not (_HERE / "manifest.yaml").exists():
    # A checkout: the pack's folders stand at the root of the repository, two folders up.
    __path__.append(str(_HERE.parents[1]))

__version__ = "0.1.0"

_PUBLIC = {
    "run_action": "imcloud.api",
    "iter_action": "imcloud.api",
    "download": "imcloud.api",
    "connect": "imcloud.api",
    "options": "imcloud.api",
    "run_runbook": "imcloud.api",
    "Runner": "imcloud.runner",
    "Connection": "imcloud.runner",
    "get_plugin_manager": "imcloud.manager",
    "hookimpl": "imcloud.hookspecs",
    "Result": "imcloud.results",
    "Page": "imcloud.results",
    "Secret": "imcloud.secrets",
    "ErrorItem": "imcloud.errors",
    "ImcloudError": "imcloud.errors",
    "ConfigError": "imcloud.errors",
    "PackError": "imcloud.errors",
    "UnknownName": "imcloud.errors",
    "ActionFailed": "imcloud.errors",
    "OutcomeUnknown": "imcloud.errors",
}
__all__ = ["__version__", *sorted(_PUBLIC)]  # noqa: PLE0604  # the names are texts, the rule cannot see it


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    if name.startswith("download_"):
        return import_module("imcloud.api").downloader(name.removeprefix("download_"))
    raise AttributeError(f"module 'imcloud' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
