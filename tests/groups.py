"""How `build.py test` runs the tests: in groups, some at once, each a process of its own. Standard library only."""

from __future__ import annotations

import os
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: The backend's tests run in so many parts, each in a process of its own, as many at once as there are cores; more do
#: not fit into memory.
PARTS, AT_ONCE = 7, min(4, os.cpu_count() or 1)
NO_TESTS_COLLECTED = 5  # pytest's exit code


def run_groups(
    python: Path,
    groups: Mapping[str, Sequence[str]],
    arguments: Sequence[str],
    environment: dict[str, str],
    folder: Path,
) -> int:
    """The exit code of pytest on all groups; each prints when it ends, a single one as it goes.

    Args:
        groups: what pytest is asked, by name. arguments: for all. folder: for logs and reports.
    """

    def run_group(name: str) -> int:
        log, begun = folder / f"{name}.log", time.monotonic()
        command = [str(python), "-m", "pytest", *groups[name], *arguments, f"--junit-xml={folder / name}.xml"]
        with open(log, "wb") as out:
            told = {"stdout": out, "stderr": subprocess.STDOUT} if len(groups) > 1 else {}
            code = subprocess.run(command, cwd=ROOT, env=environment, check=False, **told).returncode
        text = log.read_text(errors="replace")
        print(f"Tests: {name}\n{text}{name}: {time.monotonic() - begun:.0f} s", flush=True)
        return code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(run_group, groups))
    counts = count_tests(folder / f"{name}.xml" for name in groups)
    failed = counts["failures"] + counts["errors"]
    print(f"{counts['tests'] - failed - counts['skipped']} passed, {failed} failed, {counts['skipped']} skipped")
    bad = [code for code in codes if code not in (0, NO_TESTS_COLLECTED)]
    return bad[0] if bad else int(failed > 0 or counts["tests"] == 0)


def find_groups() -> dict[str, tuple[str, ...]]:
    """What pytest is asked by group: bpy must not be loaded beside torch, and one crash is one group's."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py"))
    files = [name for name in files if Path(name).parts[1] not in ("addon", "gui")]
    parts = {f"backend, part {number + 1} of {PARTS}": (*files[number::PARTS],) for number in range(PARTS)}
    return {"add-on, in headless Blender": ("tests/addon",), **parts}


def count_tests(reports: Iterable[Path]) -> dict[str, int]:
    """Tests, failures, errors and skipped of JUnit's files."""
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for report in reports:
        if report.is_file():
            for suite in ElementTree.parse(report).getroot().iter("testsuite"):
                for key in counts:
                    counts[key] += int(suite.get(key, 0))
        else:  # pytest itself died: that is a failure, whatever the others say
            counts["tests"], counts["errors"] = counts["tests"] + 1, counts["errors"] + 1
    return counts
