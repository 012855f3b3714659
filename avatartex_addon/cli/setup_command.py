"""blender --command avatartex setup, wheels, doctor: the backend without a window, and what works here."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import bpy

from .. import preferences, session
from ..backend.errors import AvatarTexError, ErrorCode
from ..core.child import process_options
from ..core.command import PYTHON_VARIABLE, backend_command
from ..core.fetch import WheelFolder
from ..core.log import ProgressLine
from ..core.packages import BUILDS
from ..core.work import Work
from ..preferences import find_backend_python, home
from ..setup import backend_setup
from .ending import EXIT_DONE, EXIT_REFUSED, add_command

SETUP = """\
Set up the backend, or go on with a set-up that was interrupted, in the folder of the preferences.

  blender -b --online-mode --command avatartex setup
  blender -b --command avatartex setup --wheels /media/stick/avatartex
"""

WHEELS = """\
Fill a folder with all packages of the backend, for 'setup --wheels' or Install from Folder on machines without network.
They need the same system as this one, and a Blender with the same Python. What lies in the folder already is not
fetched again.

  blender -b --online-mode --command avatartex wheels --output /media/stick/avatartex
"""


def add_setup(commands) -> None:
    one = add_command(commands, "setup", run_setup, "set up the backend", SETUP)
    one.add_argument("--wheels", type=Path, metavar="DIR", help="a folder of packages; needs no network")
    one.add_argument("--large", action="store_true", help="with what large models need")
    many = add_command(commands, "wheels", run_setup, "fetch its packages for another machine", WHEELS)
    many.add_argument("--output", type=Path, required=True, metavar="DIR", help="the folder to fill")
    many.add_argument(
        "--build", choices=BUILDS, help="for processors or NVIDIA's cards (default: as in the preferences)"
    )
    many.add_argument("--large", action="store_true", help="with what large models need")


def run_setup(options: argparse.Namespace) -> int:
    """The exit code: 0 done, 2 refused."""
    wheels = options.command == "wheels"
    carried = preferences.carried() is not None and not options.large
    if (wheels or (options.wheels is None and not carried)) and not bpy.app.online_access:
        raise ErrorCode.BACKEND_MISSING("Blender may not use the network.", "Start it with --online-mode.")
    if wheels:
        folder = options.output.resolve()
        work: Work = WheelFolder(folder, backend_setup.make_plan(options.build, options.large), session.log())
        work.start()
    else:
        work = backend_setup.install(options.wheels and options.wheels.resolve(), options.large)
    if refusal := print_steps(work):
        raise refusal
    print(folder if wheels else preferences.find_backend_python())
    return 0


def print_steps(work: Work) -> AvatarTexError | None:
    """Tell each step on stderr until it is over; Ctrl-C cancels."""
    show = ProgressLine()
    try:
        while not work.done:
            text, fraction = work.progress()
            show(text.split(":")[0], fraction)  # without the bytes
            time.sleep(backend_setup.SETUP_INTERVAL)
    except KeyboardInterrupt:
        work.cancel()
    if backend_setup.current is work:
        return backend_setup.wait(work)
    work.join()
    print(work.text, file=sys.stderr)
    return work.error


def add_doctor(commands) -> None:
    check = add_command(
        commands,
        "doctor",
        run_doctor,
        "say what works on this machine, and how to mend what does not",
        "Say whether Blender's side and the backend work here, and how to mend what does not.",
    )
    check.add_argument("--json", action="store_true", help="the backend's findings as one JSON object on stdout")


def run_doctor(given: argparse.Namespace) -> int:
    """What is known on Blender's side, then the backend's own examination in its own Python."""
    python = find_backend_python()
    shown = sys.stderr if given.json else sys.stdout
    print(f"Blender   {bpy.app.version_string}, Python {sys.version.split()[0]}", file=shown)
    print(f"backend   {python or 'not set up'}", file=shown)
    print(f"log       {session.log().path}", file=shown, flush=True)
    if not python:
        raise ErrorCode.BACKEND_MISSING(
            "The backend is not set up.",
            f"Press Set Up Backend in the add-on's preferences, or name its Python there or in {PYTHON_VARIABLE}.",
        )
    words = backend_command(
        python, session.EXTENSION_FOLDER, home().weights, "doctor", *(["--json"] if given.json else [])
    )
    try:
        said = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False, **process_options())
    except OSError as reason:
        text = f"The backend's Python could not be started ({reason.strerror})."
        raise ErrorCode.BACKEND_MISSING(text, "") from reason
    print(said.stdout, end="")
    print(said.stderr, end="", file=sys.stderr)
    return EXIT_REFUSED if said.returncode else EXIT_DONE
