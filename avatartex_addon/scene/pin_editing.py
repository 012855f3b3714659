"""Named points over an editor: dragged and drawn, without events of their own.

A click on a point pins it, a drag moves it. Every drag is one undo step. A drag that is aborted, and a session that is
aborted, put back what was there. Full points are the artist's pins, hollow ones are where the backend has them.
"""

import math
from collections.abc import Callable

import blf
import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from .pins import Point, lift_pin, restore, set_pin, shown_points, snapshot

Place = tuple[float, ...]


class PinEditing:
    """One session of dragging, on one side of one head.

    Blender's data is remembered by name: undo and file loading invalidate references.
    """

    def __init__(self, head: bpy.types.Object, *, on_head: bool) -> None:
        self.head_name, self.portrait, self.on_head = head.name, head.avatartex.portrait, on_head
        self.before = snapshot(head)
        self.grabbed: list[tuple] = []
        self.dragged = self.hovered = ""

    @property
    def head(self) -> bpy.types.Object | None:
        head = bpy.data.objects.get(self.head_name)
        return head if head is not None and head.is_editable else None

    def points(self) -> list[Point]:
        registration = bpy.context.window_manager.avatartex_registration
        return shown_points(self.head, registration, on_head=self.on_head) if self.head else []

    def hover(self, x: float, y: float, to_region: Callable[[Point], tuple[float, float] | None]) -> bool:
        """Find the point under the pointer; whether it is another one than before.

        Args:
            to_region: a point's place in region pixels, None where it is out of sight.
        """
        scale, best, nearest = bpy.context.preferences.system.ui_scale or 1.0, "", 14.0  # 0 without a window
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


PINNED, SUGGESTED, ACTIVE, SHADE = (1.0, 0.24, 0.86, 1.0), (1.0, 0.9, 0.16, 1.0), (1.0, 1.0, 1.0, 1.0), (0, 0, 0, 0.6)
RADIUS, CORNERS, TEXT = 5.0, 20, 12


def draw_points(points: list[tuple[str, tuple[float, float], bool, bool]]) -> None:
    """Draw (text, region pixels, pinned, active) in the running draw handler's region."""
    scale = bpy.context.preferences.system.ui_scale
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    gpu.state.blend_set("ALPHA")
    for _, (x, y), pinned, active in points:
        colour = ACTIVE if active else PINNED if pinned else SUGGESTED
        radius = RADIUS * scale * (1.4 if active else 1.0)
        disc(shader, x, y, radius + 1.5 * scale, 0 if pinned else radius - 2.5 * scale, SHADE)
        disc(shader, x, y, radius, 0 if pinned else radius - 1.5 * scale, colour)
    gpu.state.blend_set("NONE")
    blf.size(0, TEXT * scale)
    for text, (x, y), pinned, active in points:
        if not (pinned or active):
            continue  # 22 names over a face hide it
        blf.enable(0, blf.SHADOW)
        blf.shadow(0, 3, 0, 0, 0, 1)
        blf.color(0, *(ACTIVE if active else PINNED))
        blf.position(0, x + 9 * scale, y + 5 * scale, 0)
        blf.draw(0, text)
        blf.disable(0, blf.SHADOW)


def disc(shader, x: float, y: float, outer: float, inner: float, colour: tuple[float, ...]) -> None:
    """A disc, or a ring with an inner radius; triangles, for lines and points have widths of the driver's choice."""
    vertices, triangles = [], []
    for i in range(CORNERS):
        angle = 2 * math.pi * i / CORNERS
        c, s = math.cos(angle), math.sin(angle)
        vertices += [(x + c * outer, y + s * outer), (x + c * inner, y + s * inner)]
        a, b = 2 * i, 2 * ((i + 1) % CORNERS)
        triangles += [(a, b, a + 1), (b, b + 1, a + 1)]
    batch = batch_for_shader(shader, "TRIS", {"pos": vertices}, indices=triangles)
    shader.bind()
    shader.uniform_float("color", colour)
    batch.draw(shader)
