import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { AT, FRAME, startWithPictures } from './laboratory-pictures.ts'

const { server, archive, call } = await startWithPictures()

describe('the archive', () => {
  const names = async (query: string) =>
    (await call('GET', `/archive/frames/${query}`)).body.results.map(({ basename }: { basename: string }) => basename)

  test('lists frames and FITS files, the newest observation first, as its clients read them', async () => {
    const { status, headers, body } = await call(
      'GET',
      '/archive/frames/?include_thumbnails=true&kind=frame&OBSTYPE=EXPOSE',
    )
    expect(status).toBe(200)
    expect(Number(headers.get('content-length'))).toBeGreaterThan(0)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(body).toMatchObject({ count: 3, next: null, previous: null })
    expect(body.results[2]).toMatchObject({
      ...{ id: FRAME, basename: FRAME, proposal_id: 'gate', target_name: 'door', primary_optical_element: 'unknown' },
      ...{ observation_date: new Date(AT).toISOString(), thumbnails: [{ size: 'small' }, { size: 'large' }] },
    })
    const all = await names('')
    expect(all).toEqual(expect.arrayContaining(['field', 'packed', 'plain', 'colours', 'again', FRAME]))
    expect(all).not.toContain('secret')
  })

  test.each([
    ['?kind=fits&basename=FIEL', ['field']],
    ['?basename_exact=packed', ['packed']],
    [`?basename_exact=${FRAME}`, [FRAME]],
    [`?basename=door_${String(AT).slice(0, 6)}&kind=frame`, [`gate_door_${AT + 60_000}`, FRAME]],
    ['?target_name=yard', [`gate_yard_${AT + 30_000}`]],
    ['?target_name=gate/yard&proposal_id=gate', [`gate_yard_${AT + 30_000}`]],
    ['?target_name=crab&primary_optical_element=RP&proposal_id=key2026&basename=field', ['field']],
    ['?proposal_id=nobody', []],
    ['?primary_optical_element=open', []],
    [`?start=${AT}&end=${AT + 30_000}&kind=frame`, [`gate_yard_${AT + 30_000}`, FRAME]],
    ['?start=2026-03-04T05:06:07&end=2026-03-04%2005:06:08&basename=field', ['field']],
    ['?kind=frame&limit=1&offset=1', [`gate_yard_${AT + 30_000}`]],
    ['?kind=frame&limit=1&offset=7', []],
  ])('%s', async (query, expected) => {
    expect(await names(query)).toEqual(expected)
  })

  test('pages lead to each other', async () => {
    const { body } = await call('GET', '/archive/frames/?kind=frame&limit=2')
    expect(body.next).toBe(`${server.url}/archive/frames/?kind=frame&limit=2&offset=2`)
    const { body: last } = await call('GET', body.next.slice(server.url.length))
    expect(last).toMatchObject({ count: 3, next: null, results: [{ basename: FRAME }] })
  })

  test.each(['?start=yesterday', '?start=2026-02-30', '?end=Nov%203', '?offset=99999999'])(
    '%s is refused by its field',
    async (query) => {
      const { status, body } = await call('GET', `/archive/frames/${query}`)
      expect(status).toBe(400)
      expect(Object.values(body)).toEqual([[expect.any(String)]])
    },
  )

  test('headers of a FITS file, and of a frame what is known of it', async () => {
    const { body } = await call('GET', '/archive/frames/field/headers')
    expect(body.data).toMatchObject({ OBJECT: 'Crab', NAXIS1: 300, CRVAL1: 83.6, SIMPLE: true })
    const of = await call('GET', `/archive/frames/${encodeURIComponent(`gate/door/${AT}`)}/headers/`)
    expect(of.body.data).toMatchObject({ INSTRUME: 'gate', OBJECT: 'door', FILTER: 'unknown' })
    expect((await call('GET', `/archive/frames/${FRAME}/`)).body).toMatchObject({ basename: FRAME })
  })

  test.each(['secret', '..%2Fsecret', '%2E%2E%2F%2E%2E%2Fetc%2Fpasswd', 'gate_door_7', 'none', '%00', 'notes'])(
    '%s is not there',
    async (id) => {
      const { status, body } = await call('GET', `/archive/frames/${id}/headers/`)
      expect({ status, body }).toEqual({ status: 404, body: { detail: expect.any(String) } })
    },
  )
})

