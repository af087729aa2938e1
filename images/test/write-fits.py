"""Writes FITS files with astropy into the folder argv[1], and for each what astropy reads of it: NAME.f64, 8-byte floats."""
import gzip
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits

warnings.simplefilter('ignore')
folder = Path(sys.argv[1])
random = np.random.default_rng(9)
cases = []


def case(name, hdus, type, hdu=0, cards=None, packed=False):
    path = folder / (name + ('.fits.gz' if packed else '.fits'))
    fits.HDUList(hdus).writeto(path, overwrite=True)
    done(name, path, type, hdu, cards)


def done(name, path, type, hdu=0, cards=None):
    with fits.open(path, memmap=False) as opened:
        data = np.asarray(opened[hdu].data, dtype='<f8')
    (folder / (name + '.f64')).write_bytes(data.tobytes())
    shape = list(data.shape)
    cases.append({'name': name, 'file': path.name, 'height': shape[-2], 'width': shape[-1],
                  'planes': shape[0] if len(shape) == 3 else 1, 'type': type, 'cards': cards or {}})


def sky(shape=(53, 71)):
    """As a picture of the sky is: a slope, noise, some bright spots."""
    y, x = np.indices(shape[-2:])
    picture = 300 + x * 0.7 + y * 0.3 + random.normal(0, 5, shape)
    for _ in range(12):
        cx, cy = random.uniform(0, shape[-1]), random.uniform(0, shape[-2])
        picture = picture + random.uniform(100, 20000) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 4)
    return picture


def blanks(picture, value=np.nan):
    picture = picture.copy()
    picture[3, 4:9] = value
    picture[-1, -1] = value
    return picture


def scaled(array, scale, zero, **cards):
    """Stored numbers as they are, and what they mean in the header."""
    hdu = fits.PrimaryHDU(array)
    hdu.header['BSCALE'] = scale
    hdu.header['BZERO'] = zero
    for keyword, value in cards.items():
        hdu.header[keyword] = value
    # astropy would drop them with a new array: they are written as text.
    return hdu


# Every BITPIX, plain and gzipped.
for name, dtype, type in [('u8', 'u1', 'u8'), ('i16', 'i2', 'i16'), ('u16', 'u2', 'u16'), ('i32', 'i4', 'i32'),
                          ('u32', 'u4', 'f64'), ('i64', 'i8', 'f64'), ('f32', 'f4', 'f32'), ('f64', 'f8', 'f64')]:
    if dtype.startswith('f'):
        array = blanks(sky()).astype(dtype)
    else:
        info = np.iinfo(dtype)
        # Whole numbers that 8-byte floats hold.
        low, high = max(info.min, -2 ** 50), min(info.max, 2 ** 50)
        array = random.integers(low, high, (53, 71), dtype=dtype, endpoint=True)
        array[0, 0], array[0, 1] = low, high
    case('plain-' + name, [fits.PrimaryHDU(array)], type)
    case('gzip-' + name, [fits.PrimaryHDU(array)], type, packed=True)
    colour = np.stack([array, array[::-1], array[:, ::-1]])
    case('colour-' + name, [fits.PrimaryHDU(colour)], type)
    case('colour-gzip-' + name, [fits.PrimaryHDU(colour)], type, packed=True)

case('i8', [fits.PrimaryHDU(random.integers(-128, 127, (9, 7), dtype='i1'))], 'i16')


# Scales and blanks: written byte by byte, for astropy changes them.
def raw(name, array, type, **cards):
    hdu = fits.PrimaryHDU(array)
    path = folder / (name + '.fits')
    hdu.writeto(path, overwrite=True)
    bytes_ = path.read_bytes()
    at = bytes_.index(b'END' + b' ' * 77)
    text = ''.join(f'{keyword:8}= {value!r:>20}'.ljust(80) for keyword, value in cards.items()).encode()
    path.write_bytes(bytes_[:at] + text + bytes_[at:at + 80] + b' ' * (2880 - at - 80 - len(text)) + bytes_[2880:])
    done(name, path, type)


