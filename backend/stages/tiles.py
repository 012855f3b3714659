"""The repaint denoiser at the artist's size: fine detail on the unrolled head, tile by tile, an octave after another
(networks/tiles.py; Athar et al., ECCV 2024, "Bridging the gap", whose detail comes from residual shifting too).

Tiles share one field of noise and overlap, so that what they say of the same pixel is nearly the same; there they fade
into each other.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from ..head.unrolled import TOP, WIDTH
from ..networks.tiles import DENSITIES, MARGIN, SPREAD, STEPS, TILE, back, guided, placed, shifted

#: Tiles at once.
BATCH = 8
#: The steps that are taken, of STEPS. One gives what is likely at each place, and is nearer to faces left out than a
#: sample of all four (perceptual distance of tiles 0.339 and 0.371 at 256 pixels per face height, 0.129 and 0.230 at
#: 512; the blurred start 0.413 and 0.183); the grain that it lacks is the collage's (texture/detail.py).
TAKEN = (STEPS - 1,)
#: Pixels that the noise of each step is moved by: one field serves all.
MOVED = (0, 0), (311, 173), (127, 421), (53, 239)
STRIDE = TILE - 2 * MARGIN


def fine_detail(
    network: nn.Module, start: np.ndarray, detail: np.ndarray, confidence: np.ndarray, needed: np.ndarray,
    density: float, seed: int, device: str = "cpu",
) -> np.ndarray:
    """(H',W',3) sRGB to add to the unrolled head, at one of DENSITIES, the first that is no less than density.

    Args:
        network: a TileDenoiser, or the same as a graph. start: (H,W,3) sRGB, unrolled, at DENSITIES[0], as fine as the
            atlas. detail, confidence: (H,W,3) and (H,W), what the portrait shows beyond that, and how surely.
        needed: (H,W) bool, where detail is wanted; elsewhere there may be none.
    """
    total = np.zeros_like(start)
    for level in DENSITIES:
        if level > DENSITIES[0]:
            size = (2 * start.shape[1], 2 * start.shape[0])
            start, total = (cv2.resize(part, size, interpolation=cv2.INTER_CUBIC) for part in (start, total))
            detail, confidence = np.zeros_like(start), np.zeros(start.shape[:2], np.float32)
            needed = cv2.resize(needed.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        total = total + octave(network, start + total, detail, confidence, needed, level, seed + level, device)
        if level >= density:
            break
    return total


@torch.no_grad()
def octave(
    network: nn.Module, start: np.ndarray, detail: np.ndarray, confidence: np.ndarray, needed: np.ndarray,
    density: int, seed: int, device: str,
) -> np.ndarray:
    """(H,W,3) sRGB: what the network adds to a start at its own density."""
    height, width = needed.shape
    field = np.random.default_rng(seed).standard_normal((height, width, 3), np.float32)
    below = -(-height // STRIDE) * STRIDE + MARGIN - height
    pictures = [
        np.pad(part, ((MARGIN, below), (0, 0), (0, 0)), mode="edge")
        for part in (start, detail, confidence[..., None], field)
    ]
    ramp = np.clip((np.minimum(np.arange(TILE), np.arange(TILE)[::-1]) + 0.5) / (2 * MARGIN), 0, 1)
    window = (ramp[:, None] * ramp[None])[..., None].astype(np.float32)
    total, weight = np.zeros_like(pictures[0]), np.zeros((len(pictures[0]), width, 1), np.float32)
    tiles = [
        (row, column) for row in range(0, height, STRIDE) for column in range(0, width, STRIDE)
        if needed[row : row + STRIDE, column : column + STRIDE].any()
    ]

    def cut(picture: np.ndarray, some: list, move: tuple[int, int] = (0, 0)) -> Tensor:
        return stack([
            picture[np.ix_((np.arange(TILE) + row + move[0]) % len(picture), columns(column + move[1], width))]
            for row, column in some
        ], device)

    for low in range(0, len(tiles), BATCH):
        some = tiles[low : low + BATCH]
        made = denoised(
            network, [cut(part, some) for part in pictures[:3]],
            torch.stack([places(*corner, density) for corner in some]).to(device), density,
            [cut(pictures[3], some, move) for move in MOVED],
        )
        for (row, column), tile in zip(some, made, strict=True):
            spot = slice(row, row + TILE), columns(column, width)
            total[spot] += tile * window
            weight[spot] += window
    inner = slice(MARGIN, MARGIN + height)
    return total[inner] / np.maximum(weight[inner], 1e-6)


def columns(first: int, width: int) -> np.ndarray:
    """(T,) of a tile whose inner square begins at a column; around the head they go on."""
    return (np.arange(TILE) + first - MARGIN) % width


def denoised(network: nn.Module, pictures: list[Tensor], place: Tensor, density: int, noises: list[Tensor]):
    """(B,T,T,3) sRGB of start, detail and confidence, (B,C,T,T) each: ResShift's reverse steps, the noisiest first."""
    start, detail, confidence = pictures
    count = len(start)
    given = start, guided(detail, confidence), placed(place, torch.full((count,), float(density), device=start.device))
    last = torch.full((count,), STEPS - 1, device=start.device)
    state = shifted(torch.zeros_like(start), noises[0], last)
    for number, step in enumerate(TAKEN):
        clean = network(state, *given, torch.full_like(last, step))
        after = TAKEN[number + 1 : number + 2]
        state = back(state, clean, noises[number + 1], step, *after) if after else clean
    return SPREAD * state.permute(0, 2, 3, 1).cpu().numpy()


def places(row: int, column: int, density: int) -> Tensor:
    """(2,T/2,T/2) unrolled places of a tile's pixels by twos, as training/tiles.py has them."""
    y, x = np.mgrid[0:TILE:2, 0:TILE:2] + 1.0 - MARGIN
    return torch.from_numpy(
        np.stack([(column + x) / density - WIDTH / 2, (row + y) / density - TOP]).astype(np.float32),
    )


def stack(pictures: list[np.ndarray], device: str) -> Tensor:
    """(B,C,H,W) of (H,W,C)."""
    return torch.from_numpy(np.stack(pictures).astype(np.float32)).permute(0, 3, 1, 2).contiguous().to(device)
