"""A second pack as an installed distribution: its entry point is all that makes it known."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.workshop import Workshop, open_workshop

TOY = Path(__file__).parent / "toy"
PLUGIN = """
from pathlib import Path
from imcloud.hookspecs import hookimpl

@hookimpl
def register_packs():
    return [Path(__file__).parent]
"""
METADATA = "Metadata-Version: 2.1\nName: toy-workshop\nVersion: 1.0.0\n"


def install(target: Path, plugin: str = PLUGIN, name: str = "toy_workshop") -> Path:
    """What an installer leaves behind: the package, with the pack in it, and the distribution's own records."""
    package, records = target / name, target / f"{name}-1.0.0.dist-info"
    shutil.copytree(TOY, package)
    (package / "__init__.py").write_text(plugin)
    records.mkdir()
    (records / "METADATA").write_text(METADATA.replace("toy-workshop", name.replace("_", "-")))
    (records / "entry_points.txt").write_text(f"[imcloud]\n{name} = {name}\n")
    (records / "RECORD").write_text("")
    return target


def run(site: Path, home: Path, code: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Python code in a process of its own, with `site` among its packages."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("IMCLOUD_", "TOY_"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**env, "PYTHONPATH": str(site), "IMCLOUD_HOME": str(home), **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    with open_workshop() as running:
        yield running


def printed(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_installed_pack_is_found_and_runs(tmp_path: Path, workshop: Workshop) -> None:
    code = """
import json, imcloud
from importlib.metadata import entry_points
found = [point.dist.name for point in entry_points(group="imcloud")]
result = imcloud.run_action("toy.get_widget", {"code": "w1"})
runner = imcloud.Runner()
print(json.dumps([found, list(runner.packs), result.to_dict()["data"]["name"], result.ok]))
"""
    env = {f"TOY_{name.upper()}": value for name, value in workshop.fields.items()}
    done = run(install(tmp_path / "site"), tmp_path / "home", code, **env)
    assert printed(done) == [["toy-workshop"], ["im_cloud", "toy"], "Cog", True]
    assert workshop.sent() == [("GET", "/widgets/w1")]


def test_the_command_knows_an_installed_pack(tmp_path: Path, workshop: Workshop) -> None:
    site = install(tmp_path / "site")
    env = {f"TOY_{name.upper()}": value for name, value in workshop.fields.items()}
    code = """
import sys
from imcloud.cli import main
sys.argv = ["imcloud", "run", "toy.get_widget", "code=w3", "--json"]
main()
"""
    assert printed(run(site, tmp_path / "home", code, **env))["data"]["name"] == "Gear"


def test_an_installed_pack_can_be_blocked_by_name(tmp_path: Path) -> None:
    code = """
import json
from imcloud import Runner, get_plugin_manager
print(json.dumps([
    list(Runner(get_plugin_manager(block=["toy_workshop"])).packs),
    list(Runner(get_plugin_manager(installed=False)).packs),
]))
"""
    done = run(install(tmp_path / "site"), tmp_path / "home", code)
    assert printed(done) == [["im_cloud"], ["im_cloud"]]


@pytest.mark.parametrize(
    ("plugin", "says"),
    [
        ("raise RuntimeError('boom: a-secret')", "cannot be loaded: RuntimeError"),
        (PLUGIN.replace("register_packs", "register_pack"), "a hook that does not exist"),
    ],
)
def test_a_broken_plugin_is_one_clear_error(tmp_path: Path, plugin: str, says: str) -> None:
    code = """
from imcloud import PackError, get_plugin_manager
try:
    get_plugin_manager()
except PackError as error:
    print(error)
"""
    done = run(install(tmp_path / "site", plugin), tmp_path / "home", code)
    assert says in done.stdout
    assert "a-secret" not in done.stdout
    blocked = run(tmp_path / "site", tmp_path / "home", "import imcloud; imcloud.get_plugin_manager(['toy_workshop'])")
    assert blocked.returncode == 0, blocked.stderr
