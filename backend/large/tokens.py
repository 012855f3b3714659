"""Words to tokens: byte pair encoding (Sennrich et al., arXiv 1508.07909) as CLIP and Qwen were trained with."""

import json
import unicodedata
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import regex

from ..errors import ErrorCode
from ..models.store import read_text

CLIP_WORDS = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+", regex.IGNORECASE)
QWEN_WORDS = regex.compile(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
#: What stands before and after a text that Qwen is asked, without thinking aloud.
QWEN_FRAME = "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


@lru_cache
def byte_signs() -> dict[int, str]:
    """A printable sign for each byte, as in GPT-2."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    signs = {byte: chr(byte) for byte in plain}
    return signs | {byte: chr(256 + i) for i, byte in enumerate(byte for byte in range(256) if byte not in signs)}


class Pairs:
    """The vocabulary and the merges of a folder: vocab.json and merges.txt, or tokenizer.json.

    Raises:
        AvatarTexError: MODEL_UNUSABLE.
    """

    def __init__(self, folder: Path) -> None:
        try:
            if (folder / "vocab.json").is_file():
                self.ids = json.loads(read_text(folder / "vocab.json"))
                lines = read_text(folder / "merges.txt").splitlines()
                merges = [tuple(line.split()) for line in lines if line and not line.startswith("#version")]
            else:
                stored = json.loads(read_text(folder / "tokenizer.json"))["model"]
                self.ids = stored["vocab"]
                merges = [tuple(one.split(" ")) if isinstance(one, str) else tuple(one) for one in stored["merges"]]
            self.special, self.padding = self._read_special(folder)
            self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as reason:
            raise ErrorCode.MODEL_UNUSABLE(
                f"The tokenizer in {folder.name!r} cannot be read ({str(reason)[:160]}).", "Get it again."
            ) from None

    def _read_special(self, folder: Path) -> tuple[dict[str, int], str]:
        """Tokens that stand for themselves, and the one that pads."""
        config, added, whole = (
            json.loads(read_text(folder / name)) if (folder / name).is_file() else {}
            for name in ("tokenizer_config.json", "added_tokens.json", "tokenizer.json")
        )
        found = {one["content"]: int(number) for number, one in config.get("added_tokens_decoder", {}).items()}
        found |= {one["content"]: int(one["id"]) for one in whole.get("added_tokens", [])}
        padding = config.get("pad_token") or "<|endoftext|>"
        return found | added, padding["content"] if isinstance(padding, dict) else padding

    def merge(self, parts: list[str]) -> list[int]:
        """Join neighbours, the pair that was learnt first before all others."""
        while len(parts) > 1:
            rank, at = min((self.ranks.get(pair, 1 << 30), i) for i, pair in enumerate(pairwise(parts)))
            if rank == 1 << 30:
                break
            pair, i = (parts[at], parts[at + 1]), 0
            while i < len(parts) - 1:
                if (parts[i], parts[i + 1]) == pair:
                    parts[i : i + 2] = ["".join(pair)]
                i += 1
        return [self.ids[part] for part in parts if part in self.ids]

    def spell(self, word: str) -> list[str]:
        return [byte_signs()[byte] for byte in word.encode()]


def clip_tokens(pairs: Pairs, text: str, length: int = 77) -> list[int]:
    """Begin, words, end, and padding: the end again, or '!' where the tokenizer pads with that (SDXL's second)."""
    begin, end = (pairs.ids[f"<|{name}oftext|>"] for name in ("start", "end"))
    words = CLIP_WORDS.findall(" ".join(unicodedata.normalize("NFC", text).lower().split()))
    found: list[int] = []
    for word in words:
        signs = pairs.spell(word)
        found += pairs.merge([*signs[:-1], signs[-1] + "</w>"])
    padding = pairs.ids.get(pairs.padding, end)
    tokens = [begin, *found[: length - 2], end]
    return tokens + [padding] * (length - len(tokens))


def qwen_tokens(pairs: Pairs, text: str, length: int = 512) -> tuple[list[int], list[bool]]:
    """Tokens of the text as a question, padded, and which of them are real."""
    special = pairs.special
    pattern = regex.compile("(" + "|".join(map(regex.escape, sorted(special, key=len, reverse=True))) + ")")
    found: list[int] = []
    for piece in pattern.split(unicodedata.normalize("NFC", text.join(QWEN_FRAME))):
        if piece in special:
            found.append(special[piece])
            continue
        for word in QWEN_WORDS.findall(piece):
            found += pairs.merge(pairs.spell(word))
    found = found[:length]
    return found + [special[pairs.padding]] * (length - len(found)), [i < len(found) for i in range(length)]
