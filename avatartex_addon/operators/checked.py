"""What operators do alike: why they are grey, and a refusal as one sentence."""

from __future__ import annotations

import bpy

from ..backend.errors import AvatarTexError
from ..scene.head import find_head
from ..session import find_busy


class Checked:
    """Mixed into an operator: grey while there is an obstacle, which its tooltip tells; one step of undo."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        """Why it cannot be used now, a sentence; '' when it can."""
        return ""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if obstacle := cls.find_obstacle(context):
            cls.poll_message_set(obstacle)
        return not obstacle

    def fail(self, reason: Exception | str) -> set[str]:
        """What `execute` returns then. A script that called the operator gets a RuntimeError from the report."""
        self.report({"ERROR"}, tell_reason(reason))
        return {"CANCELLED"}


class IdleOnly(Checked):
    """Not while the backend is at work."""

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return find_busy(context)


def tell_reason(reason: Exception | str) -> str:
    """A refusal as its sentences, without its code."""
    return f"{reason.message} {reason.cure}" if isinstance(reason, AvatarTexError) else str(reason)


def find_uneditable(context: bpy.types.Context) -> str:
    """The obstacle of operators that change what a head remembers."""
    head = find_head(context)
    return "" if head is not None and head.is_editable else "Select a head that can be edited"
