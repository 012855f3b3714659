"""The manual's pages as a browser shows them: the few forms of Markdown that they use, as HTML."""

import html
import re
from pathlib import Path

STYLE = """body { max-width: 46em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; color: #222 }
img { max-width: 100%; max-height: 40em } pre { background: #f2f2f2; padding: 0.7em; overflow: auto }
table { border-collapse: collapse } td, th { border: 1px solid #ccc; padding: 0.2em 0.6em; text-align: left }"""
#: How a line begins that goes on with a list; the number or dash and the text.
ENTRY = re.compile(r"(-|\d+\.) +(.*)")


def write_pages(manual: Path, folder: Path) -> None:
    """Every page of the manual as HTML in the folder; pictures are shown from where they lie.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for page in manual.glob("*.md"):
        text = to_html(page.read_text(encoding="utf-8"), manual)
        (folder / f"{page.stem}.html").write_text(text, encoding="utf-8")


def to_html(text: str, manual: Path) -> str:
    """A whole page. Paragraphs are parted by empty lines."""
    title = next((line[2:] for line in text.splitlines() if line.startswith("# ")), "AvatarTex")
    body = "\n".join(block_of(block, manual) for block in re.split(r"\n\s*\n", text.strip("\n")))
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{html.escape(title)}</title>"
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def block_of(block: str, manual: Path) -> str:
    lines = block.splitlines()
    if heading := re.match(r"(#+) (.*)", block):
        level = len(heading[1])
        rest = "\n".join(lines[1:])
        return f"<h{level}>{inline(heading[2], manual)}</h{level}>" + (block_of(rest, manual) if rest else "")
    if all(line.startswith("    ") for line in lines):
        return "<pre>" + html.escape("\n".join(line[4:] for line in lines)) + "</pre>"
    if lines[0].startswith("|"):
        rows = [line.strip("|").split("|") for line in lines if not re.fullmatch(r"[|\-: ]+", line)]
        cells = ["".join(f"<td>{inline(cell.strip(), manual)}</td>" for cell in row) for row in rows]
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"
    if ENTRY.match(lines[0]):
        return list_of(lines, manual)
    return f"<p>{inline(' '.join(lines), manual)}</p>"


def list_of(lines: list[str], manual: Path) -> str:
    entries: list[str] = []
    for line in lines:
        begun = ENTRY.match(line)
        entries += [begun[2]] if begun else []
        if not begun:
            entries[-1] += f" {line.strip()}"
    first = ENTRY.match(lines[0])[1]
    opened, closed = ("<ul>", "</ul>") if first == "-" else (f"<ol start='{first[:-1]}'>", "</ol>")
    return opened + "".join(f"<li>{inline(entry, manual)}</li>" for entry in entries) + closed


def inline(text: str, manual: Path) -> str:
    """Code, pictures, links, bold and slanted words."""
    parts = re.split(r"`([^`]+)`", text)
    for place, part in enumerate(parts):
        part = html.escape(part, quote=False)
        if place % 2:
            parts[place] = f"<code>{part}</code>"
            continue
        part = re.sub(r"!\[([^]]*)\]\(([^)]+)\)", lambda found: picture(found, manual), part)
        part = re.sub(r"\[([^]]*)\]\(([^):]+)\.md(#[^)]*)?\)", r"<a href='\2.html\3'>\1</a>", part)
        part = re.sub(r"\[([^]]*)\]\(([^)]+)\)", r"<a href='\2'>\1</a>", part)
        part = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", part)
        parts[place] = re.sub(r"\*([^*]+)\*", r"<i>\1</i>", part)
    return "".join(parts)


def picture(found: re.Match[str], manual: Path) -> str:
    return f"<img alt='{html.escape(found[1])}' src='{(manual / found[2]).resolve().as_uri()}'>"
