"""A backend that speaks the protocol and computes nothing. Run by any Python; its command line is ignored.

FAKE_BACKEND names what goes wrong: slow-start, junk, die, die-once (with FAKE_MARK, a path), deaf (never looks at
Cancel), tiles (UDIM 1001 and 1002), low (a doubtful registration), faceless, slow (three seconds per job), stay (in the
fourth stage, until it is cancelled), bare (no layers), bald (no hair curves), refuse, mute (no Ready), old (another
protocol). FAKE_SECONDS overrides slow. A portrait whose file name begins with "bad" is refused in any mode.
"""

import itertools
import json
import os
import struct
import sys
import threading
import time
import zipfile
import zlib

MODES = set(os.environ.get("FAKE_BACKEND", "").split(","))
STAGES = ("load", "portrait", "register", "atlas", "inpaint", "mirror", "latent", "repaint", "compose")
#: Noise of 4 bits takes half a byte: as a photograph does.
FEW = bytes(96 + value % 16 for value in range(256))
cancelled = set()
lines = []
more = threading.Semaphore(0)


def say(kind, **fields):
    sys.stdout.write(json.dumps({"type": kind, **fields}) + "\n")
    sys.stdout.flush()


def png(size):
    """A gradient whose texel (column, row) has the colour (column, row, 128), row 0 on top."""
    row = b"".join(
        b"\0" + bytes(v for x in range(size) for v in (x * 255 // size, y * 255 // size, 128))
        for y in range(min(size, 64))
    )
    noise = (os.urandom(size * 3).translate(FEW) for _ in range(size - min(size, 64)))
    row += b"".join(b"\0" + line for line in noise)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row, 1)),
        (b"IEND", b""),
    ]
    return framed(chunks)


