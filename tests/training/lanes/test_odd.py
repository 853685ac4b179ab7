"""Odd shapes and wrong input give a clear error or a frozen lane, never a crash; a machine without lanes says why."""

import platform
from dataclasses import replace

import numpy as np
import pytest
import torch
from cases.lanes import problem, user_squared

from dlstats import nets, processor, training
from dlstats.losses.regression import squared
from dlstats.machine import doctor
from dlstats.training.lanes import backend, build, layout

NET = nets.Mlp(3, (8,))


@pytest.fixture(params=[False, True], ids=["lanes", "wide"])
def kernel(request, monkeypatch):
    monkeypatch.setattr(layout, "wide", lambda net: request.param)


@pytest.mark.parametrize("loss", [squared, user_squared])
@pytest.mark.parametrize("where", ["x", "y", "start"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("keep", ["last", "best"])
def test_numbers_that_are_not_finite_freeze_their_own_replicate(keep, wrong, where, loss, kernel):
    task = problem(NET, rows=5, loss=loss, keep=keep)
    healthy = backend.run(task)
    changed = getattr(task, where).clone()
    changed[2].flatten()[0] = wrong
    fit = backend.run(replace(task, **{where: changed}))
    assert fit.status.tolist() == ["ok", "ok", "diverged", "ok", "ok"]
    others = [0, 1, 3, 4]
    assert torch.equal(fit.parameters[others], healthy.parameters[others])
    assert fit.steps[2] == (0 if keep == "best" else task.training.steps)


def test_one_of_everything(kernel):
    for widths in ((), (1,), (1, 1)):
        fit = backend.run(problem(nets.Mlp(1, widths), rows=1, n=1, steps=1))
        assert fit.status.tolist() == ["ok"]


def test_an_empty_sample_is_refused():
    task = problem(NET, rows=2)
    with pytest.raises(ValueError, match="no samples"):
        training.fit(
            NET, squared, task.start, task.x[:, :0], task.y[:, :0], task.training, backend="lanes", device="cpu"
        )


def test_a_loss_of_the_wrong_shape_is_refused(kernel):
    with pytest.raises(ValueError, match="`loss` must give"):
        backend.run(problem(NET, loss=lambda f, y: (f - y).square().mean()))


def test_what_lanes_cannot_do_is_said_in_one_line(monkeypatch):
    task = problem(NET)
    assert backend.obstacle(task) is None
    meta = replace(task, start=task.start.to("meta"))
    assert "meta" in str(backend.obstacle(meta))
    monkeypatch.setattr(layout, "ACTIVATIONS", ("tanh",))
    assert "relu" in str(backend.obstacle(task))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PATH": "/nowhere", "CXX": ""}, "no C++ compiler"),
        ({"CXX": "/bin/false"}, "cannot compile"),
        ({"DLSTATS_LANES_ARCH": "pdp11"}, "cannot compile"),
        ({"XDG_CACHE_HOME": "/proc/nothing"}, "set XDG_CACHE_HOME to a folder of your own that can be written"),
    ],
)
def test_a_machine_without_lanes_says_why(changes, words, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    build.attempt.cache_clear()
    try:
        reason = backend.obstacle(problem(NET))
        assert reason is not None
        assert words in reason
        assert "\n" not in reason
        assert any(not f.works and words in f.detail for f in doctor.examine())
    finally:
        build.attempt.cache_clear()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="names architectures of x86-64")
@pytest.mark.parametrize(("asked", "missing"), [("x86-64-v3", "avx2"), ("x86-64-v4", "avx512f")])
def test_instructions_that_the_processor_lacks_are_refused_before_anything_is_compiled(
    asked, missing, monkeypatch, tmp_path
):
    """On a processor without AVX, whatever the one here has."""
    (tmp_path / "cpuinfo").write_text("flags : fpu sse sse2 pni ssse3 sse4_1 sse4_2 popcnt\n")
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("DLSTATS_LANES_ARCH", asked)
    build.attempt.cache_clear()
    try:
        reason = backend.obstacle(problem(NET))
    finally:
        build.attempt.cache_clear()
    assert reason is not None
    assert reason.startswith(f"this processor lacks instructions of DLSTATS_LANES_ARCH={asked}: ")
    assert missing in reason.split(": ")[1].split(", ")
    assert not list(tmp_path.glob("**/*.so"))


def test_without_lanes_the_torch_path_serves(monkeypatch):
    def fit(name):
        task = problem(NET)
        return training.fit(NET, squared, task.start, task.x, task.y, task.training, device="cpu", backend=name)

    lanes, one = fit("lanes"), fit("torch")
    monkeypatch.setattr(backend, "obstacle", lambda task: "because")
    other = fit("auto")
    assert torch.equal(one.parameters, other.parameters)
    np.testing.assert_allclose(lanes.parameters, one.parameters, rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="because"):
        fit("lanes")


def test_the_doctor_has_one_line_for_every_back_end():
    assert sum("back end" in line for line in doctor.lines(doctor.examine())) == 5
