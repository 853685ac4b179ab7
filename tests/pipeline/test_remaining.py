"""A run says on a terminal how far it is, and about how long the rest takes."""

import io
import time

from cases import toy

from dlstats.pipeline import costs, origins, remaining


class Terminal(io.StringIO):
    def isatty(self):
        return True


def _finish(folder, cell):
    path = origins.raw_path(folder, "toy", "samples", cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_time_left_is_by_cost_of_what_has_no_result_yet(tmp_path, monkeypatch):
    toy.install(monkeypatch)
    monkeypatch.setattr(costs, "_known", lambda: {"toy.samples": {toy.CELLS[1]: 0.1, toy.CELLS[2]: 0.12}})
    _finish(tmp_path, toy.CELLS[0])
    ahead = remaining.waiting(toy.config(), tmp_path)
    assert len(ahead.cost) == 2
    assert ahead.line(60.0) == "0 of 2 conditions computed"
    _finish(tmp_path, toy.CELLS[1])
    first, second = ahead.cost.values()
    assert ahead.line(60.0) == f"1 of 2 conditions computed, about {60 * second / first:.0f} s left"
    assert ahead.line(6000.0) == f"1 of 2 conditions computed, about {100 * second / first:.0f} min left"
    _finish(tmp_path, toy.CELLS[2])
    assert ahead.line(60.0) == "2 of 2 conditions computed"


def test_of_what_was_never_timed_no_time_is_told(tmp_path, monkeypatch):
    toy.install(monkeypatch)
    monkeypatch.setattr(costs, "_known", dict)
    ahead = remaining.waiting(toy.config(), tmp_path)
    _finish(tmp_path, toy.CELLS[0])
    assert ahead.line(60.0) == "1 of 3 conditions computed"


def test_it_is_said_on_a_terminal_alone(tmp_path, monkeypatch):
    toy.install(monkeypatch)
    for stream, wanted in ((Terminal(), True), (io.StringIO(), False)):
        with remaining.told(toy.config(), tmp_path, stream, every=0.01):
            time.sleep(0.2)
        assert ("0 of 3 conditions computed" in stream.getvalue()) == wanted
