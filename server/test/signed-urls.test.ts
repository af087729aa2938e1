import { statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FILES_PATH, SignedUrls } from '../src/datasessions/files/signed-urls.ts'
import { temporaryFolder } from './temporary-folder.ts'

const HOUR = 3_600_000
const BASE = 'https://ajar.example.net'
const PARTS = ['datalab', '0123456789abcdef', 'a name/with ü', 'fits']

function partsOf(url: string): [string[], number, string] {
  const { pathname, searchParams } = new URL(url)
  const parts = pathname
    .slice(FILES_PATH.length + 1)
    .split('/')
    .map(decodeURIComponent)
  return [parts, Number(searchParams.get('expires')), searchParams.get('signature') ?? '']
}

async function folder() {
  return join(await temporaryFolder(onTestFinished), 'laboratory', 'key')
}

test('an address is good for an hour and ten minutes at most', async () => {
  let now = 1_760_000_123_456
  const urls = await SignedUrls.open(await folder(), () => now)
  const made = now
  const [parts, expires, signature] = partsOf(urls.url(BASE, ...PARTS))
  expect(parts).toEqual(PARTS)
  const check = () => urls.check(parts, expires, signature)
  for (now of [made, made + HOUR]) expect(check).not.toThrow()
  now = made + HOUR + 600_001
  expect(check).toThrow('expired')
  expect(() => urls.check(parts, expires + HOUR, signature)).toThrow('not valid')
})

test('whoever asks every few seconds gets the same address', async () => {
  let now = 1_760_000_400_001
  const urls = await SignedUrls.open(await folder(), () => now)
  const first = urls.url(BASE, ...PARTS)
  now += 5000
  expect(urls.url(BASE, ...PARTS)).toBe(first)
})

test.each([
  ['another name', [...PARTS.slice(0, 2), 'other', 'fits']],
  ['another form', [...PARTS.slice(0, 3), 'original']],
  ['parts that are put together otherwise', ['datalab', '0123456789abcdef', 'a name', 'with ü', 'fits']],
  ['fewer parts', PARTS.slice(0, 3)],
])('%s is refused', async (_, parts) => {
  const urls = await SignedUrls.open(await folder())
  const [, expires, signature] = partsOf(urls.url(BASE, ...PARTS))
  expect(() => urls.check(parts, expires, signature)).toThrow('not valid')
})

test('the key is kept, for nobody else to read; half of one is none', async () => {
  const file = await folder()
  const [one, same] = await Promise.all([SignedUrls.open(file), SignedUrls.open(file)])
  const signed = partsOf(one.url(BASE, ...PARTS))
  expect(() => same.check(...signed)).not.toThrow()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const later = await SignedUrls.open(file)
  expect(() => later.check(...signed)).not.toThrow()
  truncateSync(file, 7)
  const other = await SignedUrls.open(file)
  expect(() => other.check(...signed)).toThrow('not valid')
})
