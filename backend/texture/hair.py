"""Hair goes on where the portrait cannot see it: weak evidence for the networks, never pixels of the result."""

from __future__ import annotations

import cv2
import numpy as np

#: Confidence of the evidence: what is seen counts four times as much.
EVIDENCE = 0.25
#: From this share of the seen scalp being hair, the whole scalp is taken to be hair.
HAIRY = 0.35
#: Seen scalp texels needed to say anything; a hat or a tight crop shows fewer.
ENOUGH = 200
#: Reach of the seen hair's local colour, as a share of the atlas; beyond it the median colour holds.
REACH = 0.08


def hair_evidence(
    unlit: np.ndarray, confidence: np.ndarray, hair: np.ndarray, scalp: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Colour (S,S,3) and confidence (S,S) with the hair continued over the unseen scalp.

    Args:
        unlit: (S,S,3) observed sRGB without light. confidence: (S,S). hair: (S,S) 0..1, the matte's hair where
            observed. scalp: (S,S) 0..1, the share of scalp of each texel.
    """
    seen = confidence * scalp
    is_hair = seen * hair
    if (seen > 0.3).sum() < ENOUGH or is_hair.sum() < HAIRY * seen.sum():
        return unlit, confidence
    tone = np.median(unlit[is_hair > 0.3], axis=0) if (is_hair > 0.3).any() else np.median(unlit[seen > 0.3], axis=0)
    sigma = REACH * len(unlit)
    weight = cv2.GaussianBlur(is_hair.astype(np.float32), (0, 0), sigma)
    near = cv2.GaussianBlur((unlit * is_hair[..., None]).astype(np.float32), (0, 0), sigma)
    local = (near + 0.05 * tone) / (weight + 0.05)[..., None]
    added = EVIDENCE * scalp * np.clip(1 - confidence / EVIDENCE, 0, 1)
    total = confidence + added
    colour = (unlit * confidence[..., None] + local * added[..., None]) / np.maximum(total, 1e-6)[..., None]
    return np.where((added > 0)[..., None], colour, unlit).astype(np.float32), total.astype(np.float32)
