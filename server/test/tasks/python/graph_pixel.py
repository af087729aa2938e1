"""How often each level occurs in a part of a picture."""

import numpy as np
from _picture import part_of


def task(filename, params):
    part = part_of(filename, params)
    low, high = float(params["min"]), float(params["max"])
    if low > high:
        return None, "min is above max"
    counts, edges = np.histogram(part, params["bins"], (low, high))
    width = edges[1] - edges[0]
    return {
        "main": [[count, edges[i], edges[i + 1]] for i, count in enumerate(counts)],
        "underflow": [[np.sum(part < low), low - width, low]],
        "overflow": [[np.sum(part > high), high, high + width]],
    }, None
