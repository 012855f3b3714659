"""Pins of an object: find, set, remove, and their form for the backend."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import bpy
from mathutils import Matrix, Vector

from ..backend.pins import NAMES, Pin


@dataclass(frozen=True)
class Point:
    """A named point as an editor shows it. xy: pixels of the portrait. location: object space. None: not there."""

    name: str
    xy: tuple[float, float] | None
    location: tuple[float, float, float] | None
    pinned: bool  # on the side that is asked for: the artist's, not the backend's


def label(name: str) -> str:
    return NAMES[name][1] if name in NAMES else name


def portrait_key(portrait: str) -> str:
    """What a pixel remembers its picture by: the file's name, so that moved folders keep their pins."""
    return Path(portrait.replace("\\", "/")).name


def find_pin(head: bpy.types.Object, name: str):
    return next((pin for pin in head.avatartex_pins if pin.name == name), None)


def set_pin(
    head: bpy.types.Object,
    name: str,
    xy: tuple[float, float] | None = None,
    portrait: str = "",
    location: tuple[float, float, float] | None = None,
) -> None:
    """Place a pin on the portrait, on the head, or on both; the other side stays."""
    pin = find_pin(head, name)
    if pin is None:
        pin = head.avatartex_pins.add()
        pin.name = name
        head.avatartex_pin_index = len(head.avatartex_pins) - 1
    if xy is not None:
        pin.has_2d, pin.xy, pin.portrait = True, xy, portrait_key(portrait)
    if location is not None:
        pin.has_3d, pin.location = True, location


def lift_pin(head: bpy.types.Object, name: str, *, on_head: bool) -> None:
    """Take a pin off one side; without a side left it is removed."""
    pin = find_pin(head, name)
    if pin is None:
        return
    if on_head:
        pin.has_3d = False
    else:
        pin.has_2d = False
    if not (pin.has_2d or pin.has_3d):
        remove_pin(head, name)


def remove_pin(head: bpy.types.Object, name: str) -> None:
    index = next((i for i, pin in enumerate(head.avatartex_pins) if pin.name == name), -1)
    if index >= 0:
        head.avatartex_pins.remove(index)
        head.avatartex_pin_index = max(0, min(head.avatartex_pin_index, len(head.avatartex_pins) - 1))


def snapshot(head: bpy.types.Object) -> list[tuple]:
    """All pins as values, for restore()."""
    return [(p.name, p.has_2d, tuple(p.xy), p.portrait, p.has_3d, tuple(p.location)) for p in head.avatartex_pins]


def restore(head: bpy.types.Object, pins: list[tuple]) -> None:
    head.avatartex_pins.clear()
    for values in pins:
        pin = head.avatartex_pins.add()
        pin.name, pin.has_2d, pin.xy, pin.portrait, pin.has_3d, pin.location = values


def wire_pins(head: bpy.types.Object, portrait: str, more: Iterable[Pin] = ()) -> list[dict]:
    """The pins as the backend reads them: in the capture's (world) coordinates, pixels of this portrait only.

    Args:
        more: pins that win over the head's own of the same names.
    """
    key, bodies = portrait_key(portrait), [pin.as_json() for pin in more]
    given = {body["name"] for body in bodies}
    for pin in head.avatartex_pins:
        if pin.name in given:
            continue
        body: dict = {"name": pin.name}
        if pin.has_2d and pin.portrait == key:
            body["portrait"] = list(pin.xy)
        if pin.has_3d:
            body["head"] = list(head.matrix_world @ Vector(pin.location))
        if len(body) > 1 and pin.name in NAMES:
            bodies.append(body)
    return bodies


def keep_points(status, points: list[dict], matrix: Matrix) -> None:
    """Remember where the backend has every named point; matrix is the head's at the time of the capture."""
    back = matrix.inverted_safe()
    status.points.clear()
    for entry in points:
        point = status.points.add()
        point.name = entry["name"]
        if entry.get("portrait"):
            point.has_2d, point.xy = True, entry["portrait"]
        if entry.get("head"):
            point.has_3d, point.location = True, back @ Vector(entry["head"])


def is_current(status, head: bpy.types.Object) -> bool:
    """Whether the last registration is of this head and its portrait."""
    return status.object_name == head.name and status.portrait == portrait_key(head.avatartex.portrait)


def shown_points(head: bpy.types.Object, status, *, on_head: bool) -> list[Point]:
    """Every named point of one side: the artist's pin where there is one, else where the backend has it."""
    key, found = portrait_key(head.avatartex.portrait), {}
    if is_current(status, head):
        for point in status.points:
            xy = tuple(point.xy) if point.has_2d else None
            found[point.name] = Point(point.name, xy, tuple(point.location) if point.has_3d else None, False)
    for pin in head.avatartex_pins:
        known = found.get(pin.name, Point(pin.name, None, None, False))
        xy = tuple(pin.xy) if pin.has_2d and pin.portrait == key else known.xy
        location = tuple(pin.location) if pin.has_3d else known.location
        pinned = pin.has_3d if on_head else pin.has_2d and pin.portrait == key
        found[pin.name] = Point(pin.name, xy, location, pinned)
    return [point for point in found.values() if (point.location if on_head else point.xy) is not None]
