"""What numpy and astropy make of a part of a picture: `judge.py JSON` prints a list, of an answer for each that is asked."""
import json
import sys

import numpy as np
from astropy.io import fits


def part(file, region):
    """The grey picture, and which of its pixels count."""
    with fits.open(file, memmap=False) as opened:
        data = opened[0].data.astype('f8')
    if data.ndim == 3:
        # In 32 bits a grey pixel is as bright as each of its colours.
        data = (0.299 * data[0] + 0.587 * data[1] + 0.114 * data[2]).astype('f4').astype('f8')
    y, x = np.mgrid[:data.shape[0], :data.shape[1]]
    if region is None:
        return data, np.ones(data.shape, bool)
    at = region['value']
    if region['type'] == 'rect':
        return data, (x >= at['x1']) & (x <= at['x2']) & (y >= at['y1']) & (y <= at['y2'])
    return data, (x - at['center_x']) ** 2 + (y - at['center_y']) ** 2 <= at['radius'] ** 2


def answers(file, region, bins, low, high, threshold, rows):
    data, counts = part(file, region)
    known = data[counts & ~np.isnan(data)]
    low, high = known.min() if low is None else low, known.max() if high is None else high
    histogram, edges = np.histogram(known, bins, (low, high))
    hot = np.argwhere(counts & (data >= (known.max() if threshold == 'max' else threshold)))[:500]
    ys = np.nonzero(counts.any(1))[0]
    projs = []
    for top in range(ys[0], ys[-1] + 1, rows):
        inside = data[top:top + rows][counts[top:top + rows]]
        if not np.isnan(inside).all():
            projs.append([np.nanmean(inside), top, top + rows])
    return {'mean': known.mean(), 'noise': known.std(), 'hot': [[x, y] for y, x in hot], 'counts': histogram, 'edges': edges,
            'below': np.sum(known < low), 'above': np.sum(known > high), 'projs': projs}


print(json.dumps([answers(**one) for one in json.loads(sys.argv[1])], default=lambda value: value.tolist()))
