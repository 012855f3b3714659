"""python -m backend.lab evaluate ablation: what each stage is worth on seen and unseen texels of held-out textures.

And what stage 3 takes from gradients, wavelet band and guidance.

What is left out of stage 3 is zeroed when it runs; the network is the shipped one, not trained anew without it.
"""

from __future__ import annotations

import sys

from . import methods
from .completion import Scored, cell, mean_of, score
from .held_out import portrayed
from .metrics import mean_error, table
from .options import networks_of, parser_for, write

#: Rows: which stages run.
STAGES = {
    methods.LINEAR: "",
    "stage 1": "1",
    "stage 2": "2",
    "stages 1+2": "12",
    methods.OURS: "123",
    "stages 1+3": "13",
    "stages 2+3": "23",
}
COLUMNS = {"seen_psnr": 2, "unseen_psnr": 2, "all_psnr": 2, "seen_ssim": 4, "unseen_ssim": 4}


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("ablation", __doc__)
    parser.add_argument("--count", type=int, default=5, help="textures per painted style (default 5)")
    arguments = parser.parse_args(argv)
    networks = networks_of(arguments)
    scored = []
    for one in portrayed(arguments.held_out, networks, arguments.count, arguments.seed):
        results = methods.staged(one, networks, arguments.seed, STAGES)
        results |= methods.staged_without(one, networks, arguments.seed)
        scored.append(Scored(one, score(results, one, perceptual=False)))
        print(f"\r{len(scored)} textures", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(report(scored, networks.size))
    write(
        arguments.output, [{"key": one.about.key, "painted": one.about.painted, "scores": one.scores} for one in scored]
    )
    return 0


def report(scored: list[Scored], size: int) -> str:
    """Means, and what all three stages gain over each row, paired by texture."""
    rows = []
    for name in scored[0].scores:
        row = [name, *(cell(mean_of(scored, name, key), digits) for key, digits in COLUMNS.items())]
        for key in ("seen_psnr", "unseen_psnr"):
            gain = mean_error([one.scores[methods.OURS][key] - one.scores[name][key] for one in scored])
            row.append("" if name == methods.OURS else f"{gain[0]:+.2f} ± {gain[1]:.2f}")
        rows.append(row)
    head = [
        "method",
        *(key.replace("_psnr", ", dB").replace("_ssim", ", SSIM") for key in COLUMNS),
        "1+2+3 gains, seen, dB",
        "unseen, dB",
    ]
    return f"{len(scored)} held-out textures at {size} texels. Mean ± standard error.\n\n{table(head, rows)}"
