"""blender --command avatartex doctor: what works here, on Blender's side and on the backend's."""

import argparse
import subprocess
import sys

import bpy

from .. import session
from ..backend.errors import ErrorCode
from ..core.child import process_options
from ..core.command import PYTHON_VARIABLE, backend_command
from ..preferences import find_backend_python, home
from .ending import EXIT_DONE, EXIT_REFUSED, add_command


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
