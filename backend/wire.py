"""The wire between Blender and the backend: one message is one JSON object on one line, both ways.

Standard library only: the add-on imports this same file.
"""

import dataclasses
import json
import math
import os
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from .errors import ErrorCode
from .messages import TYPES, Message, Request

#: Characters; the answer to a thousand variants has 200,000. Whole numbers beyond LARGEST are a slip or an attack.
LONGEST_LINE, LARGEST = 4_000_000, 2**63


class Unfit(ValueError):
    """Why a line is no message."""


def encode(message: Message) -> str:
    """One line, without the line break."""
    body: dict[str, Any] = {"type": type(message).__name__.lower(), **dataclasses.asdict(message)}
    if not body.get("preview", True):
        del body["preview"]  # clients that never ask for previews need not know the field
    return json.dumps(body, ensure_ascii=True, separators=(",", ":"))


def decode(line: str) -> Message:
    """The message on one line, every field of the type that its class says.

    Raises:
        AvatarTexError: BAD_REQUEST, when the line is not a message of this protocol.
    """
    try:
        if len(line) > LONGEST_LINE:
            raise Unfit("it is too long")
        body = json.loads(line)
        kind = TYPES.get(body.pop("type", None)) if isinstance(body, dict) else None
        if kind is None:
            raise Unfit("it has no type that is known")
        types = _field_types(kind)
        for name, value in body.items():
            if name not in types or not _fits(value, types[name]):
                raise Unfit(f"{name[:40]!r} is not what {kind.__name__} has there")
            if kind in get_args(Request):
                refuse_unusable(value)
        return kind(**body)
    except (ValueError, TypeError, RecursionError) as reason:
        why = reason if isinstance(reason, Unfit) else "it is no JSON, or lacks a field"
        raise ErrorCode.BAD_REQUEST(
            f"Not a message of this protocol ({why}): {line[:120]!r}.",
            "Use the add-on and the backend of the same AvatarTex version.",
        ) from None


@cache
def _field_types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(value: Any, wanted: Any) -> bool:
    """Whether a value of JSON is of a field's type."""
    if get_origin(wanted) is list:
        return isinstance(value, list) and all(_fits(one, get_args(wanted)[0]) for one in value)
    if type(value) is int and wanted in (int, float):
        return abs(value) < LARGEST
    return type(value) is wanted


def refuse_unusable(value: Any) -> None:
    """Refuse what no file name and no number of a request can be.

    Raises:
        Unfit: with the reason.
    """
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            if "\0" in one:
                raise Unfit("a text holds a zero byte")
            try:
                os.fsencode(one)
            except UnicodeEncodeError:
                raise Unfit("a text is no Unicode") from None
        if isinstance(one, float) and not math.isfinite(one):
            raise Unfit("a number is not finite")
