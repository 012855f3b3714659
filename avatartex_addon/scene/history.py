"""The results of a head: remembered, shown again, forgotten. At most as many as the preferences say, and favourites."""

from datetime import datetime
from itertools import count

import bpy

from ..backend.options import REMEMBERED
from ..core.job import HeadJob
from . import versions
from .apply import apply_texture
from .graph import IMAGE_NODE, find_color_input, find_color_source
from .images import remove_unused
from .kept_maps import kept_maps, show_kept
from .layer_store import has_layers
from .memory import changed_tree, find_shown_variant


def remember_result(
    head: bpy.types.Object,
    image: bpy.types.Image,
    job: HeadJob,
    uv_map: str,
    slots: tuple[int, ...],
    most: int,
    provenance: bpy.types.Image | None = None,
    shares: tuple[float, float, float] = (0.0, 0.0, 0.0),
    hair: tuple[float, ...] = (),
):
    """Add a result, the newest last, and forget the oldest beyond `most`; the new one.

    Args:
        provenance: where its texels come from. shares: of the head's texels from photo, other side and networks.
        hair: sRGB of the hair that the portrait shows, where it shows some.
    """
    names = {entry.name for entry in head.avatartex_history}
    name = str(job.seed)
    if name in names:
        name = next(other for other in (f"{name} ({number})" for number in count(2)) if other not in names)
    entry = head.avatartex_history.add()
    entry.name, entry.image = name, image
    for option in REMEMBERED:
        setattr(entry, option.name, getattr(job, option.name))
    entry.portrait, entry.further = job.portrait, "\n".join(job.further)
    entry.date = datetime.now().isoformat(timespec="seconds")
    entry.uv_map, entry.slots = uv_map, ",".join(map(str, slots))
    entry.redone, entry.provenance, entry.shares = job.redo, provenance, shares
    entry.hair_color = hair or (0.0, 0.0, 0.0)
    mark_shown(head, entry)
    image.preview_ensure()  # the panel must not make it while it draws
    forget_results(head, most)
    return head.avatartex_history[-1]


def forget_results(head: bpy.types.Object, most: int) -> int:
    """Drop the oldest results until `most` are left beside the favourites and the one that is shown; how many."""
    history, shown = head.avatartex_history, shown_image(head)
    common = [index for index, entry in enumerate(history) if not entry.favourite]
    free = [index for index in common if history[index].image != shown]
    dropped = free[: max(0, min(len(free), len(common) - most))]
    for index in reversed(dropped):
        drop_result(head, index)
    return len(dropped)


def drop_result(head: bpy.types.Object, index: int) -> None:
    """Forget a result; its image goes too when nothing else uses it."""
    entry = head.avatartex_history[index]
    images = entry.image, entry.provenance, *kept_maps(entry).values()
    head.avatartex_history.remove(index)
    for image in images:
        remove_unused(image)


def show_result(head: bpy.types.Object, index: int) -> list[str]:
    """Put a remembered result on the head; notes for the artist.

    Raises:
        LookupError: its image or its UV map is gone.
    """
    entry = head.avatartex_history[index]
    if entry.image is None:
        raise LookupError("The image of this result was deleted.")
    if entry.uv_map not in head.data.uv_layers:
        raise LookupError(f"The UV map '{entry.uv_map}' of this result is gone.")
    mark_shown(head, entry)
    notes = apply_texture(head, read_slots(entry), entry.uv_map, entry.image, entry.sharing)
    return notes + show_kept(head, entry)


def read_slots(entry) -> tuple[int, ...]:
    """The material slots that a result was made for, the main one first."""
    return tuple(int(number) for number in entry.slots.split(",") if number) or (0,)


def previous_result(head: bpy.types.Object) -> int:
    """Index of the result that the head showed before the one of now, -1 where there was none."""
    shown, history = find_shown(head), head.avatartex_history
    others = [index for index, entry in enumerate(history) if index != shown and entry.image is not None]
    return max(others, key=lambda index: (history[index].turn, index), default=-1)


def mark_shown(head: bpy.types.Object, entry) -> None:
    entry.turn = 1 + max(other.turn for other in head.avatartex_history)


def find_shown_result(head: bpy.types.Object):
    """The result that the head shows: its own, or another head's where it has that one's material. None: no result."""
    if (index := find_shown(head)) >= 0:
        return head.avatartex_history[index]
    images = {find_image(slot.material) for slot in head.material_slots if slot.material is not None} - {None}
    ours = {image for image in images if has_layers(image)}  # else every object would be asked at every redraw
    entries = (entry for thing in (bpy.data.objects if ours else ()) for entry in thing.avatartex_history)
    return next((entry for entry in entries if entry.image in ours), None)


def adopt_result(head: bpy.types.Object, entry) -> None:
    """Let a head that has another head's material have a material and a result of its own, which look alike."""
    if entry.id_data == head:
        return
    apply_texture(head, read_slots(entry), entry.uv_map, entry.image, entry.sharing)
    show_kept(head, entry)
    own = head.avatartex_history.add()
    for name in entry.bl_rna.properties.keys():
        if name != "rna_type":
            setattr(own, name, getattr(entry, name))


def shown_image(head: bpy.types.Object) -> bpy.types.Image | None:
    """Which of its results' images the head shows; None when it shows none of them."""
    images = {entry.image for entry in head.avatartex_history}
    materials = {slot.material for slot in head.material_slots}
    for previous in head.avatartex_previous:
        tree = changed_tree(previous) if previous.textured in materials else None
        for name in (IMAGE_NODE, previous.node) if tree is not None else ():
            node = tree.nodes.get(name) if name else None
            if node is not None and node.type == "TEX_IMAGE" and node.image in images:
                return node.image
    if head.avatartex_compared.active or not images:
        return None
    # an override of a library keeps its results in a file, but not what was in its slots before
    return next((image for image in map(find_image, materials - {None}) if image in images), None)


def find_layered(head: bpy.types.Object | None) -> bpy.types.Image | None:
    """The image that the head shows, where it has layers."""
    image = visible_image(head)
    return image if has_layers(image) else None


def visible_image(head: bpy.types.Object | None) -> bpy.types.Image | None:
    """The image that the head shows, a variant's or a result's; None where it is none of ours."""
    if head is None:
        return None
    if (variant := find_shown_variant(head)) >= 0:
        return find_image(head.avatartex_variants[variant].material)
    entry = find_shown_result(head)
    return entry.image if entry is not None else None


def find_image(material: bpy.types.Material) -> bpy.types.Image | None:
    """What colours its surface."""
    color = find_color_input(material) if versions.has_nodes(material) else None
    source = find_color_source(material, color) if color is not None else None
    return source.node.image if source is not None else None


def scrambled_by(head: bpy.types.Object) -> str:
    """The UV map of the texture that is shown, where another one is active: Solid view looks the texels up in that."""
    index, layers = find_shown(head), head.data.uv_layers
    name = head.avatartex_history[index].uv_map if index >= 0 else ""
    return name if name in layers and layers.active is not None and layers.active.name != name else ""


def find_shown(head: bpy.types.Object) -> int:
    """Index of the result that the head shows, -1 when it shows none."""
    image = shown_image(head)
    if image is None:
        return -1
    return next((index for index, entry in enumerate(head.avatartex_history) if entry.image == image), -1)
