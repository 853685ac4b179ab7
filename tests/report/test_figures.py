"""Figures: sizes, bytes, provenance; and a style that keeps methods apart."""

from __future__ import annotations

import json

import matplotlib
import pandas as pd
import pytest
from matplotlib.text import Text
from PIL import Image

from dlstats.plotting import style
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure, Study
from dlstats.report import figures


def _draw(evidence, figure):
    axes = figure.subplots()
    for name, rows in evidence.rows(n=2).groupby("method"):
        axes.errorbar(rows["replicate"], rows["error"], yerr=0.1, label=name, **style.method(str(name)))
    axes.set(xlabel="replicate", ylabel="error")
    axes.legend()


def _draw_what_is_missing(evidence, figure):
    evidence.rows(n=99)


def _study(*drawn):
    made = tuple(Figure(f"f{i}", "A caption.", draw) for i, draw in enumerate(drawn))
    return Study("Toy", "", figures=made, name="toy", family="approximation")


def _evidence():
    rows = [(f"n={n}", n, r, m, r * 0.1) for n in (2, 3) for r in range(4) for m in ("shallow", "deep")]
    frame = pd.DataFrame(rows, columns=["cell", "n", "replicate", "method", "error"])
    frame = frame.assign(status="ok", seconds=0.1)
    return Evidence({"toys": pd.DataFrame({"cell": [], "measure": []})}, {"toys": frame})


@pytest.mark.parametrize("face", style.FACES)
def test_the_same_evidence_gives_the_same_bytes(tmp_path, face):
    for folder in ("a", "b"):
        figures.draw(_study(_draw), _evidence(), tmp_path / folder, face=face)
    for name in ("f0.pdf", "f0.png", "f0.svg", "f0.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


@pytest.mark.parametrize("width", style.WIDTHS)
def test_a_figure_has_the_width_of_its_columns_at_300_dots_an_inch(tmp_path, width):
    figures.draw(_study(_draw), _evidence(), tmp_path, width=width)
    with Image.open(tmp_path / "f0.png") as image:
        assert abs(image.size[0] - 300 * style.WIDTHS[width]) < 1


def test_fonts_are_embedded_as_true_type(tmp_path):
    figures.draw(_study(_draw), _evidence(), tmp_path)
    data = (tmp_path / "f0.pdf").read_bytes()
    assert b"/FontFile2" in data
    assert b"/Type3" not in data
    assert b"CreationDate" not in data


def test_provenance_names_only_the_cells_that_the_figure_used(tmp_path):
    figures.draw(_study(_draw), _evidence(), tmp_path, origin={"seed": 7}, details={"fingerprint": "abc"})
    about = json.loads((tmp_path / "f0.json").read_text())
    assert about["cells"] == ["toys/n=2"]
    assert (about["origin"], about["fingerprint"], about["drawn"]) == ({"seed": 7}, "abc", True)
    assert list(about["files"]) == ["f0.pdf", "f0.png", "f0.svg"]


def test_a_figure_without_evidence_says_why_and_the_others_are_drawn(tmp_path):
    figures.draw(_study(_draw_what_is_missing, _draw), _evidence(), tmp_path)
    about = json.loads((tmp_path / "f0.json").read_text())
    assert not about["drawn"]
    assert "n = 99" in about["reason"]
    assert not (tmp_path / "f0.pdf").exists()
    assert (tmp_path / "f1.pdf").exists()


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_figure_of_replicates_that_all_failed_is_missing_and_says_so(tmp_path, scale):
    def own(evidence, figure):
        lines = evidence.table(measure="error")
        axes = figure.subplots()
        axes.plot(lines["n"], lines["estimate"])
        axes.set(xscale=scale, yscale=scale)
        axes.figure.draw_without_rendering()  # on log axes NaN alone is a ValueError

    lines = pd.DataFrame(
        {"cell": ["n=1", "n=2"], "cells": "", "n": [1, 2], "method": "a", "against": "", "measure": "error"}
    )
    failed = Evidence({"toys": lines.assign(statistic="mean", estimate=float("nan"))})
    figures.draw(_study(own), failed, tmp_path)
    assert "every replicate failed" in json.loads((tmp_path / "f0.json").read_text())["reason"]
    assert figures.draw_slides(_study(own), failed, tmp_path) == []
    figures.draw(_study(own), Evidence({"toys": lines.assign(statistic="mean", estimate=[0.1, 0.2])}), tmp_path)
    assert (tmp_path / "f0.pdf").exists()


def test_a_slide_is_sixteen_to_nine_with_type_of_eighteen_points_and_its_key_fits(tmp_path, monkeypatch):
    def crowded(evidence, figure):
        axes = figure.subplots()
        for index in range(7):
            axes.plot([0, 1], [index, index], label=f"a method of a long name, {index}", **style.nth(index))
        axes.text(0.5, 0.5, "small", fontsize=5)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=7)

    canvases = []
    monkeypatch.setattr(figures, "save", lambda canvas, path: canvases.append(canvas) or path)
    written = figures.draw_slides(_study(crowded, _draw_what_is_missing), _evidence(), tmp_path)
    assert [path.name for path in written] == ["f0.pdf", "f0.png"]
    canvas = canvases[0]
    canvas.draw_without_rendering()
    assert abs(canvas.get_figwidth() / canvas.get_figheight() - 16 / 9) < 1e-3
    assert min(text.get_fontsize() for text in canvas.findobj(Text)) >= 18
    assert canvas.bbox.containsx(canvas.legends[0].get_window_extent().x0)
    assert canvas.bbox.containsx(canvas.legends[0].get_window_extent().x1)


def test_drawing_leaves_matplotlib_as_it_was(tmp_path):
    before = dict(matplotlib.rcParams)
    figures.draw(_study(_draw), _evidence(), tmp_path)
    assert dict(matplotlib.rcParams) == before


def test_methods_of_one_slot_group_differ_in_colour_marker_and_line():
    slots = [style._SLOTS[s] for s in ("first", "second", "third", "fourth", "fifth", "sixth")]
    for part in range(3):
        assert len({str(s[part]) for s in slots}) == len(slots)


@pytest.mark.parametrize("name", [*style.METHODS, "never heard of", "x"])
def test_a_method_has_one_style_whatever_its_spelling(name):
    assert style.method(name) == style.method(name.upper().replace("_", "-"))
    assert set(style.method(name)) == {"color", "marker", "linestyle"}


def test_every_colour_has_contrast_of_two_to_one_on_white():
    for color in style.COLORS.values():
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
        assert 1.05 / (luminance + 0.05) >= 2
