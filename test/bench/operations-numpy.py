"""What the laboratory's Median and Stacking do, as numpy does it: `operations-numpy.py median|stack LIST`, where LIST is a
file that names one in each line. Prints how long it took and what it took of memory, in ms and bytes."""
import json
import resource
import sys
import time

import numpy as np
from astropy.io import fits
from PIL import Image

what, names = sys.argv[1:]
with open(names) as lines:
    paths = lines.read().split()


def read(path):
    if path.endswith('.jpg'):
        with Image.open(path) as picture:
            return np.moveaxis(np.asarray(picture), 2, 0)
    with fits.open(path, memmap=False) as opened:
        return opened[0].data


started, began = time.perf_counter(), time.process_time()
if what == 'median':
    first = read(paths[0])
    stack = np.empty((len(paths), *first.shape), first.dtype.newbyteorder('='))
    for i, path in enumerate(paths):
        stack[i] = read(path)
    # Floating point may hold blanks, which the laboratory leaves out too.
    blanks = stack.dtype.kind == 'f' and np.isnan(stack).any()
    result = np.nanmedian(stack, axis=0) if blanks else np.median(stack, axis=0)
else:
    result = np.zeros(read(paths[0]).shape, 'f8')
    for path in paths:
        result += read(path)
ms, processor = 1000 * (time.perf_counter() - started), 1000 * (time.process_time() - began)
peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({'ms': ms, 'processorMs': processor, 'peakBytes': peak, 'sum': float(result.astype('f8').sum())}))
