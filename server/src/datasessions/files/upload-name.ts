import { open } from 'node:fs/promises'
import { basenameOf } from '@ajar/images'

/** With a number, and encoded, it stands in a path of the API, which takes 200 characters for it. */
const MOST_CHARACTERS = 180
const ENDINGS = /\.(jpe?g|png|tiff?|fits|fit|fts)$/i

/** The basename of a file that somebody calls `name`: letters, digits and a few signs, whatever else it holds. */
export function nameOfUpload(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  const plain = basenameOf(last)
    .replace(ENDINGS, '')
    .toWellFormed()
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._+-]+/gu, '-')
    .replace(/^[.+-]+|[.-]+$/g, '') // a spreadsheet takes `+` and `-` for the beginning of a formula
  let short = ''
  for (const character of plain) {
    if (encodeURIComponent(short + character).length > MOST_CHARACTERS) break
    short += character
  }
  return short || 'upload'
}

/** `name`, `name-2`, `name-3` ... */
export function numbered(basename: string, number: number): string {
  return number === 1 ? basename : `${basename}-${number}`
}

/** How the file is called on its way back, by what it holds: `.fits`, `.fits.gz`, `.jpg`. */
export async function endingOf(path: string, kind: 'fits' | 'jpeg' | 'png' | 'tiff'): Promise<string> {
  if (kind !== 'fits') return { jpeg: '.jpg', png: '.png', tiff: '.tif' }[kind]
  return (await isGzip(path)) ? '.fits.gz' : '.fits'
}

/** RFC 1952, 2.3.1 */
async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}
