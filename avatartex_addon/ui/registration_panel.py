"""The registration in the AvatarTex tab: what it is, what is wrong with it, and pins."""

import bpy

from ..backend.messages import LOW_SCORE
from ..backend.options import FRONT, UP
from ..backend.pins import NAMES, NEEDED
from ..core.idnames import Op
from ..core.job import name_score
from ..scene.head import find_head
from ..scene.pins import find_pin, is_current, label, portrait_key
from .sentences import draw_sentence, say
from .sidebar import HeadPanel


class AVATARTEX_UL_pins(bpy.types.UIList):
    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:
        layout.label(text=label(item.name), icon="PINNED")
        row = layout.row(align=True)
        row.alignment = "RIGHT"
        stale = item.has_2d and item.portrait != portrait_key(data.avatartex.portrait)
        sides = [("other portrait" if stale else "portrait") if item.has_2d else "", "head" if item.has_3d else ""]
        row.active = not stale
        row.label(text=", ".join(side for side in sides if side))


class AVATARTEX_MT_pin_add(bpy.types.Menu):
    bl_label = "Add Pin"

    def draw(self, context: bpy.types.Context) -> None:
        head = find_head(context)
        for name, (_, text) in NAMES.items():
            if head is not None and find_pin(head, name) is None:
                self.layout.operator(Op.PIN_ADD, text=text).point = name


class AVATARTEX_PT_registration(HeadPanel, bpy.types.Panel):
    page = "registration"
    bl_label = "Registration"
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        layout, head = self.layout, find_head(context)
        registration = context.window_manager.avatartex_registration
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator(Op.SHOW_REGISTRATION, icon="HIDE_OFF")
        if is_current(registration, head) and not registration.code:
            self.draw_quality(layout.box(), registration)
        row = layout.row(align=True)
        row.prop(head.avatartex, FRONT.name)
        row.prop(head.avatartex, UP.name)
        row = layout.row()
        row.template_list(
            "AVATARTEX_UL_pins", "", head, "avatartex_pins", head, "avatartex_pin_index", rows=3, type="DEFAULT"
        )
        column = row.column(align=True)
        column.menu("AVATARTEX_MT_pin_add", icon="ADD", text="")
        column.operator(Op.PIN_REMOVE, icon="REMOVE", text="")
        column.separator()
        column.operator(Op.PINS_CLEAR, icon="TRASH", text="")
        column = layout.column(align=True)
        column.operator(Op.EDIT_PINS_IMAGE, icon="IMAGE_DATA")
        column.operator(Op.EDIT_PINS_HEAD, icon="VIEW3D")
        if registration.code and is_current(registration, head):
            draw_sentence(
                layout,
                say("Drag at least {count} points into place: outer eye corners, nose tip, chin.", count=NEEDED),
                icon="INFO",
            )

    def draw_quality(self, box: bpy.types.UILayout, registration) -> None:
        low, verdict = registration.score < LOW_SCORE, name_score(registration.score)
        row = box.row()
        row.alert = low
        row.label(text=verdict, icon="ERROR" if low else "CHECKMARK")
        row.label(text=say("{share} covered", share=f"{registration.coverage:.0%}"))
        draw_sentence(box, registration.sentence)
        front, up = registration.front.upper(), registration.up.upper()
        box.label(text=say("The head faces {front}, its crown is at {up}", front=front, up=up))
        for warning in registration.warnings.splitlines():
            draw_sentence(box, warning, icon="INFO")
