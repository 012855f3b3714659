"""Variants of a head: materials of their own, marked as assets; shown, dropped."""

from pathlib import Path
from types import SimpleNamespace

import bpy

from ..backend.outputs import UDIM
from ..core.catalogue import FILE_NAME, add_catalogue, catalogue_path, own_uuid
from . import mix, versions
from .apply import keeps_to_itself, new_material, show_on
from .graph import find_tree
from .images import load_result, set_preview, tile_file
from .memory import find_shown_variant, hide_variant, read_path, shows_variant
from .restore import show_after

TAG = "AvatarTex"


def base_material(head: bpy.types.Object, slot: int) -> bpy.types.Material | None:
    """What a variant is a copy of: the head's material, beneath a variant that it shows."""
    former = head.avatartex_worn
    for before in (former, *former.others) if shows_variant(head) else ():
        if before.slot == slot:
            return before.material
    return head.material_slots[slot].material if slot < len(head.material_slots) else None


def make_material(
    head: bpy.types.Object, base: bpy.types.Material | None, uv_map: str, image: bpy.types.Image, name: str
) -> bpy.types.Material:
    """A copy of the head's material that shows the image through the UV map."""
    material = new_material(name) if base is None else base.copy()
    material.name = name
    material.asset_clear()  # a copy of an asset is none of its own
    versions.enable_nodes(material)
    nothing = SimpleNamespace(inserted=True, exchanged=False, group=object())  # a variant has no way back
    show_on(nothing, material, head.data, uv_map, image)
    mix.take_out_of(find_tree(material, read_path(nothing)))  # it is whole, however the head's own texture is mixed
    return material


def mark_asset(material: bpy.types.Material, head: str, entry, preview: Path, number: str) -> None:
    """Mark a variant's material as an asset, with tags, its catalogue and a picture of the head as preview."""
    material.asset_mark()
    data = material.asset_data
    for tag in (TAG, head, entry.style):
        data.tags.new(tag, skip_if_exists=True)
    data.description = f"{head}: {entry.describe()}"
    data.catalog_id = number
    if not set_preview(material, preview):
        material.asset_generate_preview()  # Blender's usual sphere


def library_folder(blend: str) -> Path | None:
    """The folder whose catalogues hold for a .blend file: the asset library that it lies in, else its own."""
    if not blend:
        return None
    folder = Path(blend).parent
    for library in bpy.context.preferences.filepaths.asset_libraries:
        if library.path and folder.resolve().is_relative_to(Path(bpy.path.abspath(library.path)).resolve()):
            return Path(bpy.path.abspath(library.path))
    return folder


def find_catalogue(head: str, blend: str) -> str:
    """The UUID of a head's catalogue, which is written down where the file has a folder.

    Raises:
        OSError: it cannot be written.
    """
    folder, path = library_folder(blend), catalogue_path(head)
    return own_uuid(path) if folder is None else add_catalogue(folder / FILE_NAME, path)


def free_file(folder: Path, stem: str, suffix: str, tiles) -> Path:
    """A name that no file has yet, with <UDIM> where there are tiles."""
    number = 1
    while True:
        name = stem if number == 1 else f"{stem}_{number}"
        path = folder / (f"{name}.{UDIM}{suffix}" if tiles else f"{name}{suffix}")
        if not any(tile_file(path, tile).exists() for tile in tiles or [0]):
            return path
        number += 1


def keep_image(source: Path, name: str, tiles, folder: Path | None) -> bpy.types.Image:
    """The image of a texture file: packed, or copied into the folder and named relative to the .blend file.

    Raises:
        OSError: it cannot be written. RuntimeError: Blender cannot read it.
    """
    if folder is None:
        return load_result(source, name, tiles)
    folder.mkdir(parents=True, exist_ok=True)
    path = free_file(folder, bpy.path.clean_name(name), source.suffix, tiles)
    for tile in tiles or [0]:
        tile_file(path, tile).write_bytes(tile_file(source, tile).read_bytes())
    return load_result(path, name, tiles, packed=False)


def apply_variant(head: bpy.types.Object, index: int) -> None:
    """Show a variant: its materials come into the head's slots, for this object alone where others share the mesh.

    Raises:
        LookupError: its material or its UV map is gone.
    """
    entry = head.avatartex_variants[index]
    if entry.material is None:
        raise LookupError("The material of this variant was deleted.")
    if entry.uv_map not in head.data.uv_layers:
        raise LookupError(f"The UV map '{entry.uv_map}' of this variant is gone.")
    show_after(head)
    former = head.avatartex_worn
    hide_variant(head)
    if not head.material_slots:
        head.data.materials.append(None)
        former.slot_added = True
    former.active = True
    put_on(head, entry, former)
    for other in entry.others:
        if other.slot < len(head.material_slots) and other.material is not None:
            put_on(head, other, former.others.add(), entry.sharing)


def put_on(head: bpy.types.Object, what, before, sharing: str = "") -> None:
    """Exchange one slot's material, and remember what was there."""
    before.slot = min(what.slot, len(head.material_slots) - 1)
    slot = head.material_slots[before.slot]
    before.material, before.link = slot.material, slot.link
    if keeps_to_itself(head, sharing or what.sharing):
        slot.link = "OBJECT"
    slot.material = what.material


def drop_variant(head: bpy.types.Object, index: int) -> None:
    """Take a variant out of the list; its material and image go where nothing else uses them."""
    if find_shown_variant(head) == index:
        hide_variant(head)
    entry = head.avatartex_variants[index]
    materials = [other.material for other in entry.others] + [entry.material]  # the image goes with the last one
    head.avatartex_variants.remove(index)
    for material in materials:
        if material is not None and material.library is None:
            drop_material(material)


def drop_material(material: bpy.types.Material) -> None:
    material.asset_clear()
    if material.users > material.use_fake_user:
        return
    images = {node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE" and node.image is not None}
    ours = {image for image in images if image.users - image.use_fake_user == 1 and image.get(TAG)}
    bpy.data.materials.remove(material)
    for image in ours:
        bpy.data.images.remove(image)
