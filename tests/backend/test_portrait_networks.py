"""The networks that read a portrait: what they say, where they run, and what is missing."""

from __future__ import annotations

import shutil
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend import doctor, pipeline, worker
from backend.errors import AvatarTexError, ErrorCode, explain
from backend.lab.prepared import prepare_head
from backend.lab.training.from_tflite import same_padding
from backend.models import runtime
from backend.portrait import networks
from backend.portrait.decode import decode_portrait
from backend.portrait.faces import OVERLAP, STRIDES, detect, find_faces, separate
from backend.portrait.parse import parse_portrait
from backend.threads import CORES, allowed_threads
from backend.verified import MANIFEST, WEIGHTS
from tests.backend.portraits import ASTRONAUT, HOPPER, astronaut, drawing

#: What ai-edge-litert 2.3.0 makes of the astronaut with MediaPipe's own files.
POINTS = {
    1: (94.695, 93.421, -23.963),
    33: (64.391, 61.825, 3.934),
    263: (128.94, 64.423, 4.801),
    61: (70.88, 103.329, 7.466),
    291: (117.925, 104.966, 7.794),
    152: (92.799, 143.898, 8.623),
}
HAND = {0: (102.05, 162.649), 4: (123.17, 94.728), 8: (121.458, 75.638), 12: (121.072, 55.321), 20: (127.131, 63.038)}
PALM, PALM_NUMBERS = 457, (-2.117, -0.292, 30.614, 30.564, -5.605, -9.144)


@pytest.fixture(autouse=True)
def anew():
    """No test leaves a device or a network behind."""
    networks.close_all()
    yield
    networks.run_on("cpu")
    networks.close_all()


def crop(side: int) -> np.ndarray:
    face = cv2.resize(astronaut().color[40:230, 130:320], (192, 192))
    return face if side == 192 else cv2.resize(face, (side, side))


def test_a_face_is_read_as_by_tflite():
    points, presence = networks.network(networks.LANDMARKS)(crop(192))
    read = points.reshape(468, 3)
    assert all(np.abs(read[index] - wanted).max() < 0.002 for index, wanted in POINTS.items())
    assert abs(presence.item() - 20.8948) < 0.001


def test_palms_and_hands_are_read_as_by_tflite():
    boxes, scores = (output.reshape(2016, -1) for output in networks.network(networks.PALMS)(crop(192)))
    assert scores.argmax() == PALM and abs(scores.max() + 4.21868) < 0.001
    assert np.abs(boxes[PALM, :6] - PALM_NUMBERS).max() < 0.002
    points, presence = networks.network(networks.HAND)(crop(224))
    read = points.reshape(21, 3)
    assert all(np.abs(read[index, :2] - wanted).max() < 0.002 for index, wanted in HAND.items())
    assert abs(presence.item() - 0.00169451) < 1e-6


@pytest.mark.parametrize("size", [(512, 512), (300, 401), (97, 160), (40, 33)])
@pytest.mark.parametrize("least", [0.12, 0.7])
def test_the_detector_says_what_opencvs_says(size, least):
    graph = np.frombuffer((WEIGHTS / networks.DETECTOR).read_bytes(), np.uint8)
    twin = cv2.FaceDetectorYN.create("onnx", graph, np.empty(0, np.uint8), size, least, OVERLAP)
    count = 0
    for picture in (astronaut().color, cv2.imread(str(HOPPER))[..., ::-1] / 255, drawing(side=160)):
        small = cv2.resize(np.float32(picture), size, interpolation=cv2.INTER_AREA)
        bgr = np.ascontiguousarray((small[..., ::-1] * 255 + 0.5).astype(np.uint8))
        wanted, found = twin.detect(bgr)[1], detect(bgr, least)
        assert found.dtype == np.float32 and found.shape == ((0, 15) if wanted is None else wanted.shape)
        assert wanted is None or np.abs(found - wanted).max() < 0.001
        count += len(found)
    assert count or min(size) < 90


def test_of_faces_that_overlap_the_best_one_stays():
    random = np.random.default_rng(0)
    faces = np.zeros((200, 15), np.float32)
    faces[:, :4] = np.concatenate([random.uniform(-20, 200, (200, 2)), random.uniform(9, 90, (200, 2))], 1)
    faces[:, 14] = random.permutation(np.arange(1, 201)) / 200
    kept = cv2.dnn.NMSBoxes(faces[:, :4].astype(int).tolist(), faces[:, 14].tolist(), 0.0, OVERLAP)
    assert 20 < len(kept) < 150 and np.array_equal(separate(faces), faces[kept])
    assert separate(faces[:0]).shape == (0, 15)


