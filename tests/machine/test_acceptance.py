"""What `dlstats doctor --gpu` examines, with the CPU in the place of the GPU: each fault that it looks for is seen."""

import json
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.machine import doctor
from dlstats.machine.acceptance import agreement, examination, jax_form, races, report
from dlstats.machine.acceptance.agreement import CASES, Subject
from dlstats.machine.acceptance.checks import Check, attempt, within
from dlstats.training.cuda import trial

CPU = Subject("cpu", "torch")
SHAPES = (races.Shape(16, 4, 6, 6, 3, 4), races.Shape(12, 5, 4, 6, 3, 4))


REAL, FITS = agreement.fitted, {}


@pytest.fixture(autouse=True)
def once(monkeypatch):
    """Train two of the cases, once for all tests."""
    monkeypatch.setattr(agreement, "CASES", dict([*CASES.items()][::3]))
    monkeypatch.setattr(agreement, "fitted", known)


def known(case, dtype, subject, exact, rows=slice(None)):
    key = repr((case, dtype, subject, exact, rows))
    if key not in FITS:
        FITS[key] = REAL(case, dtype, subject, exact, rows)
    return FITS[key]


def changed(monkeypatch, change):
    """Let fits that torch makes come out otherwise."""

    def fitted(case, dtype, subject, exact, rows=slice(None)):
        made = known(case, dtype, subject, exact, rows)
        return change(made) if subject == CPU else made

    monkeypatch.setattr(agreement, "fitted", fitted)


def passed():
    return {check.name: check.passed for check in agreement.checks(CPU)}


def failed():
    """What fails."""
    return {name.removeprefix("torch on cpu ").split(",")[0] for name, good in passed().items() if not good}


def test_torch_on_the_cpu_passes():
    found = passed()
    assert len(found) == 6
    assert set(found.values()) == {True}


def test_every_case_trains_and_differs_from_its_start():
    for case in CASES.values():
        fit = known(case, "float64", CPU, True)
        assert set(fit.status) == {"ok"}
        assert fit.parameters.dtype == torch.float64


def test_every_field_counts_where_a_comparison_is_exact_and_only_steps_and_status_else():
    fit = known(CASES["relu, adam"], "float32", CPU, True)
    for name, exact, loose in (("loss", np.inf, 0.0), ("status", np.inf, np.inf), ("steps", np.inf, np.inf)):
        column = np.full_like(getattr(fit, name), 7 if name != "status" else "dead")
        other = replace(fit, **{name: column})
        assert (agreement.difference(fit, other, True), agreement.difference(fit, other, False)) == (exact, loose)
    signs = replace(fit, parameters=torch.zeros_like(fit.parameters))
    assert agreement.difference(signs, replace(fit, parameters=-signs.parameters), True) == np.inf
    assert agreement.difference(fit, fit, True) == agreement.difference(fit, fit, False) == 0


def test_a_kernel_that_promises_bits_keeps_the_best_weights_in_float32_too(monkeypatch):
    asked = []
    monkeypatch.setattr(training, "fit", lambda *given: asked.append(given[5]))
    case = CASES["gelu, rmsprop, validation, patience"]
    for exact in (True, False):
        REAL(case, "float32", CPU, exact)
    assert [(plan.keep, plan.patience) for plan in asked] == [("best", 2), ("last", None)]


@pytest.mark.parametrize("shift", [1e-2, float("nan")])
def test_a_device_that_computes_otherwise_is_seen(shift, monkeypatch):
    changed(monkeypatch, lambda fit: replace(fit, parameters=fit.parameters + shift))
    assert "agrees with lanes on cpu" in failed()


def test_a_device_that_stops_elsewhere_is_seen(monkeypatch):
    changed(monkeypatch, lambda fit: replace(fit, steps=fit.steps + 1))
    assert failed() == {"agrees with lanes on cpu"}


def test_a_device_with_other_bits_in_every_run_is_seen(monkeypatch):
    runs = iter(range(10_000))

    def other_last_digits(fit):
        digit = torch.finfo(fit.parameters.dtype).eps * (next(runs) % 2)
        return replace(fit, parameters=fit.parameters * (1 + digit))

    changed(monkeypatch, other_last_digits)
    assert failed() == {"gives the same bits again"}