small = random.integers(0, 255, (21, 33))
raw('scaled-8', small.astype('u1'), 'f32', BSCALE=0.5, BZERO=-7.25)
raw('scaled-16', small.astype('i2'), 'f32', BSCALE=0.125, BZERO=1000.0)
raw('scaled-32', small.astype('i4'), 'f64', BSCALE=0.001, BZERO=3.0)
raw('scaled-f32', small.astype('f4'), 'f32', BSCALE=2.0, BZERO=-1.0)
raw('blank-8', small.astype('u1'), 'f32', BLANK=17)
raw('blank-16', small.astype('i2'), 'f32', BLANK=23)
raw('blank-16-scaled', small.astype('i2'), 'f32', BLANK=23, BSCALE=3.0, BZERO=32768.0)
raw('blank-32', small.astype('i4'), 'f64', BLANK=99)

# Headers.
hdu = fits.PrimaryHDU(small.astype('i2'))
hdu.header['OBJECT'] = ("it's a door", 'what is seen')
hdu.header['LONGTEXT'] = 'a long text with "quotes" and \'single\' ones, ' * 6
hdu.header['HIERARCH ajar device name'] = 'garage'
hdu.header['HIERARCH ajar threshold'] = 0.75
hdu.header['EXPONENT'] = 1.5e-20
hdu.header['NEGATIVE'] = -42
hdu.header['YES'] = True
hdu.header['NOTHING'] = None
hdu.header['EMPTY'] = ''
hdu.header['HISTORY'] = 'made by a test'
case('cards', [hdu], 'i16', cards={
    'OBJECT': "it's a door", 'LONGTEXT': ('a long text with "quotes" and \'single\' ones, ' * 6).rstrip(),
    'AJAR DEVICE NAME': 'garage', 'AJAR THRESHOLD': 0.75, 'EXPONENT': 1.5e-20, 'NEGATIVE': -42, 'YES': True, 'NOTHING': None,
    'EMPTY': ''})

# Several extensions.
table = fits.BinTableHDU.from_columns([fits.Column('a', '1PJ()', array=np.array([[1, 2], [3]], dtype=object)),
                                       fits.Column('b', 'E', array=[1.0, 2.0])])
primary = fits.PrimaryHDU()
primary.header['TELESCOP'] = 'porch'
image = fits.ImageHDU(small.astype('i2'))
image.header['INHERIT'] = True
case('extension', [primary, table, image], 'i16', hdu=2, cards={'TELESCOP': 'porch', 'XTENSION': 'IMAGE'})
case('sci', [fits.PrimaryHDU(sky((8, 9)).astype('f4')), fits.ImageHDU(sky((5, 6)).astype('f4'), name='ERR'),
             fits.ImageHDU(small.astype('i2'), name='SCI'), fits.ImageHDU(sky((4, 4)), name='MASK')], 'i16', hdu=2)
case('sci-gzip', [fits.PrimaryHDU(), fits.ImageHDU(sky((5, 6)).astype('f4'), name='ERR'),
                  fits.ImageHDU(small.astype('u2'), name='SCI')], 'u16', hdu=2, packed=True)
case('flat-axes', [fits.PrimaryHDU(small.astype('i2').reshape(1, 1, 21, 33))], 'i16')
cases[-1]['planes'] = 1
case('spectrum-first', [fits.PrimaryHDU(np.arange(10.0)), fits.ImageHDU(small.astype('u1'))], 'u8', hdu=1)


def compressed(name, array, type, kind, tile=None, cards=None, **options):
    if tile:
        options['tile_size'] = tile
    image = fits.CompImageHDU(array, compression_type=kind, **options)
    image.header['OBJECT'] = 'porch'
    case(name, [fits.PrimaryHDU(), image], type, hdu=1,
         cards={'OBJECT': 'porch', 'NAXIS1': array.shape[-1], 'ZIMAGE': 'absent', 'XTENSION': 'IMAGE', **(cards or {})})


