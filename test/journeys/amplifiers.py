"""A raw sensor of four amplifiers, two of them read out from the right and two from the top, as an observatory's FITS file has
it: `amplifiers.py FOLDER` writes it and prints where its areas are in the mosaic, and how noisy each is."""
import json
import sys

import numpy as np
from astropy.io import fits

folder = sys.argv[1]
chance = np.random.default_rng(10)
WIDTH, HEIGHT, BEFORE, LIT_WIDTH, LIT_HEIGHT = 14, 11, 3, 8, 9
AREAS = {'data': 1, 'pre': 2, 'post': 3, 'over': 4}

# What each pixel of a picture is, as it is read out.
kinds = np.full((HEIGHT, WIDTH), AREAS['over'])
kinds[:LIT_HEIGHT, :] = AREAS['post']
kinds[:LIT_HEIGHT, :BEFORE] = AREAS['pre']
kinds[:LIT_HEIGHT, BEFORE:BEFORE + LIT_WIDTH] = AREAS['data']

units = [fits.PrimaryHDU()]
mosaic = np.zeros((2 * HEIGHT, 2 * WIDTH), dtype='i4')
where = np.zeros_like(mosaic)
amplifiers = []
for row in range(2):
    for column in range(2):
        data = (1000 + 300 * kinds + 20 * chance.standard_normal(kinds.shape) * (1 + kinds)).astype('i4')
        unit = fits.ImageHDU(data, name=f'Segment{row}{column}')
        x, y = [column * LIT_WIDTH + 1, (column + 1) * LIT_WIDTH], [row * LIT_HEIGHT + 1, (row + 1) * LIT_HEIGHT]
        x, y = x[::-1] if column else x, y[::-1] if row else y
        unit.header['DETSIZE'] = f'[1:{2 * LIT_WIDTH},1:{2 * LIT_HEIGHT}]'
        unit.header['DETSEC'] = f'[{x[0]}:{x[1]},{y[0]}:{y[1]}]'
        unit.header['DATASEC'] = f'[{BEFORE + 1}:{BEFORE + LIT_WIDTH},1:{LIT_HEIGHT}]'
        unit.header['BIASSEC'] = f'[{BEFORE + LIT_WIDTH + 1}:{WIDTH},1:{LIT_HEIGHT}]'
        units.append(unit)
        turn = (slice(None, None, -1 if row else 1), slice(None, None, -1 if column else 1))
        place = (slice(row * HEIGHT, (row + 1) * HEIGHT), slice(column * WIDTH, (column + 1) * WIDTH))
        mosaic[place], where[place] = data[turn], kinds[turn]
        amplifiers.append((unit.name, place))
fits.HDUList(units).writeto(f'{folder}/raw.fits')

told = []
for name, place in amplifiers:
    said = {'name': name}
    for area, kind in AREAS.items():
        ys, xs = np.nonzero(where[place] == kind)
        ys, xs = ys + place[0].start, xs + place[1].start
        said[area] = {'x1': int(xs.min()), 'x2': int(xs.max()), 'y1': int(ys.min()), 'y2': int(ys.max())}
        said[f'{area} noise'] = float(np.std(mosaic[ys, xs]))
    told.append(said)
print(json.dumps({'amplifiers': told, 'mean': float(mosaic.mean())}))
