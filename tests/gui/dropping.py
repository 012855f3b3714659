"""Drags a file from another program onto a place of the screen: python dropping.py FILE X Y (pixels of the display).

The source's part of XDND (freedesktop.org, version 5), by python-xlib; X servers have no other way to say it.
"""

import sys
import time
from pathlib import Path

from Xlib import X, Xatom, display
from Xlib.protocol import event

#: Seconds until a target that does not answer is given up.
PATIENCE = 20


def drop(file: str, x: int, y: int) -> str:
    """What the target made of it: 'finished', 'refused', or 'nothing' where no window takes files."""
    screen = display.Display()
    root = screen.screen().root
    atom = screen.intern_atom
    root.warp_pointer(x, y)
    screen.sync()
    target = aware_window(screen, root, atom("XdndAware"))
    if target is None:
        return "nothing"
    source = root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)
    source.set_selection_owner(atom("XdndSelection"), X.CurrentTime)
    kind, copy = atom("text/uri-list"), atom("XdndActionCopy")

    def tell(name: str, *words: int) -> None:
        data = (32, [source.id, *words, *[0] * (4 - len(words))])
        target.send_event(event.ClientMessage(window=target, client_type=atom(name), data=data))
        screen.sync()

    tell("XdndEnter", 5 << 24, kind)
    tell("XdndPosition", 0, x << 16 | y, X.CurrentTime, copy)
    moved = time.monotonic()
    until = moved + PATIENCE
    dropped = False
    while time.monotonic() < until:
        if not screen.pending_events():
            if not dropped and time.monotonic() - moved > 0.3:  # as a hand does; Blender looks below the mouse then
                tell("XdndPosition", 0, x << 16 | y, X.CurrentTime, copy)
                moved = time.monotonic()
            time.sleep(0.02)
            continue
        heard = screen.next_event()
        if heard.type == X.SelectionRequest:
            heard.requestor.change_property(
                heard.property, heard.target, 8, (Path(file).absolute().as_uri() + "\r\n").encode()
            )
            heard.requestor.send_event(
                event.SelectionNotify(
                    time=heard.time,
                    requestor=heard.requestor,
                    selection=heard.selection,
                    target=heard.target,
                    property=heard.property,
                )
            )
            screen.sync()
        elif heard.type == X.ClientMessage and heard.client_type == atom("XdndStatus") and not dropped:
            if not heard.data[1][1] & 1:
                return "refused"
            if time.monotonic() > until - PATIENCE + 1:  # hover a moment
                dropped = True
                tell("XdndDrop", 0, X.CurrentTime)
        elif heard.type == X.ClientMessage and heard.client_type == atom("XdndFinished"):
            return "finished"
    return "nothing"


def aware_window(screen, root, aware: int):
    """The window below the pointer that takes drops."""
    window = root
    while window is not None:
        if window.get_full_property(aware, Xatom.ATOM) is not None:
            return window
        child = window.query_pointer().child
        window = child if child else None
    return None


if __name__ == "__main__":
    print(drop(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