ints = {'u8': 'u1', 'i16': 'i2', 'u16': 'u2', 'i32': 'i4'}
tiles = {'rows': None, 'square': (16, 16), 'whole': (71, 53), 'odd': (13, 50)}
for kind in ['RICE_1', 'GZIP_1']:
    for name, dtype in ints.items():
        calm = (sky() / 100).clip(0, 255).astype(dtype)
        wild = random.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, (53, 71), dtype=dtype, endpoint=True)
        constant = np.full((53, 71), 7, dtype)
        for how, tile in tiles.items():
            compressed(f'{kind}-{name}-{how}'.lower(), calm, name, kind, tile)
        compressed(f'{kind}-{name}-wild'.lower(), wild, name, kind)
        compressed(f'{kind}-{name}-constant'.lower(), constant, name, kind)
    for name, dtype in {'f32': 'f4', 'f64': 'f8'}.items():
        for method in [-1, 1, 2]:
            picture = sky().astype(dtype)
            picture[10:14, 20:40] = 0
            compressed(f'{kind}-{name}-dither-{method}'.lower(), picture, name, kind, (71, 7), quantize_method=method,
                       dither_seed=9995 if method > 0 else 0)
            compressed(f'{kind}-{name}-blank-{method}'.lower(), blanks(picture), name, kind, quantize_method=method,
                       dither_seed=17 if method > 0 else 0)
        flat = np.zeros((53, 71), dtype)
        flat[:20] = random.normal(0, 1, (20, 71))
        # Rows that are all zero have no noise to tell by how much to round: they go to the other column.
        compressed(f'{kind}-{name}-flat'.lower(), flat, name, kind)
for how, tile in {'rows': None, 'planes': (33, 5, 1), 'through': (16, 8, 3)}.items():
    colour = np.stack([sky((21, 33)), sky((21, 33)), sky((21, 33))]).astype('i2')
    compressed(f'colour-rice-{how}', colour, 'i16', 'RICE_1', tile)
compressed('colour-rice-f32', np.stack([sky((21, 33))] * 3).astype('f4'), 'f32', 'RICE_1')
long = sky((150, 300)).astype('f4')
# More samples in a tile than the random sequence has.
compressed('dither-long', long, 'f32', 'RICE_1', (300, 150), quantize_method=1, dither_seed=10000)
compressed('f32-lossless', sky().astype('f4'), 'f32', 'GZIP_1', quantize_level=0)
compressed('f64-lossless', blanks(sky()), 'f64', 'GZIP_1', quantize_level=0)


# What astropy does not write, as the standard describes it: a table made by hand, which astropy reads.
def by_hand(name, array, type, kind, columns, extra=None, form='P', packed=False, expected=None):
    rows = len(columns[0][1])
    defined = []
    for label, values, element in columns:
        if isinstance(values[0], (int, float)):
            defined.append(fits.Column(label, element, array=np.array(values)))
        else:
            arrays = np.empty(rows, object)
            for i, value in enumerate(values):
                arrays[i] = np.frombuffer(value, 'u1') if isinstance(value, bytes) else np.asarray(value)
            defined.append(fits.Column(label, f'1{form}{element}()', array=arrays))
    hdu = fits.BinTableHDU.from_columns(defined)
    bitpix = {'u1': 8, 'i2': 16, 'i4': 32, 'f4': -32, 'f8': -64}[array.dtype.str[1:]]
    header = {'ZIMAGE': True, 'ZCMPTYPE': kind, 'ZBITPIX': bitpix, 'ZNAXIS': 2, 'ZNAXIS1': array.shape[1],
              'ZNAXIS2': array.shape[0], 'ZTILE1': array.shape[1], 'ZTILE2': 1, **(extra or {})}
    for keyword, value in header.items():
        hdu.header[keyword] = value
    path = folder / (name + ('.fits.gz' if packed else '.fits'))
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True)
    if expected is None:
        done(name, path, type, 1)
        return
    (folder / (name + '.f64')).write_bytes(np.asarray(expected, '<f8').tobytes())
    cases.append({'name': name, 'file': path.name, 'height': array.shape[0], 'width': array.shape[1], 'planes': 1,
                  'type': type, 'cards': {}})


