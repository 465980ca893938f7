"""The same pack from a wheel, from an sdist's wheel, from an editable install and from a plain checkout."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROBE = (
    "import imcloud, imcloud.plugin; r = imcloud.Runner();"
    "pack = r.packs['im_cloud'];"
    "print(len(pack.actions), sorted(p.name for p in (pack.folder / 'runbooks').glob('*.yaml')))"
)
PIP = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index")
EXPECTED = "28 ['every_action.yaml', 'onboard_customer.yaml']"


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def build(tree: Path, target: str, out: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", out, cwd=tree)
    (built,) = out.glob("*.tar.gz" if target == "sdist" else "*.whl")
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def wheel_of_sdist(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (tree,) = folder.iterdir()
    return build(tree, "wheel", tmp_path_factory.mktemp("again"))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_only_imcloud_at_the_top_level(wheel: Path) -> None:
    assert {name.split("/")[0] for name in names(wheel)} == {"imcloud"}


def test_the_wheel_holds_the_whole_pack(wheel: Path) -> None:
    packed = names(wheel)
    for folder in ("actions", "schemas", "runbooks"):
        wanted = {f"imcloud/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / folder).rglob("*.*")}
        assert wanted <= packed
        assert wanted
    assert {"imcloud/plugin.py", "imcloud/manifest.yaml", "imcloud/py.typed", "imcloud/sandbox/__init__.py"} <= packed


def test_the_sdist_builds_the_same_wheel(wheel: Path, wheel_of_sdist: Path) -> None:
    assert names(wheel) == names(wheel_of_sdist)


@pytest.mark.parametrize("which", ["wheel", "wheel_of_sdist"])
def test_an_installed_wheel_works(which: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    target = tmp_path / "site"
    built: Path = request.getfixturevalue(which)
    run(
        sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", target, built, cwd=tmp_path
    )
    found = run(sys.executable, "-c", PROBE, cwd=tmp_path, env={"PYTHONPATH": str(target)})
    assert found == EXPECTED
    listed = run(
        sys.executable, "-m", "imcloud", "run", "list_products", "--max-items", "1", "--json",
        "--connection", "sandbox", cwd=tmp_path, env={"PYTHONPATH": str(target)},
    )  # fmt: skip
    assert '"ok": true' in listed
    top = {path.name for path in target.iterdir() if path.suffix != ".dist-info"} - {"bin", "__pycache__"}
    assert top == {"imcloud"}


def test_an_editable_install_works(tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    purelib = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path))
    # The dependencies of this environment, but not its own editable install: .pth files are read in site folders only.
    (purelib / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    pip = [*PIP[:3], "--python", python, *PIP[3:]]
    run(*pip, "--no-build-isolation", "--ignore-installed", "-e", ROOT, cwd=tmp_path)
    assert run(python, "-c", PROBE, cwd=tmp_path) == EXPECTED


def test_a_plain_checkout_works(tmp_path: Path) -> None:
    found = run(sys.executable, "-c", PROBE, cwd=tmp_path, env={"PYTHONPATH": str(ROOT / "src")})
    assert found == EXPECTED
