"""The batch: its table, kept with the scene, and its run, which belongs to the window."""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..backend.map_options import MAPS
from ..backend.options import SEED, STYLE
from ..core.batch import ROW_TEXTS, RowState
from ..scene import versions
from .making import Resettable, make_property
from .settings import is_mesh

SHARED_TEXTS = {
    "ask": ("Ask", "Ask when the batch starts and characters share a material"),
    "mesh": ("Copy", "Each character gets a copy of the material, so that each has its own texture"),
    "material": ("Once", "Texture the shared material once, for everything that uses it"),
}


def wait_again(row, _context) -> None:
    """What the artist changes about a row asks for another texture."""
    if row.state != RowState.RUNNING:
        row.state = RowState.WAITING
        row.reason = row.code = row.cure = ""


class AVATARTEX_PG_batch_row(bpy.types.PropertyGroup):
    """One head of the batch; the fields of core.batch.Row."""

    key: StringProperty()
    object: PointerProperty(
        type=bpy.types.Object,
        name="Head",
        poll=is_mesh,
        description="The mesh that gets the texture",
        update=wait_again,
    )
    label: StringProperty(description="The head's name when it came into the table")
    portrait: StringProperty(
        name="Portrait",
        description="One picture of this character's face",
        subtype="FILE_PATH",
        options=versions.RELATIVE_PATH_OPTIONS,
        update=wait_again,
    )
    state: EnumProperty(
        items=[(str(state), *texts, number) for number, (state, texts) in enumerate(ROW_TEXTS.items())],
        name="State",
        description="How far this character is",
    )
    code: StringProperty()
    reason: StringProperty()
    cure: StringProperty()
    seconds: FloatProperty()
    summary: StringProperty()

    @property
    def object_name(self) -> str:
        return self.object.name if self.object is not None else self.label


class AVATARTEX_PG_batch(bpy.types.PropertyGroup):
    """Scene.avatartex_batch: saved with the scene, so that a batch goes on after a restart."""

    rows: CollectionProperty(type=AVATARTEX_PG_batch_row)
    active: IntProperty(description="The row whose details are shown")
    collection: PointerProperty(
        type=bpy.types.Collection, name="Characters", description="Only heads in this collection; all when empty"
    )
    shared: EnumProperty(
        name="Shared Materials",
        description="What to do where characters share a material",
        items=[(name, *texts) for name, texts in SHARED_TEXTS.items()],
        default="ask",
    )
    maps: make_property(MAPS)
    farm: StringProperty(subtype="DIR_PATH", description="The folder that was exported for a farm last")


class AVATARTEX_PG_batch_run(Resettable, bpy.types.PropertyGroup):
    """WindowManager.avatartex_batch: the run that is going on. Not undone, not meant to be saved."""

    running: BoolProperty()
    paused: BoolProperty()
    cancelling: BoolProperty()
    scene: StringProperty(description="The scene whose table runs")
    error_code: StringProperty()
    error: StringProperty(description="Why the last run ended early")
    cure: StringProperty()

    @property
    def is_working(self) -> bool:
        return self.running and not self.paused


for option in (STYLE, SEED):
    AVATARTEX_PG_batch_row.__annotations__[option.name] = make_property(option, update=wait_again)

ATTACHED = (
    (bpy.types.Scene, "avatartex_batch", PointerProperty(type=AVATARTEX_PG_batch)),
    (bpy.types.WindowManager, "avatartex_batch", PointerProperty(type=AVATARTEX_PG_batch_run)),
)
