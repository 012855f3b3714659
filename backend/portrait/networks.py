"""The bundled networks that read a portrait.

Beside what they were converted from (lab/training/portrait_graphs.py), run by ai-edge-litert 2.3.0 on crops of twelve
pictures: landmarks within 0.0002 px of 192, a hand's within 0.0008 of 224, palms' boxes within 0.0004, presence and
scores within 0.00004.
"""

import functools

import numpy as np

from ..models.runtime import open_session
from ..threads import allowed_threads
from ..verified import WEIGHTS, verified_bytes

LANDMARKS = "face_landmark.onnx"  # (192,192,3) -> (1,1,1,1404) points in pixels, (1,1,1,1) logit of presence
PALMS = "palm_detection_full.onnx"  # (192,192,3) -> (1,2016,18) boxes and points, (1,2016,1) logits
HAND = "hand_landmark_lite.onnx"  # (224,224,3) -> (1,63) points in pixels, (1,1) probability of a hand
GLASSES = "glasses.onnx"  # (5,128,256) -> (1,1,128,256) and (1,1) logits, of a pixel and of all
PARSE = "parse.onnx"  # (6,192,192) -> (1,8,192,192) logits of parse_network.CLASSES
DETECTOR = "face_detection_yunet_2023mar.onnx"  # (3,H,W) BGR 0..255, multiples of 32

#: Of one network, where the environment does not say: their layers are small.
MOST_THREADS = 4

_device = "cpu"


def run_on(device: str) -> None:
    """From now on the networks run on cpu or cuda; until then on the cpu."""
    global _device
    _device = device


class Network:
    """One graph for pictures one by one."""

    def __init__(self, name: str, device: str) -> None:
        self._session = open_session(verified_bytes(WEIGHTS, name), device, allowed_threads(MOST_THREADS), small=True)
        [given] = self._session.get_inputs()
        self._given = given.name

    def __call__(self, image: np.ndarray) -> list[np.ndarray]:
        """Its outputs for one float32 image, in the file's order."""
        return self._session.run(None, {self._given: np.ascontiguousarray(image[None])})


@functools.cache
def _open(name: str, device: str) -> Network:
    return Network(name, device)


def network(name: str) -> Network:
    """The network of that file, opened once on a device.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, WEIGHTS_ALTERED.
        ImportError: ONNX Runtime is missing.
    """
    return _open(name, _device)


def close_all() -> None:
    """Give back their memory, of a graphics card, too; who asks for one opens it again."""
    _open.cache_clear()
