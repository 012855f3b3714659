"""The last answer to a long question, kept while the same is asked again.

An artist makes texture after texture of one head and one portrait; what follows from those alone is reckoned once. A
batch does not come back, so what it asks is soon not kept: up to 44 bytes for each pixel of a portrait.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from .paths import reachable

Answer = TypeVar("Answer")


class Recall(Generic[Answer]):
    """Remembers one answer. Nothing in it may be changed by those who get it."""

    all: ClassVar[list[Recall[Any]]] = []
    news: ClassVar[int] = 0  # questions to all of them since one came again

    def __init__(self) -> None:
        self._kept: tuple[str, Answer] | None = None
        self._asked = ""
        self.all.append(self)

    def get(self, key: str, make: Callable[[], Answer]) -> Answer:
        """The answer of that key; made, and put in the place of the last one, where that is not kept.

        Raises:
            Exception: whatever make raises; nothing is kept then.
        """
        Recall.news = 0 if key == self._asked else Recall.news + 1
        self._asked = key
        if self._kept is not None and self._kept[0] == key:
            return self._kept[1]
        self.forget()  # two at a time would take twice the memory
        answer = make()
        # a job asks two new questions; after eight in a row an answer is kept only when its question comes again
        if Recall.news <= 8:
            self._kept = key, answer
        return answer

    def forget(self) -> None:
        self._kept = None


def forget_all() -> None:
    for one in Recall.all:
        one.forget()


def fingerprint(*things: object) -> str:
    """Names arrays, dataclasses of them and files (Path) by what they hold, anything else by its repr."""
    whole = hashlib.sha256()
    for thing in things:
        if isinstance(thing, np.ndarray):
            whole.update(f"{thing.dtype}{thing.shape}".encode())
            whole.update(np.ascontiguousarray(thing).data)
        elif isinstance(thing, Path):
            whole.update(hashlib.sha256(reachable(thing).read_bytes()).digest())
        elif dataclasses.is_dataclass(thing):
            parts = (getattr(thing, field.name) for field in dataclasses.fields(thing))
            whole.update(fingerprint(type(thing).__name__, *parts).encode())
        elif isinstance(thing, list | tuple):
            whole.update(fingerprint(len(thing), *thing).encode())
        else:
            whole.update(repr(thing).encode() + b";")
    return whole.hexdigest()
