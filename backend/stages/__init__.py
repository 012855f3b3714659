"""The paper's three stages and the other side of the face, one file each and one signature (stage.Stage)."""

from __future__ import annotations

from .inpaint import inpaint
from .latent import fit_latent
from .mirror import mirror
from .repaint import repaint
from .stage import Stage

STAGES: dict[str, Stage] = {"inpaint": inpaint, "mirror": mirror, "latent": fit_latent, "repaint": repaint}
