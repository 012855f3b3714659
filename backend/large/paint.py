"""A profile paints the atlas: where the shipped stages end, before what corrects their result."""

from __future__ import annotations

import contextlib
import gc
import traceback
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import torch

from ..errors import AvatarTexError, Cancelled, ErrorCode, is_out_of_memory
from ..models.profiles import Profile
from ..models.store import Lock, find_parts
from .memory import Tier, choose_tiers, release
from .scene import Painter, Scene
from .walk import shrink_mask, walk

#: Confidence from which a texel is held, as in stage 1.
SURE = 0.3
#: By style: what is to be seen. The layout's own words come first.
LAYOUT = "uv texture map of a human head, flat even lighting, albedo, unlit, symmetrical, "
WORDS = {
    "photo": LAYOUT + "photograph, natural skin with pores, sharp detail",
    "cartoon": LAYOUT + "cartoon character, clean colours",
    "anime": LAYOUT + "anime character, flat colours, clean lines",
    "painting": LAYOUT + "painting, visible brush strokes",
}
#: Largest side of the portrait that is shown, pixels.
FACE = 448


def paint(
    profile: Profile,
    color: np.ndarray,
    confidence: np.ndarray,
    completion: np.ndarray,
    portrait: np.ndarray,
    style: str,
    seed: int,
    device: str,
    on_step: Callable[[float], None],
) -> np.ndarray:
    """(T,T,3) float32 sRGB of profile.texels: the completion painted anew where nothing was seen.

    Args:
        color: (S,S,3) sRGB without light, of the observation; confidence: (S,S). completion: (s,s,3) sRGB of the
            shipped stages. portrait: (h,w,3) sRGB, the face. style: a name of options.STYLE. on_step: called with the
            share that is done, often; what it raises ends the job.

    Raises:
        AvatarTexError: MODEL_MISSING, MODEL_UNUSABLE; OUT_OF_MEMORY, where no tier fits.
    """
    parts = find_parts(profile)
    scene = make_scene(profile.texels, color, confidence, completion, portrait, style)
    tiers = choose_tiers(profile, device)
    for tier in tiers:
        try:
            made = run(profile, parts, scene, seed, device, tier, on_step)
            return np.ascontiguousarray(impose(made, scene)[0].permute(1, 2, 0).numpy(), np.float32)
        except Exception as reason:
            if not is_out_of_memory(reason):
                raise
        finally:
            gc.collect()
            release(device)
    raise AvatarTexError(
        ErrorCode.OUT_OF_MEMORY,
        f"{profile.label} found no room, even layer by layer.",
        "Close other programs that use the graphics card, or use the Built-In profile.",
    )


def run(
    profile: Profile, parts: Lock, scene: Scene, seed: int, device: str, tier: Tier, on_step: Callable[[float], None]
) -> torch.Tensor:
    """(1,3,T,T) as the model paints it, nothing imposed on its pixels yet."""
    done = 0.0

    def tell(share: float) -> None:
        nonlocal done
        done = share
        on_step(share)

    with told(profile):
        painter = load_painter(profile, parts, device, tier, lambda: on_step(done))
        kept = painter.prepare(scene)
    on_step(0.0)
    with painter.ready():
        sure = shrink_mask(scene.sure, painter.pixels).to(kept)
        latent = walk(painter, kept, sure, painter.levels(scene.start.shape[-1]), seed, tell)
    return painter.decode(latent)


@contextlib.contextmanager
def told(profile: Profile) -> Iterator[None]:
    """Whatever configurations and tokenizers of an artist's own make the networks raise, as one refusal."""
    try:
        yield
    except (AvatarTexError, Cancelled):
        raise
    except Exception as reason:
        if is_out_of_memory(reason):
            raise
        traceback.print_exc()  # into the log
        raise AvatarTexError(
            ErrorCode.MODEL_UNUSABLE,
            f"{profile.label} cannot be made of its files ({type(reason).__name__}: {str(reason)[:160]}).",
            "Use the models that the profile names, or ones that were trained from them.",
        ) from None


def load_painter(profile: Profile, parts: Lock, device: str, tier: Tier, tick: Callable[[], None]) -> Painter:
    if profile.family == "flux2":
        from .flux2 import Flux2Painter

        return Flux2Painter(profile, parts, device, tier, tick)
    from .unet import UNetPainter

    return UNetPainter(profile, parts, device, tier, tick)


def make_scene(
    size: int, color: np.ndarray, confidence: np.ndarray, completion: np.ndarray, portrait: np.ndarray, style: str
) -> Scene:
    """Everything at the model's size; see `paint`."""
    trust = cv2.resize(confidence, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]
    seen = cv2.resize(color * confidence[..., None], (size, size), interpolation=cv2.INTER_LINEAR)
    seen, sure = seen / np.maximum(trust, 1e-4), np.clip(trust / SURE, 0, 1)
    start = np.clip(cv2.resize(completion, (size, size), interpolation=cv2.INTER_CUBIC), 0, 1)
    return Scene(
        to_tensor(start + sure * (seen - start)),
        to_tensor(sure),
        to_tensor(cv2.resize(portrait, (min(FACE, size),) * 2, interpolation=cv2.INTER_AREA)),
        WORDS[style],
    )


def to_tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture, np.float32)).permute(2, 0, 1)[None]


def impose(made: torch.Tensor, scene: Scene) -> torch.Tensor:
    """What was seen stays exactly; an encoder would blur it."""
    return torch.where(scene.sure == 1, scene.start, made + scene.sure * (scene.start - made)).clamp(0, 1)


def crop_face(portrait: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """(n,n,3) the face and its surroundings of a (h,w,3) portrait, square; what lies outside is its edge.

    Args:
        skin: (h,w) confidence that a pixel shows the person's skin.
    """
    rows, columns = (np.flatnonzero(skin.max(axis) > 0.5) for axis in (1, 0))
    if not len(rows):
        rows, columns = (np.arange(side) for side in skin.shape)
    middle = (rows[0] + rows[-1]) // 2, (columns[0] + columns[-1]) // 2
    half = round(0.65 * max(rows[-1] - rows[0], columns[-1] - columns[0])) + 1
    wide = cv2.copyMakeBorder(portrait, half, half, half, half, cv2.BORDER_REPLICATE)
    return wide[middle[0] : middle[0] + 2 * half, middle[1] : middle[1] + 2 * half]
