"""What the stages need beside their networks, which are graphs of ONNX Runtime: noise, fine detail, sizes."""
