"""OpenRaster (.ora): a zip of PNGs and of an XML file that says how they lie, for Krita, GIMP, MyPaint and others.

Version 0.0.6 of https://www.openraster.org. Groups that blend with what lies below them are left out, their layers
stand in their place: GIMP draws every group of an OpenRaster file by itself.
"""

import io
import zipfile
from collections.abc import Sequence
from xml.etree import ElementTree

import cv2
import numpy as np

from ..outputs import not_written
from .stack import Group, Layer, Mode, Picture

OPERATORS = {
    Mode.NORMAL: "svg:src-over",
    Mode.MULTIPLY: "svg:multiply",
    Mode.DODGE: "svg:color-dodge",
    Mode.ADD: "svg:plus",
}
#: Pixels of a side of the small picture that the format asks for.
THUMBNAIL = 256
#: Fast: the layers of a head at 4096 texels are 30 planes.
PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]


def write_openraster(groups: Sequence[Group], merged: np.ndarray, name: str) -> bytes:
    """The file.

    Args:
        groups: from the bottom to the top. merged: (3,S,S) uint8 sRGB of all of them. name: of the picture.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNGs are deflated already
        _store(archive, "mimetype", b"image/openraster")
        size = {"w": str(merged.shape[2]), "h": str(merged.shape[1])}
        image = ElementTree.Element("image", {"version": "0.0.6", **size})
        root = ElementTree.SubElement(image, "stack", {"name": name} if name else {})
        for group in reversed(groups):
            _write_group(archive, root, group)
        _store(archive, "stack.xml", ElementTree.tostring(image, "UTF-8"))
        _store(archive, "mergedimage.png", _png(Picture(0, 0, merged)))
        small = cv2.resize(cv2.merge(list(merged)), (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
        _store(archive, "Thumbnails/thumbnail.png", _png(Picture(0, 0, np.ascontiguousarray(small.transpose(2, 0, 1)))))
    return file.getvalue()


def _write_group(archive: zipfile.ZipFile, parent: ElementTree.Element, group: Group, visible: bool = True) -> None:
    """Its layers, the top one first as the format wants."""
    visible = visible and group.visible
    if not group.through:
        parent = ElementTree.SubElement(parent, "stack", {"name": group.name, "isolation": "isolate"})
    for member in reversed(group.members):
        if isinstance(member, Layer):
            _write_layer(archive, parent, member, visible)
        else:
            _write_group(archive, parent, member, visible)


def _write_layer(archive: zipfile.ZipFile, parent: ElementTree.Element, layer: Layer, visible: bool) -> None:
    picture = layer.picture()
    path = f"data/layer{sum(one.startswith('data/') for one in archive.namelist()):03d}.png"
    ElementTree.SubElement(
        parent,
        "layer",
        {
            "name": layer.name,
            "src": path,
            "x": str(picture.left),
            "y": str(picture.top),
            "opacity": f"{layer.opacity:.4g}",
            "visibility": "visible" if visible and layer.visible else "hidden",
            "composite-op": OPERATORS[layer.mode],
        },
    )
    _store(archive, path, _png(picture))


def _png(picture: Picture) -> bytes:
    """RGB, or RGBA with straight alpha where there is a mask."""
    planes = [*picture.colour[::-1], *([] if picture.mask is None else [picture.mask])]
    ok, data = cv2.imencode(".png", cv2.merge([np.ascontiguousarray(one) for one in planes]), PNG)
    if not ok:
        raise not_written("layers.ora", "a layer could not be encoded")
    return data.tobytes()


def _store(archive: zipfile.ZipFile, path: str, data: bytes) -> None:
    about = zipfile.ZipInfo(path)  # without the time: the same layers give the same bytes
    about.external_attr = 0o644 << 16
    archive.writestr(about, data)
