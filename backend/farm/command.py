"""python -m backend farm: the commands of a farm."""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath

from ..command_line import EXIT_REFUSED, make_parser, run
from ..errors import AvatarTexError, ErrorCode
from .bundle import write_bundle
from .checking import Checked, blame_folders, check_table
from .dispatch import LocalPool, Pool, Report, run_rows
from .rows import DONE, KEPT, TRIES, Outcome, do_row, inspect
from .session import Hosted, start, stop
from .table import read_rows
from .worker import Worker, serve_command

EXIT_SOME_FAILED = 3  # as Blender's command line has it

MANUAL = """\
  python -m backend farm bundle JOBS.csv --output DIR     a job bundle for AWS Deadline Cloud, openjd and others
  python -m backend farm run JOBS.csv --workers 4 --report FILE
                                                          on this machine
  python -m backend farm run JOBS.csv --engine ray --address auto --workers 400 --cpus 1 --gpus 0 --memory 2000
                                                          on a Ray cluster
  python -m backend farm run JOBS.csv --retry             also the rows that ended their workers
  python -m backend farm report JOBS.csv                  what is done, whoever did it
  python -m backend farm task JOBS.csv --rows 1-10,12     some rows, as an engine asks

A table has a line of column names, then a row for each texture: mesh, portrait, output, and any setting of generate by
its name. Paths are relative to the table. Several values in a cell are separated by |. The commands session and task
are what engines call. Exit code: 0 all rows are done, 2 refused, 3 some rows failed (the others are done).
"""


def main(argv: list[str]) -> int:
    arguments = build_parser().parse_args(argv)
    code = 0

    def work(show: Callable[[str, float], None]) -> None:
        nonlocal code
        code = arguments.work(arguments)

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # an engine that cancels: as Ctrl-C
    try:
        return run(work) or code
    finally:
        signal.signal(signal.SIGTERM, before)


