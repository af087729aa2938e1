"""Where a part of a picture is brightest."""

import numpy as np
from _picture import corner_of, part_of


def task(filename, params):
    part = part_of(filename, params)
    threshold = params.get("threshold", "max")
    level = part.max() if threshold == "max" else float(threshold)
    left, top = corner_of(params)
    places = np.argwhere(part >= level)[:500]
    return {"hotPixels": [{"x": int(x) + left, "y": int(y) + top} for y, x in places]}, None
