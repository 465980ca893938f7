"""Where files are kept: the platform's own folders, or everything below `IMCLOUD_HOME`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import platformdirs

APP = "imcloud"


def state_dir(env: Mapping[str, str]) -> Path:
    """The folder of state: the sandbox's database, remembered verbs, intents."""
    home = env.get("IMCLOUD_HOME")
    return private_dir(Path(home) / "state" if home else platformdirs.user_state_path(APP, appauthor=False))


def config_dir(env: Mapping[str, str]) -> Path:
    """The folder of configuration: the connections file. It is not created by asking for it."""
    home = env.get("IMCLOUD_HOME")
    return Path(home) / "config" if home else platformdirs.user_config_path(APP, appauthor=False)


def private_dir(path: Path) -> Path:
    """Create the folder if need be, readable by its owner only where the platform knows owners."""
    for folder in reversed((path, *path.parents)):  # one by one: `parents=True` would leave the others to the umask
        folder.mkdir(mode=0o700, exist_ok=True)
    return path
