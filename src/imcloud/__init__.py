"""imcloud: declarative marketplace actions, runbooks and an offline sandbox.

Everything public is imported on first use, so that `import imcloud` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what `__getattr__` gives, for those who read types
    from imcloud.api import connect as connect
    from imcloud.api import download as download
    from imcloud.api import iter_action as iter_action
    from imcloud.api import options as options
    from imcloud.api import run_action as run_action
    from imcloud.api import run_runbook as run_runbook
    from imcloud.errors import ActionFailed as ActionFailed
    from imcloud.errors import ConfigError as ConfigError
    from imcloud.errors import ErrorItem as ErrorItem
    from imcloud.errors import ImcloudError as ImcloudError
    from imcloud.errors import OutcomeUnknown as OutcomeUnknown
    from imcloud.errors import PackError as PackError
    from imcloud.errors import UnknownName as UnknownName
    from imcloud.hookspecs import hookimpl as hookimpl
    from imcloud.manager import get_plugin_manager as get_plugin_manager
    from imcloud.results import Page as Page
    from imcloud.results import Result as Result
    from imcloud.runner import Connection as Connection
    from imcloud.runner import Runner as Runner
    from imcloud.secrets import Secret as Secret

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
