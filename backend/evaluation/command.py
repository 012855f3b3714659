"""python -m backend evaluate: tables of the networks on identities that training never saw."""

from __future__ import annotations

import sys
from importlib import import_module

#: name -> (module with main(argv), what it does).
COMMANDS = {
    "completion": ("completion", "unseen texels against mirror, OpenCV, push-pull, PCA and mean, by style"),
    "ablation": ("ablation", "what each stage, the gradients, the wavelet band and the guidance are worth"),
    "fairness": ("fairness", "completion by skin tone and by light"),
    "inversion": ("inversion", "the generator beside PCA of as many numbers, and the ways to find its latent"),
    "distribution": ("distribution", "FID and KID of samples, by style"),
    "detail": ("detail", "fine detail on unseen skin: none, the collage, the tile denoiser, both"),
    "samples": ("samples", "sheets of samples, truncation, interpolations and completions"),
}


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] not in COMMANDS:
        print("usage: python -m backend evaluate COMMAND [options]; each has --help", file=sys.stderr)
        for name, (_, text) in COMMANDS.items():
            print(f"  {name:14s}{text}", file=sys.stderr)
        return 0 if argv[:1] in (["-h"], ["--help"]) else 2
    return import_module(f".{COMMANDS[argv[0]][0]}", __package__).main(argv[1:])
