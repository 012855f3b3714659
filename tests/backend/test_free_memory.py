"""A texture that memory has no room for is refused before any work, with what it needs."""

import pytest

from backend import refusals
from backend.errors import AvatarTexError, ErrorCode
from backend.messages import Generate
from backend.options import SIZE


def asked(size: int, **more) -> Generate:
    return Generate("", "portrait.png", "texture.png", size=size, **more)


def test_little_memory_refuses_large_textures_alone(monkeypatch):
    monkeypatch.setattr(refusals, "free_memory", lambda: 5.0)
    with pytest.raises(AvatarTexError, match=r"8192 texels needs 5\.4 GB of memory, and 5\.0 GB are free") as refused:
        refusals.refuse_little_memory(asked(8192))
    assert refused.value.code is ErrorCode.OUT_OF_MEMORY and "smaller Size" in refused.value.cure
    refusals.refuse_little_memory(asked(4096))
    monkeypatch.setattr(refusals, "free_memory", lambda: 6.0)
    refusals.refuse_little_memory(asked(8192))
    with pytest.raises(AvatarTexError, match="needs 7"):
        refusals.refuse_little_memory(asked(8192, layers="texture.ora"))


def test_where_the_system_says_nothing_every_size_may_be_tried(monkeypatch):
    monkeypatch.setattr(refusals, "free_memory", lambda: None)
    for choice in SIZE.choices:
        refusals.refuse_little_memory(asked(choice.value))


def test_a_job_asks_before_any_work(monkeypatch):
    monkeypatch.setattr(refusals, "free_memory", lambda: 0.001)
    with pytest.raises(AvatarTexError) as refused:
        refusals.check_request(asked(512, mesh="head.obj"))
    assert refused.value.code is ErrorCode.OUT_OF_MEMORY