def test_a_device_whose_numbers_hang_on_the_block_is_seen(monkeypatch):
    def company(fit):
        return replace(fit, parameters=fit.parameters + 0.1 * len(fit.loss))

    changed(monkeypatch, company)
    assert "gives a network what it gives it in other blocks" in failed()


def test_the_kernel_is_examined_where_it_can_be_launched(monkeypatch):
    monkeypatch.setattr(trial, "found", lambda: "NVRTC is missing")
    assert [subject.backend for subject in agreement.subjects("cuda")] == ["torch"]
    monkeypatch.setattr(trial, "found", lambda: object())
    assert [(s.backend, s.exact) for s in agreement.subjects("cuda")] == [("torch", False), ("cuda", True)]
    assert [subject.backend for subject in agreement.subjects("cpu")] == ["torch"]


def test_a_back_end_that_promises_bits_is_held_to_them(monkeypatch):
    monkeypatch.setattr(Subject, "exact", property(lambda subject: subject.backend == "torch"))
    assert "agrees with lanes on cpu" in failed()  # torch differs from lanes in last digits


def test_without_a_compiler_torch_on_the_cpu_is_the_reference(monkeypatch):
    def without(case, dtype, subject, exact, rows=slice(None)):
        if subject.backend == "lanes":
            raise ValueError("`backend` = 'lanes' cannot serve here: no compiler.")
        return known(case, dtype, subject, exact, rows)

    monkeypatch.setattr(agreement, "fitted", without)
    found = passed()
    assert "torch on cpu agrees with torch on cpu, float32" in found
    assert set(found.values()) == {True}


def test_nothing_is_begun_when_the_time_is_up():
    assert {check.passed for check in agreement.checks(CPU, time.monotonic() - 1)} == {None}


def test_an_error_is_a_check_that_failed_and_nan_is_none_that_passed():
    check = attempt("a", lambda: 1 / 0)  # type: ignore
    assert (check.passed, check.detail) == (False, "an error: ZeroDivisionError: division by zero")
    found = within("b", {"one": 0.0, "two": float("nan"), "three": 5.0}, 1.0, "difference")
    assert (found.passed, "(two)" in found.detail) == (False, True)
    assert within("b", {"one": 0.0}, 0.0, "difference").passed


def test_times_are_taken_of_every_contender_and_none_after_the_time_is_up(monkeypatch):
    def absent(device):
        raise jax_form.Absent("JAX is not installed")

    monkeypatch.setattr(jax_form, "library", absent)
    times = races.race("cpu", SHAPES)
    assert [(t.samples, t.contender.split(",")[0]) for t in times] == [
        (n, name) for n in (16, 12) for name in ("torch", "jax", "lanes")
    ]
    assert {t.note for t in times if t.contender[:3] == "jax"} == {"JAX is not installed"}
    timed = [t for t in times if t.contender[:3] != "jax"]
    assert all(t.microseconds > 0 or np.isnan(t.microseconds) for t in timed)
    assert {t.note for t in timed} == {""}
    assert {t.note for t in races.race("cpu", SHAPES, until=0.0)} == {"the time was up"}


@pytest.mark.parametrize(("factor", "passed"), [(1.001, True), (1.003, False), (np.nan, False)])
def test_what_trains_other_networks_is_not_timed_and_fails(factor, passed, monkeypatch):
    runner = races._runner

    def wrong(shape, subject, dtype="float32"):
        run = runner(shape, subject, dtype)
        return (lambda steps: run(steps) * [1, factor, 1]) if subject.backend == "lanes" else run

    monkeypatch.setattr(races, "_runner", wrong)
    monkeypatch.setattr(races, "_seconds", lambda run, steps: 1.0)
    times = races.few("cpu", SHAPES[0], (3,))
    assert [np.isfinite(t.microseconds) for t in times] == [True, passed]
    assert ("its losses differ by" in times[1].note) != passed
    check = races.alike(times)
    assert (check.passed, "(lanes, cpu" in check.detail) == (passed, True)
    assert races.alike([t for t in times if t.difference is None]).passed is None