def big(row):
    return row.astype(row.dtype.newbyteorder('>')).tobytes()


def shuffled(row):
    return np.frombuffer(big(row), 'u1').reshape(-1, row.dtype.itemsize).T.tobytes()


for name, dtype in {**ints, 'f32': 'f4', 'f64': 'f8'}.items():
    if name == 'u16':
        continue
    array = sky().astype(dtype) if dtype[0] != 'u' else (sky() / 100).clip(0, 255).astype('u1')
    # This release of astropy takes floats of the standard's kind, without ZSCALE, for whole numbers.
    known = array if dtype[0] == 'f' else None
    by_hand(f'gzip-2-{name}', array, name, 'GZIP_2', [('COMPRESSED_DATA', [gzip.compress(shuffled(r)) for r in array], 'B')],
            expected=known)
    by_hand(f'no-compress-{name}', array, name, 'NOCOMPRESS', [('COMPRESSED_DATA', [big(r) for r in array], 'B')], expected=array)
    by_hand(f'long-descriptors-{name}', array, name, 'GZIP_1', [('COMPRESSED_DATA', [gzip.compress(big(r)) for r in array], 'B')],
            form='Q', expected=known)
    by_hand(f'tiles-in-gzip-{name}', array, name, 'GZIP_1', [('COMPRESSED_DATA', [gzip.compress(big(r)) for r in array], 'B')],
            packed=True, expected=known)
    by_hand(f'other-columns-{name}', array, name, 'GZIP_1',
            [('COMPRESSED_DATA', [gzip.compress(big(r)) if i % 3 == 0 else b'' for i, r in enumerate(array)], 'B'),
             ('GZIP_COMPRESSED_DATA', [gzip.compress(big(r)) if i % 3 == 1 else b'' for i, r in enumerate(array)], 'B'),
             ('UNCOMPRESSED_DATA', [r if i % 3 == 2 else [] for i, r in enumerate(array)],
              {'u1': 'B', 'i2': 'I', 'i4': 'J', 'f4': 'E', 'f8': 'D'}[dtype])],
            expected=array)

whole = random.integers(-50, 50, (21, 33), dtype='i4')
whole[2, 3] = whole[5, 5] = -2147483648
scales = random.uniform(0.1, 2, 21)
zeros = random.uniform(-9, 9, 21)
meant = np.where(whole == -2147483648, np.nan, whole * scales[:, None] + zeros[:, None]).astype('f4')
by_hand('quantised-gzip-2', meant, 'f32', 'GZIP_2',
        [('COMPRESSED_DATA', [gzip.compress(shuffled(r)) for r in whole], 'B'), ('ZSCALE', scales, 'D'), ('ZZERO', zeros, 'D')],
        {'ZBLANK': -2147483648, 'ZQUANTIZ': 'NO_DITHER'}, expected=meant)
by_hand('quantised-blank-column', meant, 'f32', 'GZIP_1',
        [('COMPRESSED_DATA', [gzip.compress(big(r)) for r in whole], 'B'), ('ZSCALE', scales, 'D'), ('ZZERO', zeros, 'D'),
         ('ZBLANK', [-2147483648] * 21, 'J')], expected=meant)
by_hand('blank-whole', whole, 'f64', 'GZIP_1', [('COMPRESSED_DATA', [gzip.compress(big(r)) for r in whole], 'B')],
        {'ZBLANK': -2147483648}, expected=np.where(whole == -2147483648, np.nan, whole))

(folder / 'cases.json').write_text(json.dumps(cases))