def halved(size, colour):
    """The colour, of three or four channels, in the upper half, and nothing below."""
    rows = (b"\0" + bytes(colour) * size) * (size // 2) + (b"\0" + bytes(len(colour)) * size) * (size // 2)
    kind = 6 if len(colour) == 4 else 2
    header = struct.pack(">IIBBBBB", size, size, 8, kind, 0, 0, 0)
    return framed([(b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")])


def flat_exr(size, value):
    """One channel of half floats, uncompressed, the same everywhere."""

    def attribute(name, kind, data):
        return f"{name}\0{kind}\0".encode() + struct.pack("<I", len(data)) + data

    box = struct.pack("<iiii", 0, 0, size - 1, size - 1)
    head = struct.pack("<II", 20000630, 2)
    head += attribute("channels", "chlist", b"Y\0" + struct.pack("<iBxxxii", 1, 0, 1, 1) + b"\0")
    head += attribute("compression", "compression", b"\0")
    head += attribute("dataWindow", "box2i", box) + attribute("displayWindow", "box2i", box)
    head += attribute("lineOrder", "lineOrder", b"\0") + attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
    head += attribute("screenWindowCenter", "v2f", struct.pack("<ff", 0, 0))
    head += attribute("screenWindowWidth", "float", struct.pack("<f", 1)) + b"\0"
    line = struct.pack("<e", value) * size
    begin, step = len(head) + 8 * size, 8 + len(line)
    table = b"".join(struct.pack("<Q", begin + step * row) for row in range(size))
    return head + table + b"".join(struct.pack("<iI", row, len(line)) + line for row in range(size))


def framed(chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def preview(job, stage):
    os.makedirs(job["previews"], exist_ok=True)
    path = os.path.join(job["previews"], stage + ".bmp")
    pixels = b"".join(bytes((40 * STAGES.index(stage) - 120, 4 * y, 4 * x)) for y in range(64) for x in range(64))
    with open(path, "wb") as file:
        file.write(
            b"BM"
            + struct.pack(
                "<IIIIiiHHIIiiII", 54 + len(pixels), 0, 54, 40, 64, 64, 1, 24, 0, len(pixels), 2835, 2835, 0, 0
            )
            + pixels
        )
    return path


def listen():
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "cancel" and "deaf" not in MODES:
            cancelled.add(message["job"])
        elif message["type"] in ("generate", "register", "variants", "expressions", "savelayers"):
            lines.append(message)
            more.release()
    os._exit(0)


def register(job):
    """Every point in a row at half height; "low" scores badly, "faceless" finds no face."""
    for key in ("overlay", "picture"):
        with open(job[key], "wb") as file:
            file.write(png(64))
    points = [
        {"name": name, "portrait": [4 + 8 * i, 32], "head": [0.01 * i, -0.12, 0.02]}
        for i, name in enumerate(("right_eye_outer", "left_eye_outer", "nose_tip", "chin"))
    ]
    told = (
        {"code": "no-face-in-portrait", "message": "No face was found in 'cat.png'.", "cure": "Place at least 4 pins."}
        if "faceless" in MODES
        else {"score": 0.2 if "low" in MODES else 0.9, "coverage": 0.6, "sentence": str(job["pins"])}
    )
    say(
        "registered",
        job=job["job"],
        overlay=job["overlay"],
        picture=job["picture"],
        width=64,
        height=64,
        points=points,
        warnings=["The portrait is blurred.", "A hand is before the face."],
        **told,
    )


def work(job):
    if job["type"] == "register":
        return register(job)
    if job["type"] == "savelayers":
        return save_layers(job)
    if "low" in MODES and job["least_score"] > 0.2:
        return say("failure", job=job["job"], code="low-score", message="The mouth is 9 px off.", cure="Look at it.")
    seconds = float(os.environ.get("FAKE_SECONDS", "3" if MODES & {"slow", "deaf"} else "0"))
    texture = png(job["size"])
    for number, stage in enumerate(STAGES):
        say("progress", job=job["job"], stage=stage, fraction=number / len(STAGES))
        if job["type"] == "generate" and job.get("previews") and number > 3:
            try:
                say("progress", job=job["job"], stage=stage, fraction=number / len(STAGES), preview=preview(job, stage))
            except FileNotFoundError:
                pass  # the job was left, and its previews with it
        if "junk" in MODES:
            print("Downloading: 100%|####| \x1b[0m")
            sys.stdout.flush()
        if number == 3 and dies():
            print("Traceback: the fake fell over", file=sys.stderr, flush=True)
            os._exit(3)
        until = time.monotonic() + (3600 if "stay" in MODES and number == 3 else seconds / len(STAGES))
        while time.monotonic() < until:
            if job["job"] in cancelled:
                say("stopped", job=job["job"])
                return
            time.sleep(0.005)
    if "refuse" in MODES or os.path.basename(job["portrait"]).startswith("bad"):
        say(
            "failure",
            job=job["job"],
            code="no-face-in-portrait",
            message="No face was found in 'cat.png'.",
            cure="Choose a picture that shows a face from the front.",
        )
        return
    if job["type"] == "variants":
        return vary(job, texture)
    if job["type"] == "expressions":
        return express(job)
    tiles = [1001, 1002] if "tiles" in MODES else []
    if job.get("previews") and job.get("output"):
        with open(os.path.splitext(job["output"])[0] + ".preview.png", "wb") as file:
            file.write(png(64))
    for name in filter(job.get, ("output", "provenance")):
        stem, suffix = os.path.splitext(job[name])
        for tile in tiles or [""]:
            with open(f"{stem}.{tile}{suffix}" if tile else job[name], "wb") as file:
                file.write(texture)
        job[name] = f"{stem}.<UDIM>{suffix}" if tiles else job[name]
    write_layers(job, tiles)
    shell = job.get("hair") in ("shell", "picture")
    if shell:  # over the upper half of the UV map, half as thick as can be
        stem = job["output"].split(".<UDIM>")[0].removesuffix(".png")
        for tile in tiles or [""]:
            end = f".{tile}.png" if tile else ".png"
            pictures = {"shell": (90, 60, 30, 255), "height": (128, 255, 0), "strands": (255, 128, 255)}
            for name, data in ((name, halved(64, colour)) for name, colour in pictures.items()):
                with open(f"{stem}.{name}{end}", "wb") as file:
                    file.write(data)
    for name in job.get("maps", ()):
        data = flat_exr(512, 0.01) if name == "displacement" else texture
        path = job["output"].replace(".png", f"_{name}.png").replace(".<UDIM>_" + name, f"_{name}.<UDIM>")
        for tile in tiles or [""]:
            with open(path.replace("<UDIM>", str(tile)).replace("displacement.png", "displacement.exr"), "wb") as file:
                file.write(data)
    if job.get("curves"):
        write_curves(job["curves"], 0 if "bald" in MODES else 4)
    with open(job["report"], "w") as file:
        json.dump(
            {
                "seconds": {"total": 1.25},
                "registration": {"score": 0.9, "coverage": 0.87},
                "request": job,
                "hair": [0.5, 0.25, 0.125],
                "texels": {"photo": 0.4, "mirrored": 0.2, "generated": 0.4},
            },
            file,
        )
    say(
        "result",
        job=job["job"],
        output=job["output"],
        provenance=job["provenance"],
        report=job["report"],
        tiles=tiles,
        thickness=0.02 if shell else 0.0,
        warnings=["The portrait is small."] if "warn" in MODES else [],
    )


def write_layers(job, tiles):
    """As backend/layers/packed.py has them. Grey skin, lighter in the upper half, with hair on top of that half; light
    that halves the left half; detail that lightens the right one by a tenth. In tile 1002 the skin is darker."""
    if not job.get("layers") or "bare" in MODES:
        return
    size = job["size"]
    half, whole = size // 2, size * size
    stem = job["layers"].removesuffix(".layers")
    for tile in tiles or [0]:
        dark = 40 if tile == 1002 else 0

        def rows(upper, lower):
            return bytes([upper]) * (size * half) + bytes([lower]) * (whole - size * half)

        def columns(left, right):
            return (bytes([left]) * half + bytes([right]) * (size - half)) * size

        layers = {
            "skin": [rows(160 - dark, 120 - dark)] * 3,
            "detail": [columns(128, 153)] * 3,
            "hair": [rows(40, 0), rows(30, 0), rows(20, 0), rows(255, 0)],
            "light": [columns(64, 128)] * 3,
        }
        parts = {name: zlib.compress(b"".join(map(differ(size), planes)), 1) for name, planes in layers.items()}
        opacities = {"folds": 0.0, "detail": 1.0, "facial_hair": 1.0, "headwear": 0.0} | {
            "hair": float(job["hair"] != "bare"),
            "light": {"even": 0.5, "remove": 0.0}.get(job["light"], 1.0),
        }
        about = [{"name": name, "planes": len(layers[name]), "bytes": len(part)} for name, part in parts.items()]
        head = json.dumps({"size": size, "opacities": opacities, "layers": about}).encode()
        with open(f"{stem}.{tile}.layers" if tile else job["layers"], "wb") as file:
            file.write(b"AvatarTexLayers 1\n" + head + b"\n" + b"".join(parts.values()))


def write_curves(path, count):
    """As backend/compose/hair_curves.py has them: so many, of two points each, on one triangle; the last a beard's."""
    parts = {
        "corners": ("<i4", (1, 3), [0, 1, 2]),
        "triangle": ("<i4", (count, 2), [0, 0] * count),
        "weights": ("<f4", (count, 2, 3), [1.0, 0.0, 0.0, 0.5, 0.25, 0.25] * count),
        "height": ("<f4", (count, 2), [0.0, 0.01] * count),
        "uv": ("<f4", (count, 2), [0.5, 0.5] * count),
        "color": ("<f4", (count, 3), [0.5, 0.25, 0.125] * count),
        "facial": ("|b1", (count,), [False] * (count - 1) + [True] * (count > 0)),
        "radius": ("<f8", (), [0.001]),
    }
    with zipfile.ZipFile(path, "w") as file:
        for name, (kind, shape, values) in parts.items():
            head = str({"descr": kind, "fortran_order": False, "shape": shape}).encode()
            head += b" " * (-(len(head) + 11) % 64) + b"\n"
            letter = {"i4": "i", "f4": "f", "f8": "d", "b1": "?"}[kind[1:]]
            data = struct.pack(f"<{len(values)}{letter}", *values)
            file.writestr(f"{name}.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + data)


def differ(size):
    """What makes rows of bytes differences to their left neighbours; few rows are unlike."""
    known = {}

    def row(bytes_):
        if bytes_ not in known:
            known[bytes_] = bytes([bytes_[0]]) + bytes((b - a) & 255 for a, b in itertools.pairwise(bytes_))
        return known[bytes_]

    return lambda plane: b"".join(row(plane[start : start + size]) for start in range(0, len(plane), size))


def save_layers(job):
    """What was asked, instead of a picture."""
    tiles = [int(os.path.basename(path).split(".")[-2]) for path in job["source"]] if "<UDIM>" in job["output"] else []
    for tile, source in zip(tiles or [""], job["source"]):
        with open(source, "rb") as file:
            begins = file.read(17).decode()
        with open(job["output"].replace("<UDIM>", str(tile)), "w") as file:
            json.dump({"opacities": job["opacities"], "source": begins}, file)
    say("saved", job=job["job"], output=job["output"], tiles=tiles)


def vary(job, texture):
    """The same texture for every variant; its preview is a gradient of 64 pixels."""
    made = []
    os.makedirs(job["output"], exist_ok=True)
    for seed in job["seeds"]:
        for style in job["styles"]:
            stem = os.path.join(job["output"], f"{style}_{seed}")
            for path, data in ((f"{stem}.{job['format']}", texture), (f"{stem}.preview.png", png(64))):
                with open(path, "wb") as file:
                    file.write(data)
            layers = f"{stem}.layers" if style == "photo" and job["format"] == "png" else ""
            write_layers(job | {"layers": layers}, [])
            made.append(
                {
                    "style": style,
                    "seed": seed,
                    "output": f"{stem}.{job['format']}",
                    "preview": f"{stem}.preview.png",
                    "layers": layers,
                }
            )
    with open(job["report"], "w") as file:
        json.dump({"seconds": {"total": 1.25}, "request": job}, file)
    say("varied", job=job["job"], made=made, report=job["report"])


def flat(*colour):
    """Four texels of one colour."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(2 * (b"\0" + 2 * bytes(colour)))),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def express(job):
    """Two channels in the left half: the first takes all light that folds can, the second adds all blood."""
    os.makedirs(job["output"], exist_ok=True)
    paths = {name: os.path.join(job["output"], name + ".png") for name in ("folds_1", "blood_1", "left_1")}
    for name, colour in (("folds_1", (1, 128, 128)), ("blood_1", (128, 255, 128)), ("left_1", (255, 255, 255))):
        with open(paths[name], "wb") as file:
            file.write(flat(*colour))
    with open(job["report"], "w") as file:
        json.dump({"seconds": {"total": 1.25}, "request": job}, file)
    say(
        "expressed",
        job=job["job"],
        channels=[
            {"name": "mouthSmile", "left": ["mouthSmile_L"], "right": ["mouthSmile_R"]},
            {"name": "browInnerUp", "left": ["browInnerUp"], "right": ["browInnerUp"]},
        ],
        folds=[paths["folds_1"]],
        blood=[paths["blood_1"]],
        left=paths["left_1"],
        folds_range=0.6,
        blood_range=0.4,
        report=job["report"],
    )


def dies():
    mark = os.environ.get("FAKE_MARK", "")
    if "die-once" in MODES and not os.path.exists(mark):
        open(mark, "w").close()
        return True
    return "die" in MODES


if __name__ == "__main__":
    if "slow-start" in MODES:
        time.sleep(1.5)
    threading.Thread(target=listen, daemon=True).start()
    if "mute" not in MODES:
        say("ready", protocol=99 if "old" in MODES else 1, version="0.1.0", device="cpu", pid=os.getpid())
    while True:
        more.acquire()
        work(lines.pop(0))
