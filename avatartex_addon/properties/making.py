"""Blender's properties, made from the table of options; and the kinds of properties that come several times."""

from typing import Any

from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..backend.option import Option


def make_property(option: Option, **more: Any):
    """As the artist sets it: a menu for choices, else a field of its kind.

    Args:
        more: what Blender's own function takes beside, or instead: update, default.
    """
    words = {"name": option.label, "description": option.tooltip, "default": option.default} | more
    if option.choices and option.several:
        items = [(one.value, one.label, one.tooltip, 1 << bit) for bit, one in enumerate(option.choices)]
        return EnumProperty(items=items, options={"ENUM_FLAG"}, **words | {"default": set(words["default"])})
    if option.choices:
        items = [(str(one.value), one.label, one.tooltip) for one in option.choices]
        return EnumProperty(items=items, **words | {"default": str(words["default"])})
    if isinstance(option.default, bool):
        return BoolProperty(**words)
    if isinstance(option.default, int):
        kind = {"subtype": "PERCENTAGE"} if option.percent else {}
        return IntProperty(min=option.limits[0], max=option.limits[1], **kind, **words)
    return StringProperty(**words)


def make_slider(name: str, description: str, update, **more: Any):
    """A number from 0 to 1, or as `more` says."""
    words = {"min": 0.0, "max": 1.0, "default": 1.0, "subtype": "FACTOR"} | more
    return FloatProperty(name=name, description=description, update=update, **words)


#: What an object remembers also where it is overridden from a library.
OVERRIDABLE = {"LIBRARY_OVERRIDABLE"}


def make_pointer(group: type):
    return PointerProperty(type=group, override=OVERRIDABLE)


def make_list(group: type):
    """Entries that an object remembers, also where it is overridden from a library."""
    return CollectionProperty(type=group, override={*OVERRIDABLE, "USE_INSERTION"})


class Resettable:
    """Mixed into a group of properties."""

    def reset(self, *kept: str) -> None:
        """Each as it was before anything was set, but those of these names."""
        for name in self.bl_rna.properties.keys():
            if name not in {"rna_type", "name", *kept}:
                self.property_unset(name)


#: Of a value's type: what remembers it; anything else is remembered as text.
MEMORIES = {bool: BoolProperty, int: IntProperty, float: FloatProperty}


def make_memory(option: Option):
    """As a result remembers it: plain, so that it outlives the choice that it was."""
    return MEMORIES.get(type(option.default), StringProperty)(default=option.default)
