"""Pointwise losses by family; each names the functional that it elicits.

A loss is a pure function of predictions and responses for any training loop of torch, `loss(model(x), y).mean().backward()`.
It returns one loss per sample, and shapes that torch would broadcast are refused with ValueError. With n samples, k outputs
and, for many problems at once, reps replicates it takes

- `squared`, `barron` and the robust losses: predictions and y of one shape, whatever it is;
- `pinball`, `smooth_pinball`, `expectile`: the same, or y with one column beside k outputs, one for each level;
- `cross_entropy`, `weighted`, `focal`, `expected_cost`, `logit_adjusted`, `balanced_softmax`, `ldam`, `vector_scaling`: one logit
  (n,) or (n, 1), or k logits (n, k), and y (n,) or (n, 1), the number of the class, which may be of any type; or (reps, n, k)
  with y (reps, n, 1). Losses have the shape of y;
- `squared_probability`, `pairwise_squared`, `dice`, `tversky`, `generalised_dice`, `dice_cross_entropy`: one logit, likewise. All
  but the first are ratios of sums or means of pairs over the samples of a problem, repeated for each;
- `adaptive`, `adaptive_shared`: three outputs (n, 3) and y (n,) or (n, 1), or (reps, n, 3) and (reps, n, 1).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
