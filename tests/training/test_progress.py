import logging

import numpy as np
import torch

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.training import progress
from dlstats.training.contract import Fit


def block(losses):
    status = np.where(np.isfinite(losses), "ok", "diverged")
    nothing = np.zeros(len(losses))
    return Fit(torch.zeros(len(losses), 1), np.array(losses), nothing, nothing, nothing, status, nothing, nothing)


def test_a_line_counts_replicates_losses_divergence_and_time():
    said = []
    report = progress.Progress(3000, said.append)
    report.add(block([0.1, 0.2, 0.3, np.nan] * 250))
    assert said == []
    assert report.line(10.0) == "1,000 of 3,000 trained, loss 0.2 (10 % 0.1, 90 % 0.3), 250 diverged, 20 s left"


def test_lines_come_at_a_pace(monkeypatch, caplog):
    clock = iter([0.0, 2.0, 6.0, 7.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    report = progress.Progress(30, None)
    with caplog.at_level(logging.INFO, "dlstats"):
        for _ in range(3):
            report.add(block([0.1] * 10))
    assert [record.message[:8] for record in caplog.records] == ["20 of 30"]


def test_a_fit_reports_every_block(monkeypatch):
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    net, said = nets.Mlp(2, (3,)), []
    start = nets.initialise(net, [np.random.default_rng(r) for r in range(6)])
    training.fit(
        net,
        squared,
        start,
        np.ones((9, 2)),
        np.ones((9, 1)),
        training.Training(3),
        progress=said.append,
        backend="torch",
    )
    assert said[-1].startswith("6 of 6 trained")
