"""The batch: its table, kept with the scene, and its run, which belongs to the window."""

# No `from __future__ import annotations` here: see properties.py.
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

from . import versions
from .backend.messages import STYLES
from .core.batch import RowState
from .properties import STYLE_TEXTS, is_mesh

STATE_TEXTS = {
    RowState.WAITING: ("Waiting", "Its turn comes when the batch runs", "RADIOBUT_OFF"),
    RowState.RUNNING: ("Running", "Its texture is being made", "PLAY"),
    RowState.MADE: ("Made", "Its texture comes onto the head when the batch ends", "IMAGE_DATA"),
    RowState.DONE: ("Done", "The texture is on the head", "CHECKMARK"),
    RowState.SKIPPED: ("Skipped", "It needs no texture of its own", "FORWARD"),
    RowState.FAILED: ("Failed", "The reason stands below the table", "ERROR"),
}
SHARED_TEXTS = {
    "ask": ("Ask", "Ask when the batch starts and characters share a material"),
    "mesh": ("Copy", "Each character gets a copy of the material, so that each has its own texture"),
    "material": ("Once", "Texture the shared material once, for everything that wears it"),
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
        type=bpy.types.Object, name="Head", poll=is_mesh, description="The mesh that gets the texture",
        update=wait_again,
    )
    label: StringProperty(description="The head's name when it came into the table")
    portrait: StringProperty(
        name="Portrait", description="One picture of this character's face", subtype="FILE_PATH",
        options=versions.RELATIVE_PATH_OPTIONS, update=wait_again,
    )
    style: EnumProperty(
        name="Style", description="What this portrait looks like",
        items=[(style, *STYLE_TEXTS[style]) for style in STYLES], default="auto", update=wait_again,
    )
    seed: IntProperty(
        name="Seed", min=0, default=0, update=wait_again,
        description="Same seed, same texture. Another one makes anew what the portrait does not show",
    )
    state: EnumProperty(
        items=[(str(state), *texts, number) for number, (state, texts) in enumerate(STATE_TEXTS.items())],
        name="State", description="How far this character is",
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
        type=bpy.types.Collection, name="Characters", description="Only heads in this collection; all when empty",
    )
    shared: EnumProperty(
        name="Shared Materials", description="What to do where characters share a material",
        items=[(name, *texts) for name, texts in SHARED_TEXTS.items()], default="ask",
    )


class AVATARTEX_PG_batch_run(bpy.types.PropertyGroup):
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

    def reset(self) -> None:
        for name in self.bl_rna.properties.keys():
            if name not in {"rna_type", "name"}:
                self.property_unset(name)


CLASSES = (AVATARTEX_PG_batch_row, AVATARTEX_PG_batch, AVATARTEX_PG_batch_run)


def attach() -> None:
    bpy.types.Scene.avatartex_batch = PointerProperty(type=AVATARTEX_PG_batch)
    bpy.types.WindowManager.avatartex_batch = PointerProperty(type=AVATARTEX_PG_batch_run)


def detach() -> None:
    del bpy.types.WindowManager.avatartex_batch
    del bpy.types.Scene.avatartex_batch
