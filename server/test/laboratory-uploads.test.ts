import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FRAME, startWithPictures } from './laboratory-pictures.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'

const { archive, call, upload, ann, bob } = await startWithPictures()

describe('uploads', () => {
  const png = async (number: number) =>
    new Uint8Array(
      await sharp(await plainJpeg(number))
        .png()
        .toBuffer(),
    )

  const noise = () =>
    sharp({
      create: {
        ...{ width: 400, height: 300, channels: 3, background: 'grey' },
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })

  test("are their owner's alone", async () => {
    const bytes = readFileSync(join(archive, 'field.fits'))
    const { status, body } = await upload('../../Crab nebula.fits', bytes)
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { basename: 'Crab-nebula', source: 'datalab', type: 'fits', bytes: bytes.length },
    })
    expect(body.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
    const read = await fetch(body.url)
    expect(read.headers.get('content-disposition')).toBe('inline; filename="Crab-nebula.fits"')
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true)
    const look = (token: string) =>
      call('POST', '/api/analysis/wcs/', { basename: 'Crab-nebula', source: 'datalab' }, token)
    expect((await look(ann)).body.crval).toEqual([83.6, 22])
    expect((await look(ADMIN_TOKEN)).status).toBe(200)
    for (const action of ['wcs', 'raw-data', 'get-jpg', 'get-tif']) {
      const other = await call('POST', `/api/analysis/${action}/`, { basename: 'Crab-nebula', source: 'datalab' }, bob)
      expect(other).toMatchObject({ status: 404, body: { detail: expect.any(String) } })
    }
    expect((await call('GET', '/thumbnails/Crab-nebula/', undefined, bob)).status).toBe(404)
    expect((await call('GET', '/api/laboratory/uploads', undefined, bob)).body.results).toEqual([])
    expect((await call('GET', '/api/laboratory/uploads')).body.results).toMatchObject([{ basename: 'Crab-nebula' }])
    expect((await call('DELETE', '/api/laboratory/uploads/Crab-nebula', undefined, bob)).status).toBe(404)
    expect((await call('DELETE', '/api/laboratory/uploads/Crab-nebula')).status).toBe(204)
    expect((await fetch(body.url)).status).toBe(404)
    expect((await look(ann)).status).toBe(404)
  })

  test('have a name each: the same bytes are the same file, other ones get a number', async () => {
    const [one, two] = [await png(11), await png(12)]
    const nameOf = async (...args: Parameters<typeof upload>) => (await upload(...args)).body.basename
    expect(await nameOf('gate.png', one)).toBe('gate')
    expect(await nameOf('gate.png', one)).toBe('gate')
    expect(await nameOf('other.png', one)).toBe('gate')
    expect(await nameOf('gate.png', two)).toBe('gate-2')
    expect(await nameOf('gate.png', one, bob)).toBe('gate-3')
    expect(await nameOf('field.png', two, bob)).toBe('field-2')
    expect(await nameOf(`${FRAME}.png`, await png(13))).not.toBe(FRAME)
    expect(await nameOf('...', await png(14))).toBe('upload')
    expect(await nameOf('/etc/passwd\u0000', await png(15))).toBe('passwd')
    expect(await nameOf('+1+1.png', await png(17))).toBe('1+1')
    expect(await nameOf('Tür "5".tif', await png(16))).toBe('Tür-5')
    const many = await Promise.all([21, 22].map(async (number) => nameOf('both.png', await png(number))))
    expect(many.sort()).toEqual(['both', 'both-2'])
  })

  test.each([
    ['notes', () => new TextEncoder().encode('these are notes')],
    ['nothing', () => new Uint8Array()],
    ['a FITS file of 10^12 pixels', () => readFileSync(join(archive, 'huge.fits'))],
    ['half a FITS file', () => readFileSync(join(archive, 'cut.fits'))],
    ['a cube that is no picture', () => cubeOf(5)],
    ['the begin of a JPEG', async () => (await noise().jpeg().toBuffer()).subarray(0, 700)],
    ['half a JPEG', async () => halfOf(await noise().jpeg().toBuffer())],
    ['half a JPEG of many scans', async () => halfOf(await noise().jpeg({ progressive: true }).toBuffer())],
    ['half a PNG', async () => halfOf(await noise().png().toBuffer())],
    ['half an interlaced PNG', async () => halfOf(await noise().png({ progressive: true }).toBuffer())],
    ['half a TIFF', async () => halfOf(await noise().tiff({ compression: 'deflate' }).toBuffer())],
    ['half a header', () => readFileSync(join(archive, 'field.fits')).subarray(0, 1000)],
  ])('%s is refused, and leaves nothing', async (_, bytes) => {
    const { status, body } = await upload('x.fits', await bytes())
    expect({ status, body }).toMatchObject({ status: 400, body: { file: [expect.any(String)] } })
    const all = (await call('GET', '/api/laboratory/uploads', undefined, ADMIN_TOKEN)).body.results
    expect(all.filter(({ basename }: { basename: string }) => basename.startsWith('x'))).toEqual([])
  })
})

