"""The surface maps that a result keeps: they come and go with its texture, and are saved with the file."""

from collections.abc import Mapping

import bpy

from ..backend.map_options import MAPS
from . import surface_maps
from .displacement import displace
from .images import remove_unused
from .layer_store import SLIDERS, has_layers

#: What a result's pointer to each map is called (properties/results.py).
KEPT = {choice.value: f"map_{choice.value}" for choice in MAPS.choices[1:]}
#: Layers that no map shows: light is none of the surface's.
NOT_SHOWN = {"light"}


def give_maps(entry, maps: Mapping[str, bpy.types.Image], opacities: Mapping[str, float]) -> None:
    """Let a result keep these maps and no others; those that nobody uses then go.

    Args:
        opacities: of the layers that they are of.
    """
    former = kept_maps(entry)
    surface_maps.remove_maps(entry.id_data)
    for name, pointer in KEPT.items():
        setattr(entry, pointer, maps.get(name))
    entry.maps_for = [opacities.get(name, 1.0) for name in SLIDERS]
    for image in former.values():
        remove_unused(image)


def kept_maps(entry) -> dict[str, bpy.types.Image]:
    """The maps of a result, by name."""
    found = {name: getattr(entry, pointer) for name, pointer in KEPT.items()}
    return {name: image for name, image in found.items() if image is not None}


def show_kept(head: bpy.types.Object, entry) -> list[str]:
    """Link a result's maps beside its texture, which the head shows; notes for the artist."""
    if not (maps := kept_maps(entry)):
        return []
    notes = surface_maps.add_maps(head, entry.image, entry.uv_map, maps)
    return notes + (displace(head) if entry.displaced else [])


def opacities_of(image: bpy.types.Image) -> dict[str, float]:
    """What the layers' sliders of a texture say, by name; nothing where it has no layers."""
    if not has_layers(image):
        return {}
    group = image.avatartex_layers
    return {name: round(getattr(group, name), 5) for name in group.there.split(",")}


def are_of_others(entry) -> bool:
    """Whether a result's layers were moved since its maps were made of them."""
    now = opacities_of(entry.image)
    then = dict(zip(SLIDERS, entry.maps_for))
    return any(abs(value - then[name]) > 1e-4 for name, value in now.items() if name not in NOT_SHOWN)
