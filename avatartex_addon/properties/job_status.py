"""What the running or the last job reports."""

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from .making import Resettable


class AVATARTEX_PG_job(Resettable, bpy.types.PropertyGroup):
    """WindowManager.avatartex_job: the running or the last job. Not undone, not meant to be saved."""

    running: BoolProperty()
    cancelling: BoolProperty()
    stage: StringProperty(description="Label of the running stage")
    fraction: FloatProperty(min=0, max=1, description="Of the whole job")
    step: IntProperty(description="Which stage it is, from 1 on; 0 before the first")
    steps: IntProperty(description="Stages of the whole job")
    seconds_left: FloatProperty(default=-1, description="-1: not known yet")
    preview: StringProperty(description="File of the texture so far, small")
    error_code: StringProperty()
    error_message: StringProperty()
    error_cure: StringProperty()
    baked: IntProperty(description="How many variants the last bake made")
    baked_notes: StringProperty(description="One per line")
    baked_name: StringProperty(description="The head of the last bake")
    object_name: StringProperty(description="The head that it is about")
    texture_path: StringProperty()
    provenance_path: StringProperty()
    report_path: StringProperty()

    def show_error(self, code: str, message: str, cure: str) -> None:
        self.error_code, self.error_message, self.error_cure = str(code), message, cure


ATTACHED = ((bpy.types.WindowManager, "avatartex_job", PointerProperty(type=AVATARTEX_PG_job)),)
