"""Large models for the backend, fetched and removed by its own command."""

import json
import re

from ..backend.errors import AvatarTexError, ErrorCode
from .log import BackendLog
from .work import Work, failed

#: How the backend's commands end when they refuse.
REFUSAL = re.compile(r"error \[([a-z-]+)\] (.*)")
#: What the artist reads meanwhile.
AT_WORK = {
    "list": "Looking at the models",
    "download": "Downloading the model",
    "verify": "Verifying the model",
    "remove": "Removing the model",
}


class ModelWork(Work):
    """Runs one of AT_WORK; `states` is by profile what the list then says of it."""

    def __init__(self, command: list[str], log: BackendLog, verb: str = "list", *words: str) -> None:
        """command: the backend's, up to 'models'. words: profile and licences."""
        super().__init__(log)
        self.command, self.verb, self.words = command, verb, words
        self.states: dict[str, dict] = {}

    def work(self) -> None:
        self.step(AT_WORK[self.verb], 0.0)
        if self.verb == "download":
            self.run("download", *self.words, "--json")
        elif self.verb != "list":
            self.run(self.verb, *self.words)
        answer = [json.loads(line) for line in self.run("list", "--json") if line.startswith("{")]
        self.states = {one["name"]: one for one in answer}

    def run(self, *words: str) -> list[str]:
        """The lines that it prints.

        Raises:
            AvatarTexError: the command's own refusal.
        """
        lines = self.call([*self.command, *words], "The models cannot be looked at.", self.follow, codes=(0, 2))
        for line in lines:
            if refusal := REFUSAL.fullmatch(line):
                code, answer = refusal.groups()
                known = code in set(ErrorCode)
                raise AvatarTexError(ErrorCode(code), answer, "") if known else failed(answer)
        return lines

    def follow(self, line: str) -> None:
        """Where a download stands."""
        if line.startswith('{"done"'):
            answer = json.loads(line)
            self.fraction = answer["done"] / max(answer["whole"], 1)
