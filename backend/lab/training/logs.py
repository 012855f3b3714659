"""What a training tells: lines on the terminal, NAME.log.jsonl, a sheet of samples, TensorBoard where installed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...imaging.files import write_picture
from ...models.bundle import Networks
from ...stages.latent import project
from .batches import Batch
from .losses import degraded

SHOWN = 4  # samples on a sheet


class Log:
    def __init__(self, folder: Path, name: str, begin: int) -> None:
        self.folder, self.name, self.begin, self.start = folder, name, begin, time.monotonic()
        self.running: dict[str, float] = {}
        self.lines = (folder / f"{name}.log.jsonl").open("a", encoding="utf-8")
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:  # pip install tensorboard
            self.board = None
        else:
            self.board = SummaryWriter(str(folder / "tensorboard" / name), purge_step=begin)

    def add(self, terms: dict[str, Tensor]) -> None:
        for key, value in terms.items():
            value = float(value.detach())
            self.running[key] = 0.97 * self.running.get(key, value) + 0.03 * value

    def write(self, step: int, total: int, batch: int) -> None:
        self._put(step, self.running)
        left = (time.monotonic() - self.start) / max(step - self.begin, 1) * (total - step) / 60
        terms = "  ".join(f"{key} {value:.4f}" for key, value in self.running.items())
        print(f"{self.name} {step}/{total}  {step * batch} images  {left:.0f} min left  {terms}", flush=True)

    def validation(self, step: int, terms: dict[str, float]) -> None:
        self._put(step, {f"left out {key}": value for key, value in terms.items()})
        print("  left out  " + "  ".join(f"{key} {value:.4f}" for key, value in terms.items()), flush=True)

    @torch.no_grad()
    def sheet(self, step: int, networks: Networks, batch: Batch) -> None:
        """Rows of samples: what was seen, the linear start, what the network makes of it, the truth."""
        made = networks.generator(project(networks, degraded(networks, batch), batch.confidence), batch.style)
        columns = batch.colour * (batch.confidence > 0.1), batch.linear, made, batch.truth
        self.columns(step, columns)

    def columns(self, step: int, columns: tuple[Tensor, ...]) -> None:
        """Pictures (B,3,H,W) side by side, a row for each of the first samples."""
        rows = [torch.cat([column[i] for column in columns], 2) for i in range(min(SHOWN, len(columns[0])))]
        picture = torch.cat(rows, 1).clamp(0, 1).permute(1, 2, 0).cpu().numpy().astype(np.float32)
        write_picture(self.folder / f"{self.name}.sheet.png", picture)
        if self.board:
            self.board.add_image("samples", picture, step, dataformats="HWC")

    def close(self) -> None:
        self.lines.close()
        if self.board:
            self.board.close()

    def _put(self, step: int, terms: dict[str, float]) -> None:
        self.lines.write(json.dumps({"step": step, **{key: round(value, 6) for key, value in terms.items()}}) + "\n")
        self.lines.flush()
        if self.board:
            for key, value in terms.items():
                self.board.add_scalar(key, value, step)
