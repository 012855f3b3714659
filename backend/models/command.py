"""python -m backend models: the large models that can stand where the shipped networks do.

The only command that asks a network, and only to download what it was asked to.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from ..command_line import make_parser, run
from ..errors import AvatarTexError, ErrorCode
from ..offline import connect_to_hub
from .profiles import PROFILES, Profile, find_profile

ABOUT = """\
Large models that can paint what no portrait shows: fetched once from the model hub, for machines with a graphics card.

They lie in the hub library's shared cache. HF_HOME, HF_ENDPOINT and HF_TOKEN mean what they mean there.
"""


def main(argv: list[str]) -> int:
    parser = make_parser("models", ABOUT)
    commands = parser.add_subparsers(dest="command", required=True)
    shown = commands.add_parser("list", help="what there is, its size, its licence, and what of it is here")
    fetched = commands.add_parser("download", help="fetch a profile, or go on with it")
    fetched.add_argument("--accept", action="append", default=[], metavar="LICENCE", help="a licence that you accept")
    fetched.add_argument("--newest", action="store_true", help="the hub's newest revisions, not those of our table")
    checked = commands.add_parser("verify", help="compare a profile's files with their checksums")
    gone = commands.add_parser("remove", help="take a profile off this computer")
    own = commands.add_parser("use", help="take a part from your own folder or .safetensors file; it stays there")
    for one in (fetched, checked, gone, own):
        one.add_argument("profile", help=", ".join(PROFILES))
    own.add_argument("part", help="its name, as list names it")
    own.add_argument("path", type=Path)
    for one in (shown, fetched):
        one.add_argument("--json", action="store_true", help="one JSON object a line, for programs")
    given = parser.parse_args(argv)
    if given.command == "download":
        connect_to_hub()
    return run(lambda _show: obey(given))


def obey(given: argparse.Namespace) -> None:
    from .store import refuse_no_packages

    if given.command != "list":
        refuse_no_packages()
    COMMANDS[given.command](given)


def show_list(given: argparse.Namespace) -> None:
    lines = [describe(profile) for profile in PROFILES.values()]
    if given.json:
        for line in lines:
            print(json.dumps(line))
        return
    for line in lines:
        print(f"{line['name']}  {line['label']}: {line['gigabytes']:.1f} GB, {line['state']}")
        for part in line["parts"]:
            print(f"    {part['name']}  {part['from']}, {part['licence']}")


def describe(profile: Profile) -> dict:
    """What a list shows of a profile; state: here, missing, partly, damaged."""
    from .store import missing, read_lock

    try:
        lock = read_lock(profile)
        gone = missing(profile, lock)
        state = "here" if not gone else "partly" if lock else "missing"
    except AvatarTexError:
        lock, state = {}, "damaged"
    stored = sum(file.size for part in lock.values() for file in part.files.values())
    return {
        "name": profile.name,
        "label": profile.label,
        "state": state,
        "gigabytes": stored / 1e9 if state == "here" else profile.gigabytes,
        "memory": profile.memory[0],
        "licences": list(profile.licences),
        "parts": [
            {
                "name": part.name,
                "from": (lock[part.name].root if part.name in lock and lock[part.name].local else part.repo) or "yours",
                "licence": part.licence,
                "terms": part.terms,
                "revision": lock[part.name].revision if part.name in lock else part.revision,
            }
            for part in profile.parts
        ],
    }


def download_profile(given: argparse.Namespace) -> None:
    from . import hub

    profile = find_profile(given.profile)
    hub.refuse_unaccepted(profile, set(given.accept))
    for offer in hub.ask_for(profile, given.newest):
        line = f"{offer.part.repo} {offer.revision[:12]}: {offer.size / 1e9:.2f} GB, {offer.part.licence}"
        print(line, file=sys.stderr)
    hub.download(profile, set(given.accept), show_bytes(given.json), given.newest)
    print(json.dumps(describe(profile)) if given.json else f"{profile.label} is here.")


def show_bytes(as_json: bool) -> Callable[[int, int, str], None]:
    """A line for each per cent."""
    last = -1

    def show(done: int, whole: int, name: str) -> None:
        nonlocal last
        percent = 100 if done >= whole else int(100 * done / whole)
        if percent != last:
            last = percent
            line = {"done": done, "whole": whole, "file": name}
            print(
                json.dumps(line) if as_json else f"{percent:3d} %  {name}", file=sys.stdout if as_json else sys.stderr
            )
            sys.stdout.flush()

    return show


def verify_profile(given: argparse.Namespace) -> None:
    from .store import verify

    profile = find_profile(given.profile)
    bad = verify(profile, lambda name: print(name, file=sys.stderr))
    if bad:
        raise ErrorCode.MODEL_UNUSABLE(
            f"Files of {profile.label} are gone or changed: {', '.join(bad)}.",
            f"Run models remove {profile.name}, then models download {profile.name}.",
        )
    print(f"{profile.label} is whole.")


def remove_profile(given: argparse.Namespace) -> None:
    from .hub import remove

    profile = find_profile(given.profile)
    print(f"{profile.label} is gone; {remove(profile) / 1e9:.1f} GB are free again.")


def use_part(given: argparse.Namespace) -> None:
    from .own_parts import use_local
    from .store import read_lock, write_lock

    profile = find_profile(given.profile)
    part = use_local(profile, given.part, given.path)
    write_lock(profile, {**read_lock(profile), given.part: part})
    print(f"{profile.label} takes {given.part!r} from {part.root}.")


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "list": show_list,
    "download": download_profile,
    "verify": verify_profile,
    "remove": remove_profile,
    "use": use_part,
}
