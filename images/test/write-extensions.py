"""A FITS file of two amplifiers, with a table between them, plain and compressed in tiles: `write-extensions.py FOLDER`."""
import sys

import numpy as np
from astropy.io import fits

folder = sys.argv[1]
primary = fits.PrimaryHDU()
primary.header['OBSERVER'] = 'Ada'


def amplifier(name, data, section, kind=fits.ImageHDU):
    unit = kind(data, name=name)
    unit.header['DETSEC'] = section
    unit.header['INHERIT'] = True
    return unit


table = fits.BinTableHDU.from_columns([fits.Column('x', 'J', array=np.arange(3))], name='T')
data = [np.arange(35, dtype='i2').reshape(5, 7), 1000 + np.arange(36, dtype='i2').reshape(4, 9)]
for ending, kind in (('', fits.ImageHDU), ('.fz', fits.CompImageHDU)):
    units = [primary, amplifier('A1', data[0], '[1:7,1:5]', kind), table, amplifier('A2', data[1], '[8:16,1:4]', kind)]
    fits.HDUList(units).writeto(f'{folder}/amplifiers.fits{ending}')
