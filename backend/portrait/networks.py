"""The bundled portrait networks, opened with OpenCV so that no other inference library is needed.

Parity of `cv2.dnn` (OpenCV 4.11) against ai-edge-litert 2.3.0 on four photographs: landmarks within 0.0001 px of the
192 px crop, presence logits within 0.00001, person mask within 0.00006; palms' boxes within 0.0002 px of theirs, their
logits within 0.00004. A hand's last matrices are ours (`HandNetwork`): points within 0.0004 px.
"""

from __future__ import annotations

import functools
import threading

import cv2
import numpy as np

from ..verified import WEIGHTS, verified_bytes

LANDMARKS = "face_landmark.tflite"
PERSON = "selfie_segmentation.tflite"
PALMS = "palm_detection_full.tflite"
HAND = "hand_landmark_lite.tflite"
GLASSES = "glasses.onnx"
DETECTOR = "face_detection_yunet_2023mar_int8bq.onnx"


def weight_bytes(name: str) -> np.ndarray:
    """The file as (bytes,) uint8. Buffers, not paths: OpenCV cannot open paths outside ASCII on Windows.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, WEIGHTS_ALTERED.
    """
    return np.frombuffer(verified_bytes(WEIGHTS, name), np.uint8)


class Network:
    """One TFLite or ONNX network. OpenCV's networks keep their input between calls, hence the lock."""

    def __init__(self, name: str) -> None:
        read = cv2.dnn.readNetFromONNX if name.endswith(".onnx") else cv2.dnn.readNetFromTFLite
        self._net = read(weight_bytes(name))
        self._lock = threading.Lock()
        self._outputs = sorted(self._net.getUnconnectedOutLayersNames())

    def __call__(self, image: np.ndarray) -> list[np.ndarray]:
        """Outputs, sorted by their names, for one (H, W, C) float32 image of the network's own size."""
        with self._lock:
            self._net.setInput(np.ascontiguousarray(image.transpose(2, 0, 1)[None]))
            return [out.copy() for out in self._net.forward(self._outputs)]


class HandNetwork:
    """Hand landmarks up to their last matrices, which are multiplied here: OpenCV 4.11 leaves out what those add.

    Without it points lie up to 3 px of the 224 px crop off, presence's logit 0.3.
    """

    def __init__(self) -> None:
        self._net = cv2.dnn.readNetFromTFLite(weight_bytes(HAND))
        self._lock = threading.Lock()
        names = self._net.getLayerNames()
        self._pooled = next(name for name in names if name.endswith("global_average_pooling2d/Mean"))
        layers = next(name for name in names if "/conv_handflag/" in name), "Identity"
        self._last = [[blob.copy() for blob in self._net.getLayer(name).blobs] for name in layers]

    def __call__(self, crop: np.ndarray) -> tuple[float, np.ndarray]:
        """Presence 0..1 and (21, 3) points, in pixels of a (224, 224, 3) crop."""
        with self._lock:
            self._net.setInput(cv2.dnn.blobFromImage(crop))
            pooled = self._net.forward(self._pooled).ravel()
        flag, points = (matrix @ pooled + added.ravel() for matrix, added in self._last)
        return float(1 / (1 + np.exp(-np.clip(flag[0], -60, 60)))), points.reshape(21, 3)


@functools.cache
def hand_network() -> HandNetwork:
    return HandNetwork()


@functools.cache
def network(name: str) -> Network:
    """The network of that file, opened once."""
    return Network(name)


class Detector:
    """YuNet: boxes, five points, scores."""

    def __init__(self) -> None:
        self._net = cv2.FaceDetectorYN.create("onnx", weight_bytes(DETECTOR), np.empty(0, np.uint8), (320, 320))
        self._net.setNMSThreshold(0.3)
        self._lock = threading.Lock()

    def __call__(self, bgr: np.ndarray, score: float) -> np.ndarray:
        """(N, 15) float32: x, y, width, height, five points (right eye first), score; in pixels of the image."""
        with self._lock:
            self._net.setScoreThreshold(score)
            self._net.setInputSize((bgr.shape[1], bgr.shape[0]))
            found = self._net.detect(bgr)[1]
        return np.zeros((0, 15), np.float32) if found is None else found


@functools.cache
def detector() -> Detector:
    return Detector()
