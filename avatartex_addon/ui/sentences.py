"""Text in panels: sentences over several lines, and texts with names and numbers in them.

Blender translates plain labels, names and tooltips by itself. A text that is put together is not found in its
dictionary: the sentence has to be looked up with its gaps, and the gaps filled afterwards.
"""

import re
import textwrap
from functools import lru_cache

import bpy
from bpy.app.translations import pgettext_iface

from ..core.idnames import FIX_BUTTONS

#: Pixels of an average letter at scale 1, and of what stands left and right of the text.
LETTER, MARGIN = 6.4, 62
#: Spaces at which no line may end: before the point between two figures, and between a number and its unit.
TOGETHER = re.compile(r" (?=· )|(?<=\d) (?=(?:px|s|min|[GM]B)\b)")


def draw_sentence(layout: bpy.types.UILayout, text: str, icon: str = "BLANK1", width: int = 260) -> None:
    """A sentence over as many lines as the panel's width asks for, in the artist's language where it has one."""
    region, scale = bpy.context.region, bpy.context.preferences.system.ui_scale
    if region is not None and region.type == "UI":
        width = region.width / scale
    column = layout.column(align=True)
    column.scale_y = 0.8
    for line in wrap(pgettext_iface(text), max(16, int((width - MARGIN) / LETTER))):
        column.label(text=line, icon=icon)
        icon = "BLANK1"


def draw_refusal(layout: bpy.types.UILayout, message: str, cure: str, code: str) -> None:
    """What went wrong, what to do, and the button that does it, where there is one."""
    column = layout.column()
    column.alert = True
    draw_sentence(column, message, icon="ERROR")
    draw_sentence(layout, cure)
    if fix := FIX_BUTTONS.get(code):
        layout.operator(fix[0], text=fix[1])


@lru_cache(maxsize=128)
def wrap(text: str, letters: int) -> tuple[str, ...]:
    """Its lines; remembered, because panels are drawn at every move of the mouse."""
    return tuple(textwrap.wrap(TOGETHER.sub("\N{NO-BREAK SPACE}", text), letters))


def say(text: str, **values) -> str:
    """'Step {step} of {steps}' in the artist's language, with its gaps filled; a spoilt translation counts as none."""
    try:
        return pgettext_iface(text).format(**values)
    except (LookupError, ValueError):
        return text.format(**values)