def test_a_picture_smaller_than_a_cell_has_no_face():
    assert len(detect(np.full((STRIDES[0], STRIDES[0] - 1, 3), 128, np.uint8), 0.12)) == 0


def test_glasses_are_seen_on_who_wears_them():
    for path, worn in ((ASTRONAUT, False), (HOPPER, True)):
        portrait = decode_portrait(path)
        assert parse_portrait(portrait.color, find_faces(portrait.color)[0]).worn is worn


class Package:
    """Stands where ONNX Runtime does: which sessions are asked for."""

    def __init__(self, *there: str) -> None:
        self.there, self.asked = [*there, runtime.CPU], []

    def get_available_providers(self) -> list[str]:
        return self.there

    class SessionOptions:
        def add_session_config_entry(self, name: str, value: str) -> None: ...

    def InferenceSession(self, model, options, providers, provider_options):
        self.asked.append((providers, provider_options))
        return SimpleNamespace(
            get_inputs=lambda: [SimpleNamespace(name="picture")], run=lambda names, given: [given["picture"]]
        )


@pytest.mark.parametrize("there", [(), (runtime.CUDA,)])
def test_all_run_on_the_card_where_the_package_can(monkeypatch, there):
    package = Package(*there)
    monkeypatch.setattr(runtime, "load_runtime", lambda: package)
    networks.run_on("cuda")
    names = [networks.LANDMARKS, networks.PALMS, networks.HAND, networks.PARSE, networks.DETECTOR]
    for name in names:
        networks.network(name)(np.zeros((4, 4, 3), np.float32))
    wanted = ([*there, runtime.CPU], [*([runtime.CARD] if there else []), {}])
    assert package.asked == [wanted] * len(names)
    networks.run_on("cpu")
    networks.network(networks.PALMS)
    networks.network(networks.PALMS)
    assert package.asked[len(names) :] == [([runtime.CPU], [{}])]


def test_a_job_reads_its_portrait_on_the_networks_device(monkeypatch):
    asked = []

    class Read(Exception):
        pass

    def decode(path):
        networks.network(networks.PALMS)
        raise Read

    monkeypatch.setattr(networks, "open_session", lambda model, device, *_, **__: asked.append(device) or stand_in())
    monkeypatch.setattr(pipeline, "read_portrait", decode)
    for device in ("cuda", "cpu"):
        with pytest.raises(Read):
            prepare_head(None, "portrait.png", "auto", SimpleNamespace(device=device))
    assert asked == ["cuda", "cpu"]


def stand_in() -> SimpleNamespace:
    return SimpleNamespace(get_inputs=lambda: [SimpleNamespace(name="picture")])


def test_released_memory_is_theirs_too():
    before = networks.network(networks.PALMS)
    assert networks.network(networks.PALMS) is before
    worker.release_memory()
    assert networks.network(networks.PALMS) is not before


def test_missing_network_is_named(monkeypatch, tmp_path):
    shutil.copy(WEIGHTS / MANIFEST, tmp_path)
    monkeypatch.setattr(networks, "WEIGHTS", tmp_path)
    with pytest.raises(AvatarTexError, match=r"face_landmark\.onnx") as refusal:
        networks.network(networks.LANDMARKS)
    assert refusal.value.code == ErrorCode.WEIGHTS_MISSING


def test_without_the_runtime_the_artist_is_told_to_set_up_again(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError) as bug:
        networks.network(networks.LANDMARKS)
    told = explain(bug.value)
    assert told.code == ErrorCode.BACKEND_MISSING and "onnxruntime" in told.message and "Set up" in told.cure
    [package] = [one for one in doctor.PACKAGES if one.module == "onnxruntime"]
    assert doctor.check_package(package).state == doctor.portrait_networks().state == doctor.BROKEN


@pytest.mark.parametrize("told, count", [("1", 1), ("3", 3), ("0", 1), ("4,2", None), ("", None)])
def test_threads_are_as_many_as_the_environment_says(monkeypatch, told, count):
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert allowed_threads(networks.MOST_THREADS) == (count or min(networks.MOST_THREADS, CORES))


@pytest.mark.parametrize("kernel, stride, dilation", [(3, 1, 1), (3, 2, 1), (5, 2, 1), (3, 1, 2), (1, 2, 1), (2, 2, 1)])
def test_tflites_padding_is_the_least_that_gives_every_window(kernel, stride, dilation):
    reach = (kernel - 1) * dilation + 1
    for size in range(1, 20):
        windows = range(0, size, stride)
        least = next(more for more in range(40) if (size + more - reach) // stride + 1 >= len(windows))
        before, after = same_padding(size, kernel, stride, dilation)
        assert before + after == least and after - before in (0, 1)