describe('signed addresses', () => {
  const get = (url: string, headers: Record<string, string> = {}) => fetch(url, { headers })
  const urlOf = async (id: string) => (await call('GET', `/archive/frames/${id}/`)).body.url as string

  test('lead to the bytes without a token, in parts too', async () => {
    const url = await urlOf(FRAME)
    const whole = await get(url)
    expect(whole.status).toBe(200)
    const bytes = Buffer.from(await whole.arrayBuffer())
    expect((await sharp(bytes).metadata()).width).toBe(160)
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      ...{ 'content-type': 'image/jpeg', 'content-length': String(bytes.length), 'accept-ranges': 'bytes' },
      ...{ 'content-disposition': `inline; filename="${FRAME}.jpg"`, 'x-content-type-options': 'nosniff' },
      ...{ 'access-control-allow-origin': '*', 'cache-control': 'private, no-cache' },
    })
    expect(whole.headers.get('access-control-allow-credentials')).toBeNull()
    const part = await get(url, { range: 'bytes=10-19' })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe(`bytes 10-19/${bytes.length}`)
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20))
    const head = await fetch(url, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe(String(bytes.length))
    const again = await get(url, { 'if-none-match': whole.headers.get('etag') ?? '' })
    expect(again.status).toBe(304)
    expect((await fetch(url, { method: 'OPTIONS' })).status).toBe(200)
  })

  test.each([
    ['bytes=-5', 206],
    ['bytes=100000-', 206],
    ['bytes=0-', 206],
    ['bytes=9999999-', 416],
    ['bytes=-0', 416],
    ['bytes=5-2', 200],
    ['bytes=0-1,4-5', 200],
    ['pages=1-2', 200],
  ])('of a FITS file: %s is %i', async (range, status) => {
    const bytes = readFileSync(join(archive, 'field.fits'))
    const answer = await get(await urlOf('field'), { range })
    expect(answer.status).toBe(status)
    const [, from = 0, to = bytes.length - 1] =
      /bytes (\d+)-(\d+)/.exec(answer.headers.get('content-range') ?? '') ?? []
    if (status < 300)
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(Number(from), Number(to) + 1))).toBe(true)
    else expect(answer.headers.get('content-range')).toBe(`bytes */${bytes.length}`)
  })

  test('that were changed, or made up, are refused', async () => {
    const url = new URL(await urlOf(FRAME))
    const changed = [
      url.href.replace(FRAME, `gate_yard_${AT + 30_000}`),
      url.href.replace('original', '200x200.jpg'),
      url.href.replace(/expires=\d+/, `expires=${Date.now() + 86_400_000}`),
      url.href.replace(/signature=.{4}/, 'signature=AAAA'),
      url.href.replace(/signature=.*/, 'signature='),
      url.href.replace(FRAME, '..%2F..%2Fkey'),
    ]
    for (const one of changed) {
      const answer = await get(one)
      expect({ one, status: answer.status, body: await answer.json() }).toMatchObject({
        ...{ status: 403, body: { detail: expect.any(String) } },
      })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    }
    expect((await get(url.href.split('?')[0] ?? '')).status).toBe(400)
  })

  test('of thumbnails lead to JPEGs that fit inside, never larger than the picture', async () => {
    const sizeOf = async (path: string) => {
      const { body, status } = await call('GET', path)
      expect(status).toBe(200)
      const answer = await get(body.url)
      const { format, width, height } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata()
      return [format, width, height]
    }
    expect(await sizeOf('/thumbnails/field/?width=100&height=100')).toEqual(['jpeg', 100, 67])
    expect(await sizeOf('/thumbnails/field')).toEqual(['jpeg', 200, 133])
    expect(await sizeOf(`/thumbnails/${FRAME}/?width=2000&height=2000`)).toEqual(['jpeg', 160, 120])
    expect(await sizeOf('/thumbnails/packed/?width=50')).toEqual(['jpeg', 50, 33])
    expect((await call('GET', '/thumbnails/field/?width=5000')).status).toBe(400)
    const { url } = (await call('GET', '/thumbnails/cut/')).body
    expect((await get(url)).status).toBe(404)
  })
})
