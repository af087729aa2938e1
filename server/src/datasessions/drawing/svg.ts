import type { Image } from '@ajar/images'
import { OperationError } from '../operation.ts'
import { planar } from './shown.ts'

/** As a text or a value of an attribute (XML 1.0, 2.4); control characters, which no XML may hold, become spaces. */
export function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: just those
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu, ' ')
  return clean.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

export const FONT = 'font-family="DejaVu Sans, Liberation Sans, Noto Sans, Arial, sans-serif"'

/** An SVG of that size around what is drawn. */
export function svgOf(width: number, height: number, content: string): Buffer {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${size} ${FONT}>${content}</svg>`)
}

/** What an SVG shows, on white. @throws OperationError `no_font` */
export async function drawn(width: number, height: number, content: string): Promise<Image> {
  await mustHaveFont()
  const { default: sharp } = await import('sharp')
  const picture = sharp(svgOf(width, height, content))
    .flatten({ background: 'white' })
    .toColourspace('srgb')
  return planar(new Uint8Array(await picture.removeAlpha().raw().toBuffer()), width, height)
}

let hasFont: Promise<boolean> | null = null

/** Without a font texts are drawn as nothing at all, and nobody would know. @throws OperationError `no_font` */
export async function mustHaveFont(): Promise<void> {
  hasFont ??= drawsText()
  if (await hasFont) return
  hasFont = null
  throw new OperationError(
    'no_font',
    'the machine of the job worker has no font to write texts with: apt-get install fonts-dejavu-core there, then ask again',
    'environment',
  )
}

async function drawsText(): Promise<boolean> {
  const { default: sharp } = await import('sharp')
  const letter = svgOf(40, 40, '<text x="4" y="34" font-size="36" fill="black">H</text>')
  const { channels } = await sharp(letter).stats()
  return (channels[3]?.max ?? 0) > 0
}