test('what is too large, or finds no room, or does not come whole is refused and leaves nothing', async () => {
  const small = await RunningServer.start((undo) => onTestFinished(undo), {
    ...{ AJAR_LABORATORY_BYTES: '1MB', AJAR_MAX_IMPORT_BYTES: '1MB' },
  })
  const send = async (body: Uint8Array, chunked = false) => {
    const init = {
      ...{ method: 'POST', headers: { authorization: `Token ${ADMIN_TOKEN}` }, duplex: 'half' },
      body: chunked ? new Blob([new Uint8Array(body)]).stream() : new Uint8Array(body),
    }
    const answer = await fetch(`${small.url}/api/laboratory/uploads?name=noise.tif`, init as RequestInit)
    return { status: answer.status, body: await answer.json() }
  }
  const noise = async (side: number) => {
    const raw = randomBytes(side * side * 3)
    const picture = sharp(raw, { raw: { width: side, height: side, channels: 3 } })
    return new Uint8Array(await picture.tiff({ compression: 'none' }).toBuffer())
  }
  for (const chunked of [false, true])
    expect(await send(await noise(600), chunked)).toMatchObject({
      status: 413,
      body: { detail: expect.stringContaining('AJAR_MAX_IMPORT_BYTES') },
    })
  expect((await send(await noise(450), true)).status).toBe(201)
  expect(await send(await noise(460))).toMatchObject({
    status: 507,
    body: { detail: expect.stringContaining('AJAR_LABORATORY_BYTES') },
  })
  expect((await send(await noise(20))).status).toBe(201)
  const cut = connect(Number(new URL(small.url).port), '127.0.0.1')
  cut.write(
    `POST /api/laboratory/uploads?name=cut HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${ADMIN_TOKEN}\r\nContent-Length: 5000\r\n\r\n`,
  )
  cut.write('half')
  const uploads = join(small.dataDir, 'laboratory', 'uploads')
  await until(() => readdirSync(uploads).some((name) => name.endsWith('.part')))
  cut.destroy()
  await until(() => readdirSync(uploads).length === 2)
})

const halfOf = (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1)

/** A FITS file of 4 x 4 samples in so many planes. */
function cubeOf(planes: number): Uint8Array<ArrayBuffer> {
  const numbers = { BITPIX: 8, NAXIS: 3, NAXIS1: 4, NAXIS2: 4, NAXIS3: planes }
  const cards = Object.entries(numbers).map(([keyword, value]) => `${keyword.padEnd(8)}= ${String(value).padStart(20)}`)
  const header = ['SIMPLE  =                    T', ...cards, 'END'].map((card) => card.padEnd(80)).join('')
  return new TextEncoder().encode(header.padEnd(2880) + '\0'.repeat(2880))
}
