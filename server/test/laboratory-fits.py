"""Files that astropy writes for the laboratory's tests, and what numpy and astropy find in them.

laboratory-fits.py write FOLDER
laboratory-fits.py profile '[{"file", "size": [width, height], "line": [x1, y1, x2, y2]}, ...]'   coordinates of the whole picture, from 0
"""

import json
import sys

import numpy
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS


def write(folder):
    rng = numpy.random.default_rng(9)
    rows, columns = numpy.mgrid[0:200, 0:300]
    field = (1000 + 30 * rng.standard_normal((200, 300)) + 5000 * numpy.exp(-((rows - 80) ** 2 + (columns - 120) ** 2) / 50)).astype("f4")
    field[10, 20] = numpy.nan
    header = fits.Header()
    for keyword, value in {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 83.6, "CRVAL2": 22.0, "CRPIX1": 150.5, "CRPIX2": 100.5,
        "CD1_1": -2e-4, "CD1_2": 1e-5, "CD2_1": 1e-5, "CD2_2": 2e-4,
        "OBJECT": "Crab", "FILTER": "rp", "PROPID": "KEY2026", "DATE-OBS": "2026-03-04T05:06:07.500",
    }.items():
        header[keyword] = value
    fits.PrimaryHDU(field, header).writeto(f"{folder}/field.fits")
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU((rows * 300 + columns).astype("u2"), name="SCI")]).writeto(f"{folder}/packed.fits.fz")
    fits.PrimaryHDU((rows - 50).astype("i2")).writeto(f"{folder}/plain.fits.gz")
    fits.PrimaryHDU(rng.integers(0, 255, (3, 40, 60)).astype("u1")).writeto(f"{folder}/colours.fit")
    whole = open(f"{folder}/field.fits", "rb").read()
    open(f"{folder}/cut.fits", "wb").write(whole[: len(whole) // 2])
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32", "NAXIS   =                    2",
             "NAXIS1  =              1000000", "NAXIS2  =              1000000", "END"]
    open(f"{folder}/huge.fits", "w").write("".join(card.ljust(80) for card in cards).ljust(2880))
    open(f"{folder}/notes.fits", "w").write("these are notes")


def picture(file, size):
    if file.endswith(".raw"):  # red, green and blue, 8 bits each
        rgb = numpy.fromfile(file, "u1").reshape(size[1], size[0], 3)
        return rgb.astype("f8") @ numpy.array([0.299, 0.587, 0.114]), None
    with fits.open(file) as hdus:
        hdu = next(hdu for hdu in hdus if hdu.data is not None)
        return hdu.data.astype("f8"), WCS(hdu.header) if "CTYPE1" in hdu.header else None


def profile(asked):
    said = []
    for one in asked:
        data, wcs = picture(one["file"], one["size"])
        x1, y1, x2, y2 = one["line"]
        count = int(numpy.ceil(numpy.hypot(x2 - x1, y2 - y1) + 1))
        x, y = numpy.linspace(x1, x2, count), numpy.linspace(y1, y2, count)
        left, top = numpy.clip(numpy.floor(x).astype(int), 0, data.shape[1] - 2), numpy.clip(numpy.floor(y).astype(int), 0, data.shape[0] - 2)
        dx, dy = x - left, y - top
        values = (data[top, left] * (1 - dx) * (1 - dy) + data[top, left + 1] * dx * (1 - dy)
                  + data[top + 1, left] * (1 - dx) * dy + data[top + 1, left + 1] * dx * dy)
        answer = {"values": values.tolist(), "sky": None}
        if wcs:
            (ra1, ra2), (dec1, dec2) = wcs.wcs_pix2world([x1, x2], [y1, y2], 0)
            start, end = SkyCoord(ra1 * units.deg, dec1 * units.deg), SkyCoord(ra2 * units.deg, dec2 * units.deg)
            answer["sky"] = {"start": [ra1, dec1], "end": [ra2, dec2], "arcsec": start.separation(end).arcsec,
                             "angle": start.position_angle(end).deg}
        said.append(answer)
    print(json.dumps(said))


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    profile(json.loads(sys.argv[2]))
