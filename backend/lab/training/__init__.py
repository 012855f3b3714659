"""Training of the networks: one command each, resumable, the same on CPU and CUDA."""
