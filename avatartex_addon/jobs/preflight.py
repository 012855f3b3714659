"""Everything that stands in the way of a texture, and what would spoil it, before anything is asked of the backend."""

from dataclasses import dataclass, field

import bpy

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.models.profiles import PROFILES, Profile
from ..core.clock import size_text
from ..core.idnames import FIX_BUTTONS, Op
from ..scene.graph import find_colorless
from ..scene.head import (
    find_group_problem,
    find_head,
    find_mesh_problem,
    find_portrait_problem,
    find_selection_problem,
    find_size_problem,
    find_uv_map,
    is_deleted,
    portrait_path,
)
from ..scene.portraits import find_missing
from ..scene.uv_sharing import DOUBTFUL_SHARE, Sharing, find_shared
from ..setup import model_store

#: What is in the way, short, by code; all else has its sentence.
TITLES = {
    ErrorCode.PORTRAIT_MISSING: "No portrait yet",
    ErrorCode.NO_UVS: "No UV map",
    ErrorCode.NO_COLOR: "Material has no colour",
}
#: Settings of a Mirror modifier that give its half texels of its own.
APART = ("use_mirror_u", "use_mirror_v", "use_mirror_udim", "offset_u", "offset_v")


@dataclass(frozen=True)
class Obstacle:
    """One line of the list."""

    code: str
    message: str  # what is in the way, a sentence
    cure: str  # what to do, where no button does it
    title: str = ""  # the same in two or three words, beside a button
    operator: str = ""  # of the button that mends it
    label: str = ""
    values: dict = field(default_factory=dict)  # the operator's properties
    stops: bool = True  # False: a texture can be made, it may not be what the artist wants


def find_obstacles(context: bpy.types.Context) -> list[Obstacle]:
    """What stops Generate comes first; a missing backend is the panel's own word. Cheap: it asks at every redraw."""
    found = []
    if selection := find_selection_problem(context):
        return [selection_obstacle(selection, context)]
    head = find_head(context)
    settings = head.avatartex
    if problem := find_mesh_problem(head, settings.uv_map):
        found.append(mesh_obstacle(problem, context, head))
    else:
        found += evaluated_problems(context, head, find_uv_map(head, settings.uv_map))
        # which of several slots are head takes a longer look: Generate takes it
        if len(head.material_slots) == 1 and (problem := find_colorless(head, (0,))):
            found.append(obstacle_of(problem))
        if problem := find_group_problem(head, settings.head_group):
            found.append(
                obstacle_with_button(
                    problem, "No such Head Faces", Op.RESET_CHOICE, "Clear Head Faces", setting="head_group"
                )
            )
    if problem := find_portrait_problem(portrait_path(settings.portrait)):
        found.append(portrait_obstacle(problem, settings))
    if not any(obstacle.code in (ErrorCode.BAD_MESH, ErrorCode.NO_MESH) for obstacle in found):
        found += doubts(head, find_uv_map(head, settings.uv_map))
    return sorted(found, key=lambda obstacle: not obstacle.stops)


def obstacle_of(error: AvatarTexError) -> Obstacle:
    operator, label = FIX_BUTTONS.get(error.code, ("", ""))
    return Obstacle(error.code, error.message, error.cure, TITLES.get(error.code, ""), operator, label)


def obstacle_with_button(error: AvatarTexError, title: str, operator: str, label: str, **values) -> Obstacle:
    return Obstacle(error.code, error.message, error.cure, title, operator, label, values)


def selection_obstacle(problem: AvatarTexError, context: bpy.types.Context) -> Obstacle:
    active = context.view_layer.objects.active
    if context.scene.avatartex.head is None and active is not None and active.type == "MESH":
        return obstacle_with_button(problem, "Several heads", Op.CHOOSE_HEAD, "Use the Active One")
    return obstacle_of(problem)


def mesh_obstacle(problem: AvatarTexError, context: bpy.types.Context, head: bpy.types.Object) -> Obstacle:
    """With the button that mends this head; for what only the artist can decide, a sentence."""
    active = context.view_layer.objects.active
    if is_deleted(head) and active is not None and active.type == "MESH":
        return obstacle_with_button(problem, "Head was deleted", Op.CHOOSE_HEAD, "Use the Active One")
    if head.library is not None:
        return obstacle_with_button(problem, "Head is linked", Op.MAKE_OVERRIDE, "Make an Override")
    if problem.code == ErrorCode.NO_UVS and head.data.uv_layers:
        return obstacle_with_button(problem, "UV map is gone", Op.RESET_CHOICE, "Use the Shown One", setting="uv_map")
    return obstacle_of(problem)


