"""Minibatches on a GPU are those of the CPU: the generators' words and their sorting, bit for bit, by torch's integers."""

import numpy as np
import pytest
import torch

from dlstats.seeds import Streams
from dlstats.training import minibatches, philox

CPU, META = torch.device("cpu"), torch.device("meta")


def generators():
    """New, at every place in a block of four words, and one after a draw of another kind."""
    several = Streams(777001, "philox", range(6)).generators("minibatches")
    for used, rng in enumerate(several):
        rng.integers(0, 2**64, size=used, dtype=np.uint64)
    several[5].normal()
    return several


def test_words_are_those_of_numpy_however_many_are_drawn_at_once():
    words, drawing = philox.Words(generators(), CPU), generators()
    for count in (1, 2, 5, 64, 3):
        expected = np.stack([rng.integers(0, 2**64, size=count, dtype=np.uint64) for rng in drawing])
        np.testing.assert_array_equal(words.draw(count).numpy().view(np.uint64), expected)


def test_words_are_those_of_numpy_at_the_ends_of_what_a_state_may_hold():
    top = 2**64 - 1
    state = {"counter": [philox.FARTHEST - 1, top, 2**63, top], "key": [top, 2**63 + 1]}
    rng = np.random.Generator(np.random.Philox())
    rng.bit_generator.state = dict(rng.bit_generator.state) | {
        "state": {k: np.array(v, np.uint64) for k, v in state.items()}
    }
    assert philox.serves([rng])
    words = philox.Words([rng], CPU).draw(99).numpy().view(np.uint64)[0]
    np.testing.assert_array_equal(words, rng.integers(0, 2**64, size=99, dtype=np.uint64))
    assert not philox.serves([rng])


def test_another_generator_is_not_served():
    assert not philox.serves([*generators(), np.random.default_rng(1)])


@pytest.mark.parametrize(("n", "epochs"), [(1, 4), (2, 3), (30, 2), (97, 1)])
def test_permutations_made_on_a_device_are_those_of_the_cpu(n, epochs):
    rows, several, fresh = [0, 1, 1, 2, 3, 4, 5], generators(), generators()  # two rows with one generator
    draw = minibatches._made_on(CPU, n, epochs, [fresh[r] for r in rows])
    for _ in range(2):
        expected = minibatches.permutations(n, epochs, [several[r] for r in rows])
        np.testing.assert_array_equal(draw(), expected)
    assert str(fresh[0].bit_generator.state) == str(generators()[0].bit_generator.state)


def test_a_device_is_sent_no_orders_that_it_can_make(monkeypatch):
    monkeypatch.setattr(minibatches, "permutations", lambda *arguments: pytest.fail("drawn on the CPU"))
    x = torch.zeros(6, 30, 2, device=META)
    batches = minibatches.batches(x, x[:, :, :1], 7, generators())
    assert {(a.shape, b.shape) for (a, b), _ in zip(batches, range(20), strict=False)} == {((6, 2, 7), (6, 7, 1))}


def test_a_device_is_sent_the_orders_of_other_generators():
    x = torch.arange(60.0).view(2, 30, 1)
    several = [[np.random.default_rng(r) for r in range(2)] for _ in range(2)]
    batches = minibatches.batches(x, x, 30, several[0])
    for (found, _), _ in zip(batches, range(5), strict=False):
        order = minibatches.permutations(30, 1, several[1])
        np.testing.assert_array_equal(found[:, 0], np.take_along_axis(x[..., 0].numpy(), order, axis=1))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_minibatches_of_a_gpu_are_those_of_the_cpu():
    x = torch.randn(6, 97, 2)
    here = minibatches.batches(x, x[:, :, :1], 32, generators())
    there = minibatches.batches(x.cuda(), x[:, :, :1].cuda(), 32, generators())
    for (a, b), (c, d), _ in zip(here, there, range(200), strict=False):
        assert torch.equal(a, c.cpu())
        assert torch.equal(b, d.cpu())
