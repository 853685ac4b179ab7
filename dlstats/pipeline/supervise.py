"""Cells in a process of their own: one that a signal kills is named in one line, and the cells after it go on.

The process that was started watches; a fork of it, made before anything heavy is loaded, does the work and tells the
cell in hand through a pipe. It ends when the watching one does. SIGTERM and SIGINT are passed on, unless they are
ignored, as a shell lets its background jobs ignore SIGINT.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dlstats.pipeline import complaints, processes

Tell = Callable[[str], None]
PASSED_ON = (signal.SIGTERM, signal.SIGINT)
EVERY = 0.2
"""Seconds from one look at the processes concerned to the next."""
DONE = ""
"""What is told when no cell is in hand any more."""


def each(
    study: str,
    cells: Sequence[str],
    work: Callable[[Sequence[str], Tell], int],
    with_parent: bool = False,
    log: Path | None = None,
) -> int:
    """Do `work(cells, tell)` in a forked process, again with the cells that are left after one that was killed.

    Returns the exit status: that of the work, and 1 when a signal killed it. In the forked process what the work
    returns or raises goes up to the caller, as if nothing had been forked: only a process that has no other task and
    no threads yet may call this.
    """
    status = 0
    while cells:
        child = _Child.fork(processes.parent() if with_parent else None)
        if child is None:
            return _told(work, cells)
        code = os.waitstatus_to_exitcode(child.wait())
        if child.stopped:
            signal.signal(child.stopped, signal.SIG_DFL)
            os.kill(os.getpid(), child.stopped)
        if code >= 0:
            return status or code
        status = 1
        line = f"dlstats simulate: {study}, {_where(child.in_hand)}: killed by {_name(-code)}"
        complaints.complain(line, log, with_parent)
        cells = cells[cells.index(child.in_hand) + 1 :] if child.in_hand in cells else ()
    return status


def _told(work: Callable[[Sequence[str], Tell], int], cells: Sequence[str]) -> int:
    def tell(cell: str) -> None:
        os.write(_Child.pipe_of_this_process, f"{cell}\n".encode())

    status = work(cells, tell)
    tell(DONE)
    return status


def _where(cell: str | None) -> str:
    if cell is None:
        return "before its first cell"
    return "after its last cell" if cell == DONE else f"cell {cell}"


def _name(number: int) -> str:
    known = number in set(signal.Signals)
    return f"signal {number} ({signal.Signals(number).name})" if known else f"signal {number}"


class _Child:
    """A forked process as the watching one sees it."""

    pipe_of_this_process = -1

    def __init__(self, pid: int, pipe: int, parent: int | None) -> None:
        self.pid, self.pipe, self.parent = pid, pipe, parent
        self.stopped: signal.Signals | None = None
        self._heard = b""
        heard = [number for number in PASSED_ON if signal.getsignal(number) != signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._pass_on) for number in heard}

    @classmethod
    def fork(cls, parent: int | None) -> _Child | None:
        """The child, or None in the child itself. No signal comes between the fork and who answers it."""
        sys.stdout.flush()
        sys.stderr.flush()
        watcher, (ours, theirs) = os.getpid(), os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
        pid = os.fork()
        if pid == 0:
            os.close(ours)
            cls.pipe_of_this_process = theirs
            signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
            processes.leave_with(watcher, EVERY)
            return None
        os.close(theirs)
        child = cls(pid, ours, parent)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        return child

    def _pass_on(self, number: int, frame: object) -> None:
        self.stopped = signal.Signals(number)
        os.kill(self.pid, number)

    def wait(self) -> int:
        """The child's status as `os.waitpid` has it, once it has ended."""
        try:
            while True:
                ended, status = os.waitpid(self.pid, 0 if self._listen() else os.WNOHANG)
                if ended:
                    while not self._listen(0):
                        pass
                    return status
                if self.parent is not None and os.getppid() != self.parent:
                    os.kill(self.pid, signal.SIGKILL)
                    os._exit(1)
        finally:
            os.close(self.pipe)
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def _listen(self, patience: float = EVERY) -> bool:
        """Read what the child tells; whether there is no more to come."""
        if not select.select([self.pipe], [], [], patience)[0]:
            return patience == 0
        heard = os.read(self.pipe, 65536)
        self._heard += heard
        return not heard

    @property
    def in_hand(self) -> str | None:
        """The cell that the child told last; None before the first."""
        lines = self._heard.decode().split("\n")[:-1]
        return lines[-1] if lines else None
