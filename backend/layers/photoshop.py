"""PSD of 8 bit RGB, for Photoshop, Krita, GIMP and others, written with the structures of psd-tools.

Names, groups, blend modes and masks are those of Adobe's *Photoshop File Formats Specification*.
"""

import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import ImageCms
from psd_tools.constants import BlendMode, ChannelID, ColorMode, Compression, Resource, SectionDivider, Tag
from psd_tools.psd import PSD
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.image_resources import ImageResource, ImageResources
from psd_tools.psd.layer_and_mask import (
    ChannelData,
    ChannelDataList,
    ChannelImageData,
    ChannelInfo,
    GlobalLayerMaskInfo,
    LayerAndMaskInformation,
    LayerFlags,
    LayerInfo,
    LayerRecord,
    LayerRecords,
    MaskData,
    MaskFlags,
)
from psd_tools.psd.tagged_blocks import TaggedBlocks

from .stack import Group, Layer, Mode, Picture

MODES = {
    Mode.NORMAL: BlendMode.NORMAL,
    Mode.MULTIPLY: BlendMode.MULTIPLY,
    Mode.DODGE: BlendMode.COLOR_DODGE,
    Mode.ADD: BlendMode.LINEAR_DODGE,
}
COLOURS = (ChannelID.CHANNEL_0, ChannelID.CHANNEL_1, ChannelID.CHANNEL_2)
DEPTH = 8


class Record(NamedTuple):
    """One entry of the file's flat list of layers, and its compressed planes."""

    about: LayerRecord
    planes: ChannelDataList


def write_photoshop(groups: Sequence[Group], merged: np.ndarray, name: str) -> bytes:
    """The file.

    Args:
        groups: from the bottom to the top. merged: (3,S,S) uint8 sRGB of all of them. name: of the picture.
    """
    _, height, width = merged.shape
    header = FileHeader(channels=3, height=height, width=width, depth=DEPTH, color_mode=ColorMode.RGB)
    resources = ImageResources.new()
    resources[Resource.ICC_PROFILE] = ImageResource(key=Resource.ICC_PROFILE, data=_srgb())
    if name:
        resources[Resource.IPTC_NAA] = ImageResource(key=Resource.IPTC_NAA, data=_title(name))
    flat = ImageData(compression=Compression.RLE)
    flat.set_data([plane.tobytes() for plane in merged], header)
    records = [record for group in groups for record in _of_group(group, width)]
    layers = LayerInfo(
        len(records), LayerRecords([one.about for one in records]), ChannelImageData([one.planes for one in records])
    )
    whole = PSD(
        header=header,
        image_resources=resources,
        layer_and_mask_information=LayerAndMaskInformation(layers, GlobalLayerMaskInfo(), TaggedBlocks()),
        image_data=flat,
    )
    file = io.BytesIO()
    whole.write(file)
    return file.getvalue()


def _of_group(group: Group, size: int) -> Iterator[Record]:
    """The records from the bottom to the top: a mark of the group's end, its members, the group."""
    yield _mark("</Layer group>", SectionDivider.BOUNDING_SECTION_DIVIDER)
    for member in group.members:
        yield from [_of_layer(member, size)] if isinstance(member, Layer) else _of_group(member, size)
    yield _mark(group.name, SectionDivider.OPEN_FOLDER, group)


def _mark(name: str, kind: SectionDivider, group: Group | None = None) -> Record:
    blocks = TaggedBlocks()
    blocks.set_data(Tag.UNICODE_LAYER_NAME, name)
    through = group is not None and group.through
    mode = BlendMode.PASS_THROUGH if through else BlendMode.NORMAL
    blocks.set_data(Tag.SECTION_DIVIDER_SETTING, kind, blend_mode=None if group is None else mode)
    about = LayerRecord(
        channel_info=[ChannelInfo(id=channel) for channel in (ChannelID.TRANSPARENCY_MASK, *COLOURS)],
        blend_mode=mode,
        flags=LayerFlags(visible=group is None or group.visible, pixel_data_irrelevant=True),
        name=name,
        tagged_blocks=blocks,
    )
    return Record(about, ChannelDataList([ChannelData() for _ in about.channel_info]))


def _of_layer(layer: Layer, size: int) -> Record:
    picture = layer.picture()
    if layer.mode is not Mode.NORMAL:
        picture = _widen(picture, {Mode.MULTIPLY: 255, Mode.DODGE: 0, Mode.ADD: 0}[layer.mode], size)
    _, height, width = picture.colour.shape
    planes = {
        ChannelID.TRANSPARENCY_MASK: np.full((height, width), 255, np.uint8),
        **dict(zip(COLOURS, picture.colour)),
    }
    place = {"top": picture.top, "left": picture.left, "bottom": picture.top + height, "right": picture.left + width}
    mask = None
    if picture.mask is not None:
        planes[ChannelID.USER_LAYER_MASK] = picture.mask
        mask = MaskData(**place, background_color=0, flags=MaskFlags())
    blocks = TaggedBlocks()
    blocks.set_data(Tag.UNICODE_LAYER_NAME, layer.name)
    about = LayerRecord(
        **place,
        channel_info=[ChannelInfo(id=channel) for channel in planes],
        blend_mode=MODES[layer.mode],
        opacity=round(layer.opacity * 255),
        flags=LayerFlags(visible=layer.visible),
        mask_data=mask,
        name=layer.name,
        tagged_blocks=blocks,
    )
    return Record(about, ChannelDataList([_compressed(plane) for plane in planes.values()]))


def _widen(picture: Picture, neutral: int, size: int) -> Picture:
    """To the whole canvas: GIMP 3 exports nothing beyond the layers of a group that is passed through."""
    _, height, width = picture.colour.shape
    colour = np.full((3, size, size), neutral, np.uint8)
    colour[:, picture.top : picture.top + height, picture.left : picture.left + width] = picture.colour
    return Picture(0, 0, colour)


def _compressed(plane: np.ndarray) -> ChannelData:
    """Run lengths: every program reads them."""
    height, width = plane.shape
    data = ChannelData(compression=Compression.RLE)
    data.set_data(plane.tobytes(), width, height, DEPTH)
    return data


def _srgb() -> bytes:
    """The colour profile, without the time at which it was made: the same layers give the same bytes."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07D0 0001 0001 0000 0000 0000")  # a date of ICC.1: the year 2000
    return bytes(profile)


def _title(name: str) -> bytes:
    """IPTC's record of a title, 2:05, and before it that text is UTF-8."""
    text = name.encode()[:64].decode(errors="ignore").encode()  # as long as IPTC lets it be
    return b"\x1c\x01\x5a\x00\x03\x1b%G" + b"\x1c\x02\x05" + len(text).to_bytes(2, "big") + text
