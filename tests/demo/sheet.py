"""The demo's picture: portrait, texture and the views of the head, side by side with captions."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HEIGHT, GAP, CAPTION = 576, 12, 34
PAPER, INK = (24, 25, 28), (222, 224, 228)


def save_sheet(pictures: dict[str, Path], path: Path) -> None:
    """Write one PNG with the pictures (caption -> file) in a row, all of the same height."""
    panels = []
    for caption, file in pictures.items():
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        width = round(picture.width * HEIGHT / picture.height)
        panels.append((caption, picture.resize((width, HEIGHT), Image.Resampling.LANCZOS)))
    total = sum(picture.width for _, picture in panels) + GAP * (len(panels) + 1)
    sheet = Image.new("RGB", (total, HEIGHT + 2 * GAP + CAPTION), PAPER)
    draw, font, left = ImageDraw.Draw(sheet), ImageFont.load_default(size=20), GAP
    for caption, picture in panels:
        sheet.paste(picture, (left, GAP))
        draw.text((left + picture.width / 2, HEIGHT + GAP + CAPTION / 2 + 2), caption, INK, font, anchor="mm")
        left += picture.width + GAP
    sheet.save(path, optimize=True)
