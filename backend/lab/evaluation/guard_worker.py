"""One worker of a checkout, this one or an older one: jobs go in, textures come out, networks are loaded once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

#: What a job asks beside its files; options that every version knows.
ASKED = {"light": "remove", "seed": 0}


class GuardWorker:
    """Asks a checkout's `python -m backend serve`; its log goes to a file.

    Args:
        python: what runs it, with that checkout's packages.
    """

    def __init__(self, checkout: Path, log: Path, python: str = sys.executable) -> None:
        self._log = log.open("w", encoding="utf-8")
        self._process = subprocess.Popen(
            [python, "-m", "backend", "serve"],
            cwd=checkout,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> GuardWorker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(10)
        self._log.close()

    def ask(self, name: str, folder: Path, output: Path, size: int, **options: Any) -> None:
        """Begin the texture of a case's folder."""
        files = {"portrait": folder / "portrait.jpg", "mesh": folder / "head.obj", "output": output}
        job = {"type": "generate", "job": name, "size": size} | {
            key: str(path.resolve()) for key, path in files.items()
        }
        self._process.stdin.write(json.dumps(job | ASKED | options) + "\n")  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]

    def wait(self, name: str) -> str:
        """Until that job is done: why there is no texture, or nothing.

        Raises:
            RuntimeError: the worker ended.
        """
        for line in self._process.stdout:  # type: ignore[union-attr]
            answer = json.loads(line)
            if answer.get("type") in ("result", "failure") and answer.get("job") == name:
                return answer.get("message", "") if answer["type"] == "failure" else ""
        raise RuntimeError(f"The worker ended in {name}; {Path(self._log.name).name} says why.")
