"""A thousand networks at once, each on a data set of its own: how much of the risk of a network is variance?

`python thousand_networks.py` takes some seconds with the compiled kernel and a minute or two with torch; a number trains as many.
"""

import sys

import numpy as np
import pandas as pd

from dlstats import dgp, losses, montecarlo, nets, training


def main(replicates: int = 1000, n: int = 100, steps: int = 1000) -> pd.DataFrame:
    """Mean squared error at new points, under the squared and Huber's loss, with Monte Carlo errors."""
    process, generators = dgp.Friedman(), np.random.default_rng(777001).spawn(replicates)
    x, y = (np.stack(part) for part in zip(*(process.sample(n, rng) for rng in generators), strict=True))
    new = process.inputs(500, np.random.default_rng(777002))
    truth = process.regression(new)
    rows = []
    for name, loss in {"squared": losses.squared, "huber": losses.huber}.items():
        how = training.Training(steps=steps, learning_rate=0.01)
        fitted = training.train(x, y[..., None], training.Specification(nets.Mlp(x.shape[2], (32,)), how, loss))
        values = fitted.predict(new)[..., 0].numpy()
        rows.append(
            pd.DataFrame(
                {"method": name, "replicate": range(replicates), "status": fitted.status}
                | {"risk": ((values - truth) ** 2).mean(axis=1)}
            )
        )
    return montecarlo.summarise(pd.concat(rows), [("risk", "geometric_mean")], by="method")


if __name__ == "__main__":
    print(main(*map(int, sys.argv[1:])).to_string(index=False))