def test_a_step_is_the_difference_of_a_long_run_and_a_short_one(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(races.time, "perf_counter", lambda: clock[0])

    def run(steps):
        clock[0] += 5.0 + 0.25 * steps

    assert races._seconds(run, 40) == 0.25


def test_operations_of_a_step_are_those_of_three_products_a_layer_but_the_first():
    net = nets.Mlp(5, (16, 16, 16))
    matrices = [(5, 16), (16, 16), (16, 16), (16, 1)]
    forward = sum(2 * 128 * a * b for a, b in matrices)
    assert races.SHAPES[0].net == net
    assert races.SHAPES[0].operations == 3 * forward - 2 * 128 * 5 * 16


def test_where_gpu_and_cpu_meet_is_said_beside_what_auto_believes():
    def times(*pairs):
        named = (("torch, cuda", "lanes, cpu, 4 threads"), pairs)
        return [
            races.Time(128, 16, count, name, value, 1.0)
            for count, values in enumerate(pairs, 1)
            for name, value in zip(named[0], values, strict=True)
        ]

    assert "faster from 2 on" in races.meeting(times((9, 1), (1, 9), (1, 9)))
    kernel = replace(times((9, 1))[0], contender="cuda, cuda", microseconds=0.5)
    assert "faster from 1 on" in races.meeting([*times((9, 1), (1, 9)), kernel])
    assert "never" in races.meeting(times((9, 1), (float("nan"), 9)))
    assert f"takes it from {2**23 / 128 / 657:.0f} on" in races.meeting(times((1, 2)))


def test_the_report_holds_what_was_found_in_both_files(tmp_path):
    told, asked = [], []

    def studies(device, until):
        asked.append((device, until))
        return [Check("a | b", False, "it differs", 0.5, 0.1), Check("c", None, "not begun")]

    found = examination.examine("cpu", studies, told.append, 100.0, SHAPES, (1, 3))
    assert (found.passed, len(told), asked[0][0]) == (False, 3, "cpu")
    paths = report.write(found, tmp_path / "new")
    content = json.loads(paths[0].read_text(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert content["passed"] is False
    assert [check["name"] for check in content["checks"]][-3:] == ["a | b", "c", races.ALIKE]
    assert len(content["times"]) == 6
    assert len(content["few"]) == 4
    text = paths[1].read_text()
    assert "7 checks passed, 1 failed, 1 not begun" in text
    for line in ("| a \\| b | NO | it differs |", "| c | - | not begun |", found.meeting):
        assert line in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in tables}) == 2  # of three columns, of six


def test_a_report_without_a_failure_passes():
    assert not report.Report([], [], [], [], "", 0.0).passed
    assert not report.Report([], [Check("b", None, "")], [], [], "", 0.0).passed
    empty = report.Report([], [Check("a", True, ""), Check("b", None, "")], [], [], "", 0.0)
    assert empty.passed
    assert not replace(empty, checks=[Check("a", False, "")]).passed


def test_why_there_is_no_gpu_is_said(monkeypatch):
    monkeypatch.setattr(doctor, "cuda", lambda: doctor.Finding("back end torch, GPU", False, "no driver"))
    assert examination.missing() == "no driver"
    monkeypatch.setattr(doctor, "cuda", lambda: doctor.Finding("back end torch, GPU", True, "a GPU"))
    assert examination.missing() is None


def test_jax_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(jax_form.Absent, match="not installed"):
        jax_form.library("cpu")


def test_jax_trains_the_same_networks():
    pytest.importorskip("jax")
    shape = races.SHAPES[0]
    start = nets.initialise(shape.net, [np.random.default_rng(r) for r in range(3)])
    x = np.random.default_rng(9).normal(size=(3, 20, 5)).astype(np.float32)
    views = {name: view.numpy() for name, view in nets.views(shape.net, start).items()}
    layers = [(views[f"weight.{i}"], views[f"bias.{i}"][:, None]) for i in range(4)]
    losses = jax_form.prepare("cpu", layers, x, x[..., :1], 0.01)(10)
    fit = training.fit(shape.net, squared, start, x, x[..., :1], training.Training(10, 0.01), device="cpu")
    np.testing.assert_allclose(losses, fit.loss, rtol=1e-4)
    with pytest.raises(jax_form.Absent, match="not on gpu"):
        jax_form.library("cuda")
