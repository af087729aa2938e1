import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { FRAME, python, startWithPictures } from './laboratory-pictures.ts'

const { server, archive, frame, call } = await startWithPictures()

describe('analysis', () => {
  const look = (action: string, body: object) => call('POST', `/api/analysis/${action}/`, body)
  const inArchive = (basename: string) => ({ basename, source: 'archive' })

  test('raw-data: samples made smaller, row by row, with how to stretch them', async () => {
    const { status, body } = await look('raw-data', { ...inArchive('plain'), max_size: 30 })
    expect({ status, ...body }).toMatchObject({ status: 200, width: 30, height: 20, bitdepth: 16 })
    expect(body.data.slice(0, 30)).toEqual(new Array(30).fill(body.data[0]))
    expect(body.data[30] - body.data[0]).toBe(10)
    expect(body.histogram.length + 1).toBe(body.bins.length)
    expect(body.histogram.reduce((sum: number, count: number) => sum + count)).toBe(600)
    const blank = (await look('raw-data', { ...inArchive('field'), max_size: 0 })).body
    expect([blank.width, blank.height, blank.bitdepth, blank.data[10 * 300 + 20]]).toEqual([300, 200, 32, null])
    expect(blank.zmin).toBeLessThan(blank.zmax)
    const colours = (await look('raw-data', inArchive(FRAME))).body
    expect([colours.width, colours.height, colours.bitdepth, colours.data.length]).toEqual([160, 120, 8, 160 * 120])
    const [grey = 0] = await sharp(frame)
      .extract({ left: 40, top: 50, width: 1, height: 1 })
      .removeAlpha()
      .raw()
      .toBuffer()
      .then(([r = 0, g = 0, b = 0]) => [0.299 * r + 0.587 * g + 0.114 * b])
    expect(Math.abs(colours.data[50 * 160 + 40] - grey)).toBeLessThanOrEqual(0.51)
  })

  test('line-profile: as numpy and astropy find it', async () => {
    const { data, info } = await sharp(frame).raw().toBuffer({ resolveWithObject: true })
    const raw = join(server.dataDir, 'frame.raw')
    writeFileSync(raw, data)
    const lines = [
      {
        basename: 'field',
        file: join(archive, 'field.fits'),
        full: [300, 200],
        shown: [300, 200],
        from: [3, 4],
        to: [250, 180],
      },
      {
        basename: 'field',
        file: join(archive, 'field.fits'),
        full: [300, 200],
        shown: [600, 400],
        from: [500, 41],
        to: [31, 390],
      },
      {
        basename: 'field',
        file: join(archive, 'field.fits'),
        full: [300, 200],
        shown: [100, 66.6],
        from: [99, 1.5],
        to: [99, 1.5],
      },
      {
        basename: 'packed',
        file: join(archive, 'packed.fits.fz'),
        full: [300, 200],
        shown: [150, 100],
        from: [0, 99],
        to: [149, 0],
      },
      {
        basename: 'plain',
        file: join(archive, 'plain.fits.gz'),
        full: [300, 200],
        shown: [300, 200],
        from: [10, 199],
        to: [299, 199],
      },
      { basename: FRAME, file: raw, full: [info.width, info.height], shown: [80, 60], from: [1.25, 2], to: [78, 57.5] },
    ]
    const scaled = lines.map(({ file, full, shown, from, to }) => ({
      file,
      size: full,
      line: [from, to].flatMap((place) => place.map((at, i) => (at * Number(full[i])) / Number(shown[i]))),
    }))
    const expected = JSON.parse(python('profile', JSON.stringify(scaled)).replaceAll('NaN', 'null'))
    for (const [i, { basename, shown, from, to }] of lines.entries()) {
      const { body } = await look('line-profile', {
        ...{ ...inArchive(basename), width: shown[0], height: shown[1] },
        ...{ x1: from[0], y1: from[1], x2: to[0], y2: to[1] },
      })
      const { values, sky } = expected[i]
      expect(body.line_profile.length).toBe(values.length)
      for (const [k, value] of values.entries())
        if (value === null) expect(body.line_profile[k]).toBeNull()
        else expect(Math.abs(body.line_profile[k] - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
      const nothing = { arcsec: null, start_coords: null, end_coords: null, position_angle: null }
      if (!sky) expect(body).toMatchObject(nothing)
      else {
        expect(Math.abs(body.arcsec - sky.arcsec)).toBeLessThan(1e-5)
        for (const k of [0, 1]) {
          expect(Math.abs(body.start_coords[k] - sky.start[k])).toBeLessThan(1e-9)
          expect(Math.abs(body.end_coords[k] - sky.end[k])).toBeLessThan(1e-9)
        }
        if (sky.arcsec > 0) expect(Math.abs(body.position_angle - sky.angle)).toBeLessThan(1e-5)
      }
    }
  })

  test('get-jpg and get-tif', async () => {
    const picture = async (body: object) => sharp(Buffer.from((await look('get-jpg', body)).body.jpg_base64, 'base64'))
    const black = await (await picture({ ...inArchive('plain'), zmin: 1000, zmax: 2000 })).stats()
    expect(black.channels[0]?.max).toBe(0)
    expect(await (await picture({ ...inArchive(FRAME), zmin: 0, zmax: 255 })).metadata()).toMatchObject({
      width: 160,
      channels: 3,
    })
    expect(await (await picture(inArchive('field'))).metadata()).toMatchObject({ width: 300, height: 200, channels: 1 })
    const { tif_url } = (await look('get-tif', inArchive('packed'))).body
    const tif = await fetch(tif_url)
    expect(tif.headers.get('content-type')).toBe('image/tiff')
    expect(tif.headers.get('content-disposition')).toBe('inline; filename="packed.tif"')
    const { data, info } = await sharp(Buffer.from(await tif.arrayBuffer()))
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true })
    const samples = new Uint16Array(Uint8Array.from(data).buffer)
    expect([info.width, info.height, samples[0], samples[300], samples.at(-1)]).toEqual([300, 200, 0, 300, 59999])
  })

  test('wcs', async () => {
    expect((await look('wcs', inArchive('field'))).body).toEqual({
      ...{
        crval: [83.6, 22],
        crpix: [150.5, 100.5],
        cd1: [-2e-4, 1e-5],
        cd2: [1e-5, 2e-4],
        fits_dimensions: [300, 200],
      },
    })
  })

  test.each([
    ['wcs', inArchive('plain')],
    ['raw-data', inArchive('cut')],
    ['raw-data', inArchive('huge')],
    ['raw-data', inArchive('notes')],
    ['raw-data', { ...inArchive('field'), max_size: -1 }],
    ['raw-data', { ...inArchive('field'), max_size: 'large' }],
    ['raw-data', {}],
    ['line-profile', { ...inArchive('field'), width: 10, height: 10, x1: 0, y1: 0, x2: 1e9, y2: 0 }],
    ['line-profile', { ...inArchive('field'), width: 0, height: 10, x1: 0, y1: 0, x2: 0, y2: 0 }],
    ['line-profile', inArchive('field')],
    ['get-jpg', { ...inArchive('field'), zmin: 3 }],
    ['get-tif', inArchive('cut')],
    ['source-catalog', inArchive('field')],
    ['centroiding', { ...inArchive('field'), x: 1, y: 1 }],
  ])('%s %o: 400 that says why', async (action, body) => {
    const answer = await look(action, body)
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 400, body: { error: expect.any(String) } })
    expect(answer.body.error.length).toBeGreaterThan(10)
  })

  test.each([
    inArchive('none'),
    inArchive('../plain'),
    inArchive('secret'),
    { basename: 'field', source: 'moon' },
    { basename: 'field', source: 'datalab' },
  ])('%o is not there', async (body) => {
    const answer = await look('raw-data', body)
    expect(answer).toMatchObject({ status: 404, body: { detail: expect.any(String) } })
    // Names count letter by letter.
    expect(answer.body.detail).toContain(body.source === 'moon' ? 'moon' : body.basename)
  })

  test('both forms of each path are answered, with their length, to pages of other servers too', async () => {
    for (const path of ['/api/analysis/wcs', '/api/analysis/wcs/']) {
      const { status, headers } = await call('POST', path, inArchive('field'))
      expect(status).toBe(200)
      expect(Number(headers.get('content-length'))).toBeGreaterThan(0)
      expect(headers.get('access-control-allow-origin')).toBe('*')
    }
  })
})