def build_parser() -> argparse.ArgumentParser:
    parser = make_parser("farm", "Texture thousands of characters on engines that exist.", MANUAL)
    commands = parser.add_subparsers(dest="farm", required=True)

    def add(name: str, work: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(work=work)
        if work is not change_session:
            command.add_argument("table", type=Path, metavar="JOBS.csv", help="the table of rows")
        return command

    one = add("bundle", make_bundle, "write a job bundle of Open Job Description")
    one.add_argument("--output", type=Path, required=True, metavar="DIR", help="the bundle's folder")
    one.add_argument("--name", default="", metavar="NAME", help="of the job (default: the table's)")
    one = add("run", run_table, "run a table, or what is left of it")
    one.add_argument("--engine", choices=("local", "ray"), default="local", help="default local")
    one.add_argument("--workers", type=int, default=1, metavar="N", help="how many (default 1)")
    one.add_argument("--address", default="", help="of a Ray cluster (default: one of this machine)")
    one.add_argument("--cpus", type=float, default=0, help="of a worker (default: this machine's, shared; Ray: 1)")
    one.add_argument("--gpus", type=float, default=0, help="of a worker, for Ray (default 0)")
    one.add_argument("--memory", type=int, default=2000, metavar="MB", help="of a worker, for Ray (default 2000)")
    one.add_argument("--report", type=Path, metavar="FILE", help="CSV: what became of each row")
    add_tries(one)
    one = add("report", report, "say which rows are done")
    one.add_argument("--report", type=Path, metavar="FILE", help="CSV: a line for each row")
    one = add("task", do_task, "do rows in an engine's task")
    one.add_argument("--rows", required=True, metavar="LIST", help="as 1-10,12")
    one.add_argument("--session", type=Path, metavar="DIR", help="of its warm worker (default: one of its own)")
    one.add_argument("--mapping", default="", metavar="FILE", help="path mapping rules of Open Job Description")
    one.add_argument("--failed", choices=("fail", "report"), default="fail", help="whether failed rows fail the task")
    add_tries(one)
    one = add("session", change_session, "start or stop a session's warm worker")
    one.add_argument("change", choices=("start", "stop"))
    one.add_argument("folder", type=Path, metavar="DIR")
    one.add_argument("--worker", default="", metavar="COMMAND", help=WORKER)
    return parser


WORKER = "what starts a worker (default: this Python's serve)"


def add_tries(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tries", type=int, default=TRIES, help=f"workers that may die of a row (default {TRIES})")
    parser.add_argument("--retry", action="store_true", help="rows that were isolated are tried again")
    parser.add_argument("--worker", default="", metavar="COMMAND", help=WORKER)


def words_of(command: str) -> list[str]:
    """Of what starts a worker; AVATARTEX_WORKER stands in for an option that an engine does not pass on."""
    words = shlex.split(command or os.environ.get("AVATARTEX_WORKER", ""), posix=os.name == "posix")
    return [word.strip('"') for word in words]  # which stay on Windows, as backslashes do


def refuse_problems(checked: Checked) -> None:
    """Raises: AvatarTexError, after all problems are on stderr."""
    if not checked.wrong:
        return
    for problem in checked.problems:
        print(problem, file=sys.stderr)
    raise AvatarTexError(
        ErrorCode.BAD_REQUEST,
        f"{checked.wrong} of {checked.rows} rows cannot work; nothing was written.",
        "Mend the lines above, then run this again.",
    )


def make_bundle(arguments: argparse.Namespace) -> int:
    checked = write_bundle(arguments.table, arguments.output, arguments.name)
    refuse_problems(checked)
    print(arguments.output)
    print(f"{checked.rows} rows. Try it here: openjd run {arguments.output / 'template.json'}", file=sys.stderr)
    return 0


def run_table(arguments: argparse.Namespace) -> int:
    checked = check_table(arguments.table)
    blame_folders(checked)
    refuse_problems(checked)
    shown, pool = Report(checked.rows, arguments.report), make_pool(arguments)
    try:
        whole = run_rows(read_rows(arguments.table), pool, shown.note, arguments.tries)
    except KeyboardInterrupt:
        print("\nCancelled. The same command goes on with the rest.", file=sys.stderr)
        return EXIT_REFUSED
    finally:
        pool.close()
        left = shown.close()
    if not whole:
        print("No worker is left that can work; the same command goes on with the rest.", file=sys.stderr)
    return EXIT_SOME_FAILED if left else 0


def make_pool(arguments: argparse.Namespace) -> Pool:
    command = words_of(arguments.worker)
    do = functools.partial(do_row, tries=arguments.tries, retry=arguments.retry)
    if arguments.engine == "ray":
        from .ray_pool import Needs, RayPool

        needs = Needs(arguments.cpus or 1.0, arguments.gpus, arguments.memory)
        return RayPool(arguments.workers, command, needs, do, arguments.address)
    threads = int(arguments.cpus) or max(1, (os.cpu_count() or 1) // arguments.workers)
    return LocalPool(arguments.workers, command or serve_command(), threads, do)


def report(arguments: argparse.Namespace) -> int:
    shown = Report(check_table(arguments.table).rows, arguments.report)
    for row in read_rows(arguments.table):
        shown.note(inspect(row), 0)
    return EXIT_SOME_FAILED if shown.close() else 0


def do_task(arguments: argparse.Namespace) -> int:
    """Rows one after the other, with the lines that Open Job Description reads; each row goes on after the last."""
    numbers = read_numbers(arguments.rows)
    command = words_of(arguments.worker)
    worker = Hosted(arguments.session, command) if arguments.session else Worker(command or serve_command())
    bad: list[Outcome] = []
    rows = read_rows(arguments.table, read_mapping(arguments.mapping), numbers)
    with contextlib.closing(worker):
        for done, row in enumerate(rows):

            def tell(stage: str, fraction: float, done: int = done, number: int = row.number) -> None:
                print(f"openjd_progress: {100 * (done + fraction) / len(numbers):.1f}", flush=True)
                print(f"openjd_status: row {number}: {stage}", flush=True)

            outcome = do_row(row, worker, tell=tell, tries=arguments.tries, retry=arguments.retry)
            print(f"row {row.number}: {outcome.state} {outcome.output} ({outcome.seconds} s)", flush=True)
            if outcome.state not in (DONE, KEPT):
                bad.append(outcome)
                print(f"openjd_status: row {row.number} {outcome.state} [{outcome.code}] {outcome.reason}", flush=True)
    print("openjd_progress: 100", flush=True)
    if not bad:
        return 0
    first = bad[0]
    told = f"{len(bad)} of {len(numbers)} rows failed, row {first.row} (line {first.line}) [{first.code}]"
    print(f"openjd_fail: {told} {first.reason} {first.cure}", flush=True)
    return EXIT_SOME_FAILED if arguments.failed == "fail" else 0


def change_session(arguments: argparse.Namespace) -> int:
    if arguments.change == "start":
        start(arguments.folder, words_of(arguments.worker) or serve_command())
    else:
        stop(arguments.folder)
    return 0


def read_numbers(text: str) -> set[int]:
    """1-10,12 or, with a step, 1-9:2: what a range of Open Job Description is.

    Raises:
        AvatarTexError: BAD_REQUEST.
    """
    numbers: set[int] = set()
    try:
        for part in text.split(","):
            ends, _, step = part.partition(":")
            first, _, last = ends.strip().partition("-")
            numbers.update(range(int(first), int(last or first) + 1, int(step or 1)))
    except ValueError:
        raise AvatarTexError(ErrorCode.BAD_REQUEST, f"{text[:80]!r} names no rows.", "Write 1-10,12.") from None
    return numbers


def read_mapping(file: str) -> Callable[[str], str]:
    """Where paths of the submitting machine lie on this one, by rules of the format pathmapping-1.0.

    Raises:
        AvatarTexError: BAD_REQUEST.
    """
    kinds = {"POSIX": PurePosixPath, "WINDOWS": PureWindowsPath}
    try:
        told = json.loads(Path(file).read_text(encoding="utf-8")) if file else {}
        rules = [
            (kinds[rule["source_path_format"]], rule["source_path"], rule["destination_path"])
            for rule in sorted(told.get("path_mapping_rules", []), key=lambda rule: -len(rule["source_path"]))
        ]
    except (OSError, ValueError, KeyError, AttributeError) as reason:
        raise AvatarTexError(ErrorCode.BAD_REQUEST, f"{file} holds no rules ({reason}).", "Leave it out.") from None

    def place(path: str) -> str:
        for kind, source, target in rules:
            with contextlib.suppress(ValueError):
                return os.path.join(target, *kind(path).relative_to(kind(source)).parts)
        return path

    return place
