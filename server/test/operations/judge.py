"""What numpy and astropy make of FITS files: `judge.py WHAT JSON` prints a list, of an answer for each that is asked."""
import json
import sys

import numpy as np
from astropy.io import fits

what, asked = sys.argv[1], json.loads(sys.argv[2])


def read(path):
    with fits.open(path, memmap=False) as opened:
        return opened[0].data.astype('f8')


def grey(data):
    """Rec. 601 luma of a cube of three planes."""
    return np.tensordot([0.299, 0.587, 0.114], data, 1) if data.ndim == 3 else data


def laplacian(data):
    return data[1:-1, :-2] + data[1:-1, 2:] + data[:-2, 1:-1] + data[2:, 1:-1] - 4 * data[1:-1, 1:-1]


def mad(data):
    return np.nanmedian(np.abs(data - np.nanmedian(data)))


def statistics(file, times, floor):
    data = grey(read(file))
    edges = laplacian(data)
    noise = 1.4826 * mad(edges) / np.sqrt(20)
    around = np.pad(data, 1, constant_values=np.nan)
    rows, columns = data.shape
    shifts = [(y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)]
    neighbours = np.stack([around[y:y + rows, x:x + columns] for y, x in shifts])
    known = np.sum(~np.isnan(neighbours), 0)
    highest = np.where(known > 0, np.nanmax(np.where(np.isnan(neighbours), -np.inf, neighbours), 0), np.nan)
    lowest = np.where(known > 0, np.nanmin(np.where(np.isnan(neighbours), np.inf, neighbours), 0), np.nan)
    hot = (data - times * max(noise, floor) > highest) & (data - highest > highest - lowest) & (known >= 3)
    return {'mean': np.nanmean(data), 'median': np.nanmedian(data), 'deviation': np.nanstd(data),
            'noise': noise, 'sharpness': np.nanvar(edges), 'minimum': np.nanmin(data), 'maximum': np.nanmax(data),
            'hot': [[int(x), int(y)] for y, x in np.argwhere(hot)]}


def otsu(file):
    """Each level of whole numbers is tried, by the definition: least variance within both classes."""
    levels, counts = np.unique(read(file), return_counts=True)
    best = None
    for i in range(1, len(levels)):
        within = 0
        for level, count in ((levels[:i], counts[:i]), (levels[i:], counts[i:])):
            mean = np.average(level, weights=count)
            within += np.sum(count * (level - mean) ** 2)
        if best is None or within < best[0] * (1 - 1e-12):
            best = (within, i)
    i = best[1]
    return {'level': float(levels[i - 1]), 'fraction': float(np.sum(counts[i:]) / np.sum(counts))}


def histogram(file, bins, low, high):
    data = read(file)
    planes = data if data.ndim == 3 else data[None]
    return [np.histogram(plane[np.isfinite(plane)], bins, (low, high))[0].tolist() for plane in planes]


def change(files, background, k, floor, ignore):
    """By the median of all files, or by a background."""
    pictures = [read(file) for file in files]
    scene = grey(read(background) if background else np.nanmedian(pictures, 0))
    found = []
    for picture in pictures:
        difference = grey(picture) - scene
        noise = 1.4826 * mad(difference)
        away = np.abs(difference - (np.nanmedian(difference) if ignore else 0))
        known = ~np.isnan(away)
        found.append({'noise': noise, 'fraction': float(np.sum(away[known] > k * max(noise, floor)) / np.sum(known))})
    return found


def edge(file, x1, y1, x2, y2, smoothing):
    data = read(file)
    data = data.mean(0) if data.ndim == 3 else data
    count = int(np.ceil(np.hypot(x2 - x1, y2 - y1) + 1))
    xs, ys = np.linspace(x1, x2, count), np.linspace(y1, y2, count)
    left, top = np.minimum(xs.astype(int), data.shape[1] - 2), np.minimum(ys.astype(int), data.shape[0] - 2)
    dx, dy = xs - left, ys - top
    profile = ((1 - dx) * (1 - dy) * data[top, left] + dx * (1 - dy) * data[top, left + 1]
               + (1 - dx) * dy * data[top + 1, left] + dx * dy * data[top + 1, left + 1])
    reach = int(np.ceil(3 * smoothing))
    steps = np.arange(-reach, reach + 1)
    weights = steps * np.exp(-steps ** 2 / (2 * smoothing ** 2))
    slopes = np.convolve(profile, weights[::-1], 'valid') / np.sum(weights * steps)
    best = int(np.argmax(np.abs(slopes)))
    bend = slopes[best - 1] - 2 * slopes[best] + slopes[best + 1]
    at = best + (slopes[best - 1] - slopes[best + 1]) / (2 * bend) + reach
    return {'profile': profile.tolist(), 'position': at * np.hypot(x2 - x1, y2 - y1) / (count - 1)}


def sky(files, places):
    """Where pixels (from 0) of each file lie in the sky."""
    from astropy.wcs import WCS
    return [WCS(fits.getheader(file)).celestial.all_pix2world(places[i], 0).tolist() for i, file in enumerate(files)]


print(json.dumps([globals()[what](**one) for one in asked], default=float))
