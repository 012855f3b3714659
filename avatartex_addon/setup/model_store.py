"""What is known of the large models on this computer, and the work that changes it."""

from .. import preferences, session
from ..backend.models.profiles import PROFILES
from ..core.command import backend_command
from ..core.model_work import ModelWork
from . import backend_setup

_last: ModelWork | None = None
_states: dict[str, dict] = {}


def states() -> dict[str, dict]:
    """By profile what was found last; empty where nobody looked yet."""
    global _last, _states
    if _last is not None and _last.done:
        _states, _last = _last.states or _states, None
    return _states


def work_on_models(verb: str = "list", profile: str = "", newest: bool = False) -> ModelWork:
    """Look, or fetch or remove a profile; its licences were accepted. newest: whatever revisions the table names."""
    global _last
    words = [profile] if profile else []
    if verb == "download":
        words += [word for licence in PROFILES[profile].licences for word in ("--accept", licence)]
        words += ["--newest"] if newest else []
    python = preferences.find_backend_python()
    command = backend_command(python, session.EXTENSION_FOLDER, preferences.home().weights, "models")
    states()
    _last = ModelWork(command, session.log(), verb, *words)
    backend_setup.begin(_last)
    return _last


def register() -> None:
    """What is known begins anew."""
    global _last, _states
    _last, _states = None, {}


def unregister() -> None:
    register()
