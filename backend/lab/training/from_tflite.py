"""TFLite networks as ONNX graphs: the operators that MediaPipe's networks of face, hand and palm have.

Needs onnx==1.23.2 and tflite==2.18.0, which reads the files.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

OPSET = 17
#: Where TFLite has its axes in ONNX.
AXES = {0: 0, 1: 2, 2: 3, 3: 1}


class Converter:
    """One TFLite network on its way to an ONNX graph.

    Pictures of shape (1, H, W, C) are (1, C, H, W) in the graph; tensors of fewer axes stay as they are.
    """

    def __init__(self, data: bytes) -> None:
        import tflite

        self.tflite = tflite
        self.model = tflite.Model.GetRootAs(data, 0)
        self.source = self.model.Subgraphs(0)
        self.nodes: list = []
        self.weights: dict[str, np.ndarray] = {}
        self.halves: dict[int, np.ndarray] = {}  # by the tensor that they are read into

    def graph(self, outputs: Sequence[str]):
        """onnx.ModelProto from "picture" to the first of the file's outputs, under these names."""
        from onnx import TensorProto, checker, helper, numpy_helper, utils

        [given] = self.source.InputsAsNumpy()
        self.add("Transpose", ["picture"], self.name(given), perm=[0, 3, 1, 2])
        for index in range(self.source.OperatorsLength()):
            self.convert(self.source.Operators(index))
        made = []
        for name, index in zip(outputs, self.source.OutputsAsNumpy()):
            shape = self.shape(index)
            axes = [0, 2, 3, 1] if len(shape) == 4 else list(range(len(shape)))
            self.add("Transpose", [self.name(index)], name, perm=axes)
            made.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        graph = helper.make_graph(
            self.nodes,
            "mediapipe",
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, self.shape(given))],
            made,
            [numpy_helper.from_array(value, name) for name, value in self.weights.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        model = utils.Extractor(model).extract_model(["picture"], list(outputs))  # without what leads elsewhere
        checker.check_model(model, full_check=True)
        return model

    def convert(self, operator) -> None:
        """One operator.

        Raises:
            KeyError: no network of MediaPipe's has had such a one.
        """
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        kinds = {value: key for key, value in vars(self.tflite.BuiltinOperator).items() if isinstance(value, int)}
        kind = code.CustomCode().decode() if kinds[number] == "CUSTOM" else kinds[number]
        given, [made] = list(operator.InputsAsNumpy()), operator.OutputsAsNumpy()
        getattr(self, WRITERS[kind])(kind, operator, given, made)

    def add(self, kind: str, inputs: list[str], output: str, **attributes) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def name(self, index: int) -> str:
        return f"t{index}"

    def shape(self, index: int) -> list[int]:
        return [int(size) for size in self.source.Tensors(index).ShapeAsNumpy()]

    def options(self, operator, kind: str):
        table, found = operator.BuiltinOptions(), getattr(self.tflite, kind)()
        found.Init(table.Bytes, table.Pos)
        return found

    def values(self, index: int) -> np.ndarray:
        """A constant in the file's own precision."""
        if index in self.halves:
            return self.halves[index]
        tensor = self.source.Tensors(index)
        kinds = {self.tflite.TensorType.FLOAT16: np.float16, self.tflite.TensorType.INT32: np.int32}
        kind = kinds.get(tensor.Type(), np.float32)
        return np.frombuffer(self.model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes(), kind).reshape(
            tensor.ShapeAsNumpy()
        )

    def weight(self, index: int, values: np.ndarray) -> str:
        """A constant of the graph; halves are widened there, when it is opened."""
        name = f"w{index}"
        wide = f"{name}_wide" if values.dtype == np.float16 else name
        if name not in self.weights:  # operators share some
            self.weights[name] = np.ascontiguousarray(values)
            if wide != name:
                self.add("Cast", [name], wide, to=1)
        return wide

    def operand(self, index: int) -> str:
        """What an operator reads: another's output, or a constant."""
        if index not in self.halves and not self.model.Buffers(self.source.Tensors(index).Buffer()).DataLength():
            return self.name(index)
        values = self.values(index)
        return self.weight(index, np.moveaxis(values, -1, 0) if values.ndim > 1 else values[:, None, None])

    def finish(self, made: int, activation: int) -> str:
        """The name that an operator writes to, before its activation, which is added after it by close()."""
        return self.name(made) if not activation else f"{self.name(made)}_bare"

    def close(self, made: int, activation: int) -> None:
        kinds = self.tflite.ActivationFunctionType
        if activation == kinds.RELU:
            self.add("Relu", [f"{self.name(made)}_bare"], self.name(made))
        elif activation == kinds.RELU6:
            self.weights |= {"zero": np.float32(0), "six": np.float32(6)}
            self.add("Clip", [f"{self.name(made)}_bare", "zero", "six"], self.name(made))
        elif activation:
            raise KeyError(f"activation {activation}")

    def widen(self, kind, operator, given, made) -> None:
        self.halves[made] = self.values(given[0])

    def convolve(self, kind, operator, given, made) -> None:
        depthwise = kind == "DEPTHWISE_CONV_2D"
        options = self.options(operator, "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions")
        values = self.values(given[1])
        values = values.transpose(3, 0, 1, 2) if depthwise else values.transpose(0, 3, 1, 2)
        kernel, strides = values.shape[2:], (options.StrideH(), options.StrideW())
        dilations = options.DilationHFactor(), options.DilationWFactor()
        activation = options.FusedActivationFunction()
        self.add(
            "Conv",
            [self.name(given[0]), self.weight(given[1], values), self.weight(given[2], self.values(given[2]))],
            self.finish(made, activation),
            group=self.shape(given[0])[3] if depthwise else 1,
            kernel_shape=kernel,
            strides=strides,
            dilations=dilations,
            pads=self.pads(options, given[0], kernel, strides, dilations),
        )
        self.close(made, activation)

    def pads(self, options, given: int, kernel, strides, dilations=(1, 1)) -> list[int]:
        if options.Padding() == self.tflite.Padding.VALID:
            return [0] * 4
        both = [same_padding(*sizes) for sizes in zip(self.shape(given)[1:3], kernel, strides, dilations)]
        return [pair[side] for side in (0, 1) for pair in both]

    def pool(self, kind, operator, given, made) -> None:
        options = self.options(operator, "Pool2DOptions")
        kernel, strides = (options.FilterHeight(), options.FilterWidth()), (options.StrideH(), options.StrideW())
        pads = self.pads(options, given[0], kernel, strides)
        activation = options.FusedActivationFunction()
        output = self.finish(made, activation)
        self.add("MaxPool", [self.name(given[0])], output, kernel_shape=kernel, strides=strides, pads=pads)
        self.close(made, activation)

    def combine(self, kind, operator, given, made) -> None:
        activation = self.options(operator, f"{kind.title()}Options").FusedActivationFunction()
        self.add(kind.title(), [self.operand(index) for index in given], self.finish(made, activation))
        self.close(made, activation)

    def apply(self, kind, operator, given, made) -> None:
        self.add("Sigmoid", [self.name(given[0])], self.name(made))

    def bend(self, kind, operator, given, made) -> None:
        """slope x + (1 - slope) max(x, 0): PRelu itself takes ONNX Runtime six times as long, more than all else."""
        name, slope = self.name(made), self.operand(given[1])
        self.weights[f"{name}_rest"] = np.float32(1) - np.moveaxis(self.values(given[1]), -1, 0).astype(np.float32)
        self.add("Relu", [self.name(given[0])], f"{name}_above")
        self.add("Mul", [self.name(given[0]), slope], f"{name}_line")
        self.add("Mul", [f"{name}_above", f"{name}_rest"], f"{name}_bend")
        self.add("Add", [f"{name}_line", f"{name}_bend"], name)

    def pad(self, kind, operator, given, made) -> None:
        begun, ended = (self.values(given[1])[[0, 3, 1, 2], side] for side in (0, 1))
        pads = self.weight(given[1], np.concatenate([begun, ended]).astype(np.int64))
        self.add("Pad", [self.name(given[0]), pads], self.name(made))

    def resize(self, kind, operator, given, made) -> None:
        options = self.options(operator, "ResizeBilinearOptions")
        mode = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
        sizes = self.weight(made, np.array([self.shape(made)[axis] for axis in (0, 3, 1, 2)], np.int64))
        mode = "align_corners" if options.AlignCorners() else mode
        inputs = [self.name(given[0]), "", "", sizes]
        self.add("Resize", inputs, self.name(made), mode="linear", coordinate_transformation_mode=mode)

    def reshape(self, kind, operator, given, made) -> None:
        name = self.name(given[0])
        self.add("Transpose", [name], f"{name}_last", perm=[0, 2, 3, 1])
        self.add("Reshape", [f"{name}_last", self.weight(made, np.array(self.shape(made), np.int64))], self.name(made))

    def join(self, kind, operator, given, made) -> None:
        axis = self.options(operator, "ConcatenationOptions").Axis() % len(self.shape(made))
        axis = AXES[axis] if len(self.shape(made)) == 4 else axis
        self.add("Concat", [self.name(index) for index in given], self.name(made), axis=axis)

    def mean(self, kind, operator, given, made) -> None:
        options = self.options(operator, "ReducerOptions")
        axes = [AXES[int(axis)] for axis in np.atleast_1d(self.values(given[1]))]
        self.add("ReduceMean", [self.name(given[0])], self.name(made), axes=axes, keepdims=int(options.KeepDims()))

    def multiply(self, kind, operator, given, made) -> None:
        """A matrix; TFLite takes whatever shape comes as one row."""
        activation = self.options(operator, "FullyConnectedOptions").FusedActivationFunction()
        name, matrix = self.name(given[0]), self.values(given[1])
        self.add("Flatten", [name], f"{self.name(made)}_row")
        factors = [self.weight(given[1], matrix), self.weight(given[2], self.values(given[2]))]
        self.add("Gemm", [f"{self.name(made)}_row", *factors], self.finish(made, activation), transB=1)
        self.close(made, activation)


#: Operator -> the method that writes it.
WRITERS = {
    "DEQUANTIZE": "widen",
    "CONV_2D": "convolve",
    "DEPTHWISE_CONV_2D": "convolve",
    "MAX_POOL_2D": "pool",
    "ADD": "combine",
    "LOGISTIC": "apply",
    "PRELU": "bend",
    "PAD": "pad",
    "RESIZE_BILINEAR": "resize",
    "RESHAPE": "reshape",
    "CONCATENATION": "join",
    "MEAN": "mean",
    "FULLY_CONNECTED": "multiply",
}


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Pixels before and after, so that every stride-th pixel is a window's; the odd one comes after."""
    whole = max(0, (-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size)
    return whole // 2, whole - whole // 2
