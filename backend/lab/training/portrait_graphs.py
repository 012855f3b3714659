"""python -m backend.lab portrait-graphs: write MediaPipe's and YuNet's networks as the ONNX graphs that ship.

MediaPipe's are TFLite files with channels last and weights in half precision. Graphs have channels first inside, take
and give what the files do, and keep the halves. Of YuNet any size of picture is made possible, and its eight-bit
weights are written out. Needs onnx==1.23.2 and tflite==2.18.0 (pip install --no-deps), which few here do.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from ...models.bundle import WEIGHTS
from .from_tflite import Converter
from .manifest import write_manifest

#: Graph that ships -> file of the mediapipe 0.10.21 wheel, below mediapipe/modules; names of the outputs that are used.
MEDIAPIPE = {
    "face_landmark.onnx": ("face_landmark/face_landmark.tflite", ("points", "presence")),
    "hand_landmark_lite.onnx": ("hand_landmark/hand_landmark_lite.tflite", ("points", "presence")),
    "palm_detection_full.onnx": ("palm_detection/palm_detection_full.tflite", ("boxes", "scores")),
}
YUNET = "face_detection_yunet_2023mar.onnx"


def open_yunet(data: bytes):
    """OpenCV Zoo's graph for pictures of any size, as onnx.ModelProto: ONNX Runtime holds a graph to the size it names.

    Eight-bit weights become floats of the same value: it would widen them again for each picture.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(data)
    graph = model.graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in [one for one in graph.node if one.op_type == "DequantizeLinear"]:
        values, scale, zero = (weights[name] for name in node.input)
        weights[node.output[0]] = (values.astype(np.float32) - zero.astype(np.float32)) * scale
        graph.node.remove(node)
    for node in [one for one in graph.node if one.op_type == "Reshape" and one.input[0] in weights]:
        weights[node.output[0]] = weights[node.input[0]].reshape(weights[node.input[1]])
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    del graph.initializer[:], graph.value_info[:]
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in weights.items() if name in used)
    for axis, name in ((2, "height"), (3, "width")):
        graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
    for output in graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = output.name
    onnx.checker.check_model(model, full_check=True)
    return model


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab portrait-graphs", description=__doc__.splitlines()[0])
    parser.add_argument("--mediapipe", type=Path, required=True, help="folder mediapipe/modules of its wheel")
    parser.add_argument("--yunet", type=Path, required=True, help="OpenCV Zoo's graph with eight-bit weights")
    given = parser.parse_args(argv)
    models = {
        name: Converter((given.mediapipe / path).read_bytes()).graph(outputs)
        for name, (path, outputs) in MEDIAPIPE.items()
    }
    models[YUNET] = open_yunet(given.yunet.read_bytes())
    for name, model in models.items():
        (WEIGHTS / name).write_bytes(model.SerializeToString())
        print(f"{(WEIGHTS / name).stat().st_size:>9}  {name}")
    write_manifest()
    return 0
