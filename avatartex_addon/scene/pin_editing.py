"""Dragging named points: what both editors share, without events and drawing of their own.

A click on a point pins it, a drag moves it. Every drag is one undo step. A drag that is aborted, and a session that is
aborted, put back what was there.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy

from .pins import Point, lift_pin, restore, set_pin, shown_points, snapshot

#: Pixels between pointer and point, at scale 1, within which a click takes the point.
REACH = 14.0

Place = tuple[float, ...]


class PinEditing:
    """One session of dragging, on one side of one head.

    Blender's data is remembered by name: undo and file loading invalidate references.
    """

    def __init__(self, head: bpy.types.Object, portrait: str, *, on_head: bool) -> None:
        self.head_name, self.portrait, self.on_head = head.name, portrait, on_head
        self.before = snapshot(head)
        self.grabbed: list[tuple] = []
        self.dragged = self.hovered = ""

    @property
    def head(self) -> bpy.types.Object | None:
        head = bpy.data.objects.get(self.head_name)
        return head if head is not None and head.is_editable else None

    def points(self) -> list[Point]:
        told = bpy.context.window_manager.avatartex_registration
        return shown_points(self.head, told, self.portrait, on_head=self.on_head) if self.head else []

    def hover(self, x: float, y: float, to_region: Callable[[Point], tuple[float, float] | None]) -> bool:
        """Find the point under the pointer; whether it is another one than before.

        Args:
            to_region: a point's place in region pixels, None where it is out of sight.
        """
        scale, best, nearest = bpy.context.preferences.system.ui_scale or 1.0, "", REACH  # 0 without a window
        for point in self.points():
            place = to_region(point)
            if place is None:
                continue
            away = ((place[0] - x) ** 2 + (place[1] - y) ** 2) ** 0.5 / scale
            if away < nearest:
                best, nearest = point.name, away
        changed, self.hovered = best != self.hovered, best
        return changed

    def grab(self) -> bool:
        """Begin to drag the point under the pointer, pinning it where it is."""
        if not self.hovered or self.head is None:
            return False
        self.grabbed, self.dragged = snapshot(self.head), self.hovered
        point = next((point for point in self.points() if point.name == self.dragged), None)
        if point is None:
            self.dragged = ""
            return False
        self.move(point.location if self.on_head else point.xy)
        return True

    def move(self, place: Place | None) -> None:
        """The dragged point's new place: pixels of the portrait, or the head's space; None leaves it."""
        if place is None or not self.dragged or self.head is None:
            return
        if self.on_head:
            set_pin(self.head, self.dragged, location=place)
        else:
            set_pin(self.head, self.dragged, xy=place, portrait=self.portrait)

    def drop(self) -> str:
        """End the drag; the undo step's name."""
        self.dragged, self.grabbed = "", []
        return "Move Pin"

    def abort_drag(self) -> None:
        if self.dragged and self.head is not None:
            restore(self.head, self.grabbed)
        self.drop()

    def lift(self) -> str:
        """Take the point under the pointer off this side; the undo step's name, '' when it was no pin."""
        if not any(point.pinned and point.name == self.hovered for point in self.points()):
            return ""
        lift_pin(self.head, self.hovered, on_head=self.on_head)
        return "Remove Pin"

    def abort(self) -> str:
        """Put back what was there before the session; the undo step's name, '' when nothing changed."""
        self.dragged = ""
        if self.head is None or snapshot(self.head) == self.before:
            return ""
        restore(self.head, self.before)
        return "Cancel Pins"
