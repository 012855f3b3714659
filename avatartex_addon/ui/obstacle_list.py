"""The list above Generate: what is in the way, each with the button that mends it."""

import bpy
from bpy.app.translations import pgettext_iface

from ..backend.errors import ErrorCode
from ..jobs.preflight import Obstacle, find_obstacles
from ..scene.head import find_head
from .sentences import draw_sentence


def draw_preflight(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Nothing where nothing is in the way. What is asked for above, backend and portrait, is not said twice."""
    head = find_head(context)
    asked = "" if head is not None and head.avatartex.portrait else ErrorCode.PORTRAIT_MISSING
    found = [obstacle for obstacle in find_obstacles(context) if obstacle.code != asked]
    if found:
        column = layout.box().column()
        for obstacle in found:
            draw_obstacle(column, obstacle)


def draw_obstacle(column: bpy.types.UILayout, obstacle: Obstacle) -> None:
    icon = "ERROR" if obstacle.stops else "INFO"
    row = column
    if obstacle.operator and obstacle.title:
        row = column.split(factor=0.58)
        row.label(text=obstacle.title, icon=icon)
    else:
        draw_sentence(column, f"{pgettext_iface(obstacle.message)} {pgettext_iface(obstacle.cure)}", icon=icon)
    if not obstacle.operator:
        return
    button = row.operator(obstacle.operator, text=obstacle.label)
    for name, value in obstacle.values.items():
        setattr(button, name, value)
