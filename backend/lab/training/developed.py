"""Camera, print, brush and pen: what a picture of a face may look like, whatever it shows."""

from __future__ import annotations

import cv2
import numpy as np

from .about_eyes import noise

MAKES = ("photo", "drawn", "painted", "lines", "print")
LUMA = np.float32([0.299, 0.587, 0.114])


def developed(color: np.ndarray, random: np.random.Generator, make: str | None = None) -> np.ndarray:
    """(H,W,3) float32 sRGB from the same; make: photo, drawn, painted, lines, print, or any of them."""
    color = np.clip(color, 0, 1).astype(np.float32)
    make = make or random.choice(MAKES, p=[0.5, 0.16, 0.2, 0.07, 0.07])
    if make == "drawn":  # flat tones and outlines
        for _ in range(2):
            color = cv2.bilateralFilter(color, 7, 0.15, 5)
        levels = random.integers(3, 9)
        flat = np.round(color * levels) / levels
        edges = cv2.morphologyEx(color @ LUMA, cv2.MORPH_GRADIENT, np.ones((3, 3)))
        color = flat * (1 - np.clip(edges * random.uniform(0, 6) - 0.4, 0, 1))[..., None]
    elif make == "painted":  # strokes along a flow, canvas
        color = cv2.bilateralFilter(color, 7, 0.12, 4)
        flow = random.uniform(0.5, 4)
        y, x = np.mgrid[: color.shape[0], : color.shape[1]].astype(np.float32)
        cells = int(random.integers(20, 90))
        x, y = x + flow * noise(random, cells, color.shape[:2]), y + flow * noise(random, cells, color.shape[:2])
        color = cv2.remap(color, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        rough = random.normal(0, 1, color.shape[:2]).astype(np.float32)
        rough = cv2.GaussianBlur(rough, (0, 0), random.uniform(0.7, 4), sigmaY=random.uniform(0.7, 4))
        rough *= random.uniform(0.03, 0.12) / max(rough.std(), 1e-3)
        color = color + rough[..., None] * np.clip(color + 0.2, 0, 1)
    elif make == "lines":  # pencil and pen
        level = color @ LUMA
        around = cv2.GaussianBlur(level, (0, 0), random.uniform(2, 10))
        tone = np.clip(level / np.maximum(around, 0.05), 0, 1) ** random.uniform(2, 8)
        hatch = cv2.GaussianBlur(random.normal(0, 1, level.shape).astype(np.float32), (0, 0), 0.6, sigmaY=4)
        tone = np.clip(tone + random.uniform(0, 1) * hatch * (1 - level), 0, 1)
        paper = np.float32([1, 1, 1]) * random.uniform(0.75, 1, 3).astype(np.float32)
        color = (tone[..., None] * paper).astype(np.float32)
    elif make == "print":  # halftone
        cell, turn = random.uniform(2.5, 7), random.uniform(0, np.pi / 2)
        y, x = np.mgrid[: color.shape[0], : color.shape[1]].astype(np.float32) * (2 * np.pi / cell)
        screen = np.sin(x * np.cos(turn) + y * np.sin(turn)) * np.sin(y * np.cos(turn) - x * np.sin(turn))
        color = color + random.uniform(0.1, 0.5) * screen[..., None]
    gamma, gain = np.exp(random.normal(0, 0.25)), np.exp(random.normal(0, 0.12)) * np.exp(random.normal(0, 0.08, 3))
    color = (np.clip(color, 0, 1) ** gamma * gain).astype(np.float32)
    if random.random() < 0.25:
        sepia = np.float32([1, 1, 1]) * random.choice([1.0, 1.0, 0.9, 0.8]) ** np.float32([0, 1, 2])
        color = (color @ LUMA)[..., None] * sepia.astype(np.float32)
    shape = color.shape[1::-1]
    if random.random() < 0.35:  # few pixels
        low = random.uniform(0.2, 0.7)
        small = cv2.resize(color, None, fx=low, fy=low, interpolation=cv2.INTER_AREA)
        color = cv2.resize(small, shape, interpolation=cv2.INTER_CUBIC if random.random() < 0.7 else cv2.INTER_LINEAR)
    elif random.random() < 0.4:
        color = cv2.GaussianBlur(color, (0, 0), random.uniform(0.4, 2.5))
    if random.random() < 0.5:
        grain = cv2.GaussianBlur(random.normal(0, 1, color.shape).astype(np.float32), (0, 0), random.uniform(0.4, 2))
        color = color + random.uniform(0, 0.07) * grain / max(grain.std(), 1e-3)
    if random.random() < 0.4:
        data = cv2.imencode(".jpg", np.clip(color * 255, 0, 255).astype(np.uint8), [1, int(random.integers(20, 95))])[1]
        color = cv2.imdecode(data, 1).astype(np.float32) / 255
    return np.clip(color, 0, 1).astype(np.float32)


def other_tone(color: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(…,3) float32 sRGB 0..1: the picture in another exposure and white balance, its channels swapped now and then."""
    color = color ** np.exp(random.normal(0, 0.15)) * np.exp(random.normal(0, 0.06, 3))
    if random.random() < 0.1:
        color = color[..., random.permutation(3)]
    return np.clip(color, 0, 1).astype(np.float32)
