"""Text with names and numbers in it, in the artist's language.

Blender translates plain labels, names and tooltips by itself. A text that is put together is not found in its
dictionary: the sentence has to be looked up with its gaps, and the gaps filled afterwards.
"""

from __future__ import annotations

from bpy.app.translations import pgettext_iface


def say(text: str, **values) -> str:
    """'Step {step} of {steps}' in the artist's language, with its gaps filled; a spoilt translation counts as none."""
    try:
        return pgettext_iface(text).format(**values)
    except (LookupError, ValueError):
        return text.format(**values)
