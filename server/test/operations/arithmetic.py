"""Makes pictures, and what numpy makes of pictures: `arithmetic.py make FOLDER` or `arithmetic.py judge FOLDER`, both of
which read JSON from standard input. Numbers come back as files of 64-bit floats."""
import json
import sys
import warnings

import numpy as np
from astropy.io import fits

what, folder = sys.argv[1:]
asked = json.load(sys.stdin)


def make(kind, count, shape):
    rng = np.random.default_rng(len(kind) + count)
    paths = []
    for i in range(count):
        data = rng.normal(1000, 300, shape)
        header = fits.Header()
        if kind == 'blank':
            data = data.astype('i2')
            data[rng.random(shape) < 0.3] = -32768
            header['BLANK'] = -32768
        elif kind == 'nan':
            data = data.astype('f4')
            data[rng.random(shape) < 0.3] = np.nan
            data[..., 0, 0] = np.nan
        elif kind == 'u2':
            data = (data + 40000).astype('u2')
        elif kind in ('rice', 'gzip'):
            data = data.astype('i2' if kind == 'rice' else 'f4')
        else:
            data = data.astype(kind)
        path = f'{folder}/{kind}-{i}.fits'
        if kind in ('rice', 'gzip'):
            path += '.fz'
            tiles = fits.CompImageHDU(data, compression_type='RICE_1' if kind == 'rice' else 'GZIP_2', quantize_level=0)
            fits.HDUList([fits.PrimaryHDU(), tiles]).writeto(path)
        else:
            fits.PrimaryHDU(data, header).writeto(path)
        paths.append(path)
    return paths


def read(path):
    with fits.open(path, memmap=False) as opened:
        data = next(part.data for part in opened if part.data is not None)
    return data


def judge(files, subtracted):
    stack = np.stack([read(path).astype('f8') for path in files])
    subtrahend = read(subtracted).astype('f8')
    present = np.sum(~np.isnan(stack), axis=0)
    results = {
        'median': np.nanmedian(stack, axis=0),
        'sum': np.where(present > 0, np.nansum(stack, axis=0), np.nan),
        'mean': np.nanmean(stack, axis=0),
        'subtracted': stack[0] - subtrahend,
        'normalized': stack[0] / np.nanmedian(stack[0]),
    }
    paths = {}
    for name, data in results.items():
        paths[name] = f'{folder}/numpy-{name}'
        data.astype('<f8').tofile(paths[name])
    return paths


warnings.simplefilter('ignore')
print(json.dumps({'make': make, 'judge': judge}[what](**asked)))
