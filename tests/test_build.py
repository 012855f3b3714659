"""build.py: the zip that ships, and the setup that does nothing the second time."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

import build
from tests import groups as group_module

TEXT = {".py", ".js", ".toml", ".txt", ".sha256", ".json", ".md", ".html", ""}


@pytest.fixture(scope="module")
def names(extension_zip: Path) -> set[str]:
    with zipfile.ZipFile(extension_zip) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def test_package_holds_both_halves(names: set[str]) -> None:
    """`package` validates with Blender's own tool as well: a fixture that arrives here is valid."""
    assert {
        "blender_manifest.toml",
        "__init__.py",
        "LICENSE",
        "backend/messages.py",
        "backend/__main__.py",
        "backend/requirements.txt",
        "backend/requirements-large.txt",
        "backend/requirements-cuda.txt",
        "backend/requirements-large-cuda.txt",
        "backend/models/weights/weights.json",
    } <= names
    assert not any(name.startswith("avatartex_addon/") for name in names), "the add-on lies beside the manifest"


def test_package_holds_every_module(names: set[str]) -> None:
    """Each module of both halves arrives, and each weight that the manifest of weights names."""
    for folder, prefix in (("avatartex_addon", ""), ("backend", "backend/")):
        tracked = subprocess.run(
            ["git", "ls-files", folder], cwd=build.ROOT, capture_output=True, text=True, check=False
        ).stdout.split()
        present = [name for name in tracked if (build.ROOT / name).is_file() and not name.startswith("backend/lab/")]
        assert {prefix + str(PurePosixPath(name).relative_to(folder)) for name in present} <= names


def test_package_holds_nothing_else(names: set[str]) -> None:
    allowed = {*".py .js .toml .txt .sha256 .json .md .html .npz .safetensors .onnx .svg .jpg".split()}
    others = {name for name in names if PurePosixPath(name).suffix not in allowed}
    assert others == {"LICENSE", "sample/head.obj"}
    assert not any(part in {"tests", "lab", "__pycache__"} for name in names for part in name.split("/"))
    assert "build.py" not in names


def test_package_names_no_machine(extension_zip: Path) -> None:
    """No path of the machine that built it, neither the checkout's nor the home folder's."""
    own = {str(build.ROOT), str(Path.home()), sys.prefix} - {"/"}
    with zipfile.ZipFile(extension_zip) as archive:
        for name in archive.namelist():
            if PurePosixPath(name).suffix in TEXT and not name.endswith("/"):
                text = archive.read(name).decode("utf-8")
                assert not [path for path in own if re.search(rf"{re.escape(path)}\b", text)], name


def test_package_is_small_enough_to_send(extension_zip: Path) -> None:
    assert extension_zip.stat().st_size < 60e6


def test_every_test_is_in_one_group() -> None:
    """But those in a real window; the add-on's are by themselves."""
    groups = group_module.find_groups()
    named = [word for words in groups.values() for word in words]
    files = [str(path.relative_to(build.ROOT)) for path in (build.ROOT / "tests").rglob("test_*.py")]
    outside = [name for name in files if Path(name).parts[1] not in ("addon", "gui")]
    assert sorted(named) == sorted([*outside, "tests/addon"]) and len(outside) > 100
    assert [words for words in groups.values() if "tests/addon" in words] == [("tests/addon",)]


@pytest.fixture
def two_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """build.py over a good and a bad file of tests; gives the folder."""
    (tmp_path / "test_good.py").write_text(
        "import os\ndef test_zip(): assert os.environ['AVATARTEX_EXTENSION'] == 'the.zip'\ndef test_two(): pass\n"
    )
    (tmp_path / "test_bad.py").write_text("def test_it(): assert False\ndef test_died(): __import__('os')._exit(9)\n")
    groups = {name: (str(tmp_path / f"test_{name}.py"), "-p", "no:cacheprovider") for name in ("good", "bad")}
    monkeypatch.setattr(build, "setup", lambda: Path(sys.executable))
    monkeypatch.setattr(build, "package", lambda _folder: Path("the.zip"))
    monkeypatch.setattr(group_module, "find_groups", lambda: groups)
    return tmp_path


