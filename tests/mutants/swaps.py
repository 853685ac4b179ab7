"""A mutation that Cosmic Ray lacks: two neighbours change places, as a column with another does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from cosmic_ray.operators.operator import Example, Operator  # pyright: ignore[reportMissingImports]

LISTS = {"arglist", "testlist_comp", "testlist", "testlist_star_expr", "exprlist", "subscriptlist"}
"""What parso calls arguments, members of lists and tuples, and indices."""
UNORDERED = {"argument", "star_expr"}
"""Named arguments, whose order does not matter, and those behind a star."""


class SwapNeighbours(Operator):
    """Two neighbouring arguments or members of a list change places, or the values of two keys of a dictionary."""

    def mutation_positions(self, node: Any) -> Iterator[tuple]:
        """Where two neighbours begin and end."""
        for one, two in self._pairs(node):
            yield node.children[one].start_pos, node.children[two].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The node with the neighbours of that pair swapped."""
        one, two = next(itertools.islice(self._pairs(node), index, None))
        node.children[one], node.children[two] = node.children[two], node.children[one]
        return node

    @staticmethod
    def _pairs(node: Any) -> Iterator[tuple[int, int]]:
        children = getattr(node, "children", [])
        marks = [getattr(child, "value", "") for child in children]
        places = []
        if node.type == "dictorsetmaker":
            places = [i + 1 for i, mark in enumerate(marks) if mark == ":"]
        elif node.type in LISTS and "," in marks:
            places = [i for i, child in enumerate(children) if marks[i] != "," and child.type not in UNORDERED]
        for one, two in itertools.pairwise(places):
            if children[one].get_code().strip() != children[two].get_code().strip():
                yield one, two

    @classmethod
    def examples(cls) -> tuple:
        """What it makes of a call and of a dictionary."""
        return Example("f(a, b)", "f( b,a)"), Example("x = {1: a, 2: b}", "x = {1: b, 2: a}")
