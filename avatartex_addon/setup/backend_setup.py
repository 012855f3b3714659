"""The one set-up of this Blender: what is at work, what the last checks said, and a timer that shows it.

A timer and not a modal operator: opening another file does not stop an installation that takes minutes.
"""

import atexit
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy

from .. import preferences, session
from ..backend.errors import AvatarTexError, ErrorCode
from ..core.checks import CheckRun
from ..core.command import Examination
from ..core.installer import Installer, Removal
from ..core.lock import lock_hash
from ..core.packages import Plan
from ..core.places import Fit
from ..core.work import Work
from ..scene.redraw import redraw_panels

SETUP_INTERVAL = 0.2

current: Work | None = None
#: The last ones that came to an end or are running; None when something they looked at has changed.
checks: CheckRun | None = None
examination: Examination | None = None
#: Why the last installation or removal failed.
error: AvatarTexError | None = None

#: Called with the refusal, if any, when an installation came to its end.
on_installed: list[Callable[[AvatarTexError | None], None]] = []

_shown: tuple = ()


def find_fit() -> Fit:
    return preferences.home().fit(lock_hash(preferences.REQUIREMENTS))


def find_obstacle(context: bpy.types.Context) -> str:
    """Why the set-up cannot begin something now; '' when it can."""
    return "Wait until the running set-up is over, or cancel it" if current is not None else session.find_busy(context)


def check() -> Work:
    """Look at this computer."""
    global checks
    online = bpy.app.online_access
    checks = CheckRun(preferences.home(), make_plan(), online, session.log(), preferences.carried() is not None)
    return begin(checks)


def install(wheels: Path | None = None, large: bool = False) -> Work:
    """Make, complete or update the environment, from a folder of wheels, from those that the package carries, or from
    the network. large: with what large models need, which then stays, and which no package carries."""
    session.close()  # Windows does not replace files of a running Python
    carried = preferences.carried() if wheels is None and not large else None
    plan = replace(make_plan(large=large), large=False) if carried else make_plan(large=large)
    return begin(Installer(preferences.home(), plan, session.log(), wheels or carried, carried is not None))


def remove() -> Work:
    session.close()
    return begin(Removal(preferences.home(), session.log()))


def examine() -> Work | None:
    """Look at the environment that the artist named, if any, and if nothing else is going on."""
    global examination
    python = preferences.chosen_python()
    preferences.refused.pop(python, None)
    examination = None
    if not python or current is not None:
        forget_refusal()
        return None
    examination = Examination(python, session.EXTENSION_FOLDER, preferences.home().weights, session.log())
    return begin(examination)


def make_plan(build: str = "", large: bool = False) -> Plan:
    """As the preferences say, but for another build where one is named. large: see install()."""
    own = preferences.preferences()
    choice = build or own.build
    large = large or preferences.home().has_large
    return Plan(preferences.REQUIREMENTS, choice, preferences.package_index(), large)


def begin(work: Work) -> Work:
    global current, error
    current, error = work, None
    work.start()
    if not bpy.app.timers.is_registered(watch):
        bpy.app.timers.register(watch, first_interval=SETUP_INTERVAL, persistent=True)
    redraw_panels()
    return work


def watch() -> float | None:
    """Blender's timer: show what has changed, until it is over."""
    global _shown
    if current is None:
        return None
    if current.done:
        finish()
        return None
    if (now := current.progress()) != _shown:
        _shown = now
        redraw_panels()
    return SETUP_INTERVAL


def finish() -> None:
    """Take up what the work has come to."""
    global current, checks, error
    if current is None:
        return
    work, current = current, None
    if isinstance(work, Examination):
        if work.error is not None:
            preferences.refused[work.python] = work.error
    else:
        error = work.error
    if work.changes_files or isinstance(work, Examination):
        checks = None
    forget_refusal()
    redraw_panels()
    if isinstance(work, Installer):
        for listener in on_installed:
            listener(work.error)


def forget_refusal() -> None:
    """What a job said of a missing backend, where there is one now."""
    job = bpy.context.window_manager.avatartex_job
    if job.error_code == ErrorCode.BACKEND_MISSING and preferences.find_backend_python():
        job.reset()


def wait(work: Work) -> AvatarTexError | None:
    """For scripts: block until it is over; why it failed."""
    work.join()
    finish()
    return work.error


def stop() -> None:
    if current is not None:
        current.cancel()


def forget_checks() -> None:
    """What they looked at has changed."""
    global checks, error
    checks = error = None


def register() -> None:
    atexit.register(stop)


def unregister() -> None:
    """The extension is disabled: what runs is stopped, and what is known of this session forgotten."""
    global current, checks, examination, error
    atexit.unregister(stop)
    stop()
    if current is not None:
        current.join()
    if bpy.app.timers.is_registered(watch):
        bpy.app.timers.unregister(watch)
    current = checks = examination = error = None
