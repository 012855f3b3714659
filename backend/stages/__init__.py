"""The paper's three stages, one file each and one signature (stage.Stage)."""

from __future__ import annotations

from .inpaint import inpaint
from .latent import fit_latent
from .repaint import repaint
from .stage import Stage

STAGES: dict[str, Stage] = {"inpaint": inpaint, "latent": fit_latent, "repaint": repaint}