def portrait_obstacle(problem: AvatarTexError, settings) -> Obstacle:
    """A portrait that was written from an image of this file can be written again: the file came from elsewhere."""
    image = settings.portrait_image
    if not settings.portrait:
        return obstacle_of(problem)
    if image is not None:
        return obstacle_with_button(problem, "Portrait is gone", Op.USE_IMAGE, "Write It Again", image=image.name)
    return obstacle_with_button(problem, "Portrait is gone", Op.PICK_PORTRAIT, "Pick Another")


def evaluated_problems(context: bpy.types.Context, head: bpy.types.Object, uv_map: str) -> list[Obstacle]:
    """What the modifiers make of the head; nothing where Blender has not evaluated it."""
    depsgraph = context.view_layer.depsgraph
    if depsgraph is None or head.mode == "EDIT" or not head.modifiers:
        return []
    shape = head.evaluated_get(depsgraph).data
    if not isinstance(shape, bpy.types.Mesh) or not shape.polygons:
        return []
    if uv_map not in shape.uv_layers:
        removed = f"A modifier of '{head.name}' removes the UV map '{uv_map}'."
        return [Obstacle(ErrorCode.NO_UVS, removed, "Apply the modifiers and unwrap, or turn it off.")]
    problem = find_size_problem(head, shape)
    return [obstacle_of(problem)] if problem is not None else []


def doubt(code: str, message: str, title: str = "", operator: str = "", label: str = "", **values) -> Obstacle:
    return Obstacle(code, message, "", title, operator, label, values, stops=False)


def doubts(head: bpy.types.Object, uv_map: str) -> list[Obstacle]:
    """What does not stop a texture."""
    found = []
    if (index := find_missing(head)) >= 0:
        gone = "A further portrait is not there any more."
        found.append(
            doubt("further-missing", gone, "Further portrait is gone", Op.FURTHER_REMOVE, "Remove", index=index)
        )
    if (model := PROFILES.get(head.avatartex.profile)) is not None:
        found += model_obstacles(model)
    if not head.visible_get():
        hidden = f"'{head.name}' is hidden: its texture will not be visible."
        found.append(doubt("hidden", hidden, "Head is hidden", Op.SHOW_HEAD, "Show It"))
    if uv_map and mirrors(head):
        found.append(
            Obstacle(
                "mirrored",
                "A Mirror modifier gives both halves the same texels.",
                "Apply it and unwrap for two different halves.",
                stops=False,
            )
        )
    elif uv_map and (sharing := find_shared(head, uv_map)).shared >= DOUBTFUL_SHARE:
        found.append(overlap_obstacle(uv_map, sharing))
    return found


def model_obstacles(model: Profile) -> list[Obstacle]:
    """A large model that is not here, or that nobody looked for yet."""
    known = model_store.states().get(model.name)
    if known is not None and known["state"] == "here":
        return []
    size, memory = (size_text(gigabytes * 1e9) for gigabytes in (model.gigabytes, model.memory[0]))
    if known is None:
        asked = f"Whether {model.label} is on this computer is not known yet."
        return [doubt("model-unknown", asked, "", Op.LOOK_AT_MODELS, "Look for Models")]
    absent = f"{model.label} is not on this computer: {size} to download, {memory} of memory while it works."
    return [doubt("model-missing", absent, "", Op.DOWNLOAD_MODEL, "Download Model", profile=model.name)]


def overlap_obstacle(uv_map: str, sharing: Sharing) -> Obstacle:
    """How much of the head shares texels, and what that costs."""
    much = f"{sharing.shared:.0%} of the head's faces share texels in '{uv_map}'"
    if sharing.stacked > 0.3:  # of a knight's head on a palette 57 %, of mirrored halves none
        message = f"{much}, as in models coloured by a palette. A portrait needs texels of its own for each face."
    elif sharing.shared > 0.3:
        message = f"{much}, as where halves are mirrored: both sides show what one of them has."
    else:
        message = f"{much}: the rest is textured wholly, so it matters only where it is visible."
    return doubt("overlapping-uvs", message, "", Op.ADD_UV_MAP, "Add a UV Map")


def mirrors(head: bpy.types.Object) -> bool:
    return any(
        modifier.type == "MIRROR" and modifier.show_viewport and not any(getattr(modifier, name) for name in APART)
        for modifier in head.modifiers
    )