def test_groups_are_counted_together(two_groups: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.test(["-k", "not died"]) == 1
    out = capsys.readouterr().out
    assert out.endswith("2 passed, 1 failed, 0 skipped\n") and "Tests: good" in out and "assert False" in out


def test_a_group_that_dies_has_failed(two_groups: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.test(["-k", "died or two"]) == 9
    assert capsys.readouterr().out.endswith("1 passed, 1 failed, 0 skipped\n")


def test_nothing_that_is_found_is_no_success(two_groups: Path) -> None:
    assert build.test(["-k", "zip"]) == 0
    assert build.test(["-k", "absent"]) == 1  # a word that no folder above is named by


@pytest.fixture
def empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """build.py over a folder without an environment; collects what it would install."""
    installed: list[tuple[str, ...]] = []

    def make_environment(_python: list[str]) -> None:
        build.environment_python().parent.mkdir(parents=True, exist_ok=True)
        build.environment_python().write_text("")

    monkeypatch.setattr(build, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(build, "make_environment", make_environment)
    monkeypatch.setattr(build, "install", lambda _python, _what, *arguments: installed.append(arguments))
    return installed


def test_second_setup_installs_nothing(empty_environment: list[tuple[str, ...]]) -> None:
    build.setup()
    assert empty_environment[0] == ("torch==2.13.0",), "torch by itself and first"
    assert len(empty_environment) == 3
    build.setup()
    assert len(empty_environment) == 3


def test_changed_lock_installs_again(
    empty_environment: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.setup()
    lock = tmp_path / "lock.txt"
    lock.write_text(build.LOCKS[0].read_text() + "\n# changed\n")
    monkeypatch.setattr(build, "LOCKS", (lock, *build.LOCKS[1:]))
    build.setup()
    assert len(empty_environment) == 6


def test_interrupted_setup_is_not_taken_for_done(
    empty_environment: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_python: Path, what: str, *_arguments: str) -> None:
        raise build.BuildError(what)

    monkeypatch.setattr(build, "install", fail)
    with pytest.raises(build.BuildError):
        build.setup()
    assert not build.is_set_up()


def test_another_blender_is_fetched_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fetched = []

    def install(_python: Path, _what: str, *arguments: str) -> None:
        fetched.append(arguments[-1])
        (Path(arguments[arguments.index("--target") + 1]) / "bpy").mkdir()

    monkeypatch.setattr(build, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(build, "install", install)
    python, variables = build.other_blender("5.0.1")
    assert (python, variables) == build.other_blender("5.0.1")
    assert python == build.environment_python() and variables == {"PYTHONPATH": str(tmp_path / ".venv-bpy-5.0.1")}
    assert fetched == ["bpy==5.0.1"] and [path.name for path in tmp_path.iterdir()] == [".venv-bpy-5.0.1"]


def test_a_blender_with_another_python_gets_an_environment_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made, installed = [], []

    def make_environment(python: list[str], environment: Path) -> None:
        made.append(python)
        environment.mkdir()

    monkeypatch.setattr(build, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(build, "find_python", lambda version: [f"python{version}"])
    monkeypatch.setattr(build, "make_environment", make_environment)
    monkeypatch.setattr(build, "install", lambda python, _what, *arguments: installed.append((python, *arguments)))
    python, variables = build.other_blender("5.2.3")
    assert (python, variables) == build.other_blender("5.2.3") and not variables
    assert made == [["python(3, 13)"]] and python.parents[1] == tmp_path / ".venv-bpy-5.2.3"
    words, _head = installed
    assert {"bpy==5.2.3", "-r", str(build.LOCKS[1])} < {*words[1:]} and any("pytest==" in word for word in words[1:])


def test_wheels_for_a_platform_are_asked_for_by_its_tags_and_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[list[str]] = []

    def run(*command: object) -> None:
        asked.append([str(word) for word in command])
        folder = Path(asked[-1][asked[-1].index("--dest") + 1])
        folder.mkdir(exist_ok=True)
        (folder / "attrs-26.1.0-py3-none-any.whl").write_bytes(b"another one")

    monkeypatch.setattr(build, "run", run)
    with pytest.raises(build.BuildError, match="attrs-26"):
        build.fetch_wheels(Path("python"), "windows-x64", tmp_path / "wheels")
    assert [words[words.index("--python-version") + 1] for words in asked] == ["311", "313"]
    for words, numpy in zip(asked, ("numpy==1.26.4", "numpy==2.4.6"), strict=True):
        assert words[words.index("--platform") + 1] == "win_amd64" and numpy in words
        assert "--no-deps" in words and words[words.index("--only-binary") + 1] == ":all:"
    asked.clear()
    with pytest.raises(build.BuildError):
        build.fetch_wheels(Path("python"), "macos-x64", tmp_path / "others")
    assert len(asked) == 1 and "onnxruntime==1.23.2" in asked[0] and "macosx_13_0_x86_64" in asked[0]


def test_missing_python_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "is_wanted_python", lambda *_command, **_wanted: False)
    with pytest.raises(build.BuildError, match=r"Python 3\.11 was not found.*Install it"):
        build.find_python()


def test_versions_are_pinned() -> None:
    for lock in build.LOCKS:
        for line in lock.read_text().splitlines():
            assert re.fullmatch(r"#.*|\s*|[a-z0-9-]+==[0-9][0-9a-z.]*(; .+)?", line), f"{lock.name}: {line}"


def test_help_is_the_manual() -> None:
    manual = subprocess.run(
        [sys.executable, str(build.ROOT / "build.py"), "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(f"build.py {command}" in manual for command in ("setup", "demo", "test", "package"))


@pytest.mark.parametrize("words", [("check",), ("format", "--check")])
def test_linter_and_formatter_are_content(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *words, "--no-cache"],
        cwd=build.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_types_hold() -> None:
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=build.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_there_is_one_version() -> None:
    manifest = (build.ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    code = (build.ROOT / "backend" / "__init__.py").read_text(encoding="utf-8")
    assert re.search(r'^version = "(.+)"', manifest, re.M)[1] == re.search(r'^__version__ = "(.+)"', code, re.M)[1]


def test_the_manifest_names_the_holder_of_every_bundled_package():
    manifest = tomllib.loads((build.ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    lines = (build.ROOT / "backend" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = {line.split("==")[0] for line in lines if "==" in line and not line.startswith("#")}
    missing = {name for name in names if not any(f"({name})" in holder for holder in manifest["copyright"])}
    assert len(names) > 10 and missing == set()
    assert all(re.match(r"\d{4}(-\d{4})? \S", holder) for holder in manifest["copyright"])
