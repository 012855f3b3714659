"""The real worker on a real head, hurt in every way that we know: nothing of the artist's is lost, nothing stays.

After each fault every file is as before or wholly new, what was only read is untouched, no process and no temporary
file is left, and the next job works. AVATARTEX_FAULTS sets how many are tried (all of them: 10000),
AVATARTEX_FAULTS_SEED which ones and in which order.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter

import pytest

if sys.platform != "linux":
    pytest.skip("limits, small disks and processes are watched in Linux's way", allow_module_level=True)

from . import families
from .families import Fault, all_faults, can_mount
from .harness import Lost, Scene
from .real_worker import Gone

COUNT = int(os.environ.get("AVATARTEX_FAULTS", "6"))
SEED = int(os.environ.get("AVATARTEX_FAULTS_SEED", "0"))

pytestmark = pytest.mark.slow


def choose(count: int, seed: int, mounts: bool) -> list[Fault]:
    """So many of all faults, all families among them before one comes twice."""
    found = [fault for fault in all_faults() if mounts or "disk" not in fault.family or "refuses" in fault.family]
    random.Random(seed).shuffle(found)
    seen: Counter[str] = Counter()
    order = {}
    for fault in found:
        order[fault.family, fault.name] = seen[fault.family]
        seen[fault.family] += 1
    return sorted(found, key=lambda fault: order[fault.family, fault.name])[:count]


def hurt(scene: Scene, fault: Fault, chance: random.Random) -> str:
    """One fault and the next job; '' or what was wrong."""
    try:
        scene.lay_out()
        message = fault.do(scene, chance)
        if message["type"] == "gone":
            scene.end("kill")
        if message["type"] not in ("judged", "deleted", "beside another", "stopped after another"):
            scene.judge(fault.job, message)
        again = chance.random() < 0.2 or "memory" in fault.family  # what lacked memory once is asked for again
        scene.work_again(fault.job if again else "register")
        scene.refuse_rests()
        return ""
    except (Lost, Gone) as reason:
        return f"{type(reason).__name__} {reason}"


def test_whatever_goes_wrong(tmp_path, demo_head_obj, astronaut):
    (tmp_path / "mount").mkdir()
    chosen = choose(COUNT, SEED, can_mount(tmp_path / "mount"))
    tried, wrong, mixed = Counter(), [], Counter()
    begun = time.monotonic()
    scene = Scene(tmp_path / "0", demo_head_obj, astronaut)
    try:
        for job, changes in families.CHANGES.items():  # or there are steps at which nobody hurts
            assert scene.count_steps(job, changes) == changes
        for number, fault in enumerate(chosen):
            reason = hurt(scene, fault, random.Random(f"{SEED} {fault.family} {fault.name}"))
            tried[fault.family] += 1
            mixed[fault.family] += scene.mixed
            scene.mixed = 0
            print(f"{number} {fault.family}, {fault.name}: {reason or 'survived'}", flush=True)
            if reason:
                wrong.append((fault, reason))
                scene.close()
                scene = Scene(tmp_path / str(number + 1), demo_head_obj, astronaut)
        scene.end()
    finally:
        scene.close()
    print(f"\n{len(chosen)} faults of {len(all_faults())} in {time.monotonic() - begun:.0f} s")
    for family, count in sorted(tried.items()):
        lost = sum(fault.family == family for fault, _ in wrong)
        print(f"| {family} | {count} | {count - lost} | {lost} |" + (f" {mixed[family]} mixed" * bool(mixed[family])))
    assert not wrong


def test_every_family_is_tried():
    everything = all_faults()
    assert len(choose(len(everything), 1, True)) == len(everything)
    known = {fault.family for fault in everything}
    assert {fault.family for fault in choose(len(known), 1, True)} == known
    assert families.ERRORS and len(everything) > 500
