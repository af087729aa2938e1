import { existsSync } from 'node:fs'
import sharp from 'sharp'

/** Real pictures of fixed cameras; they are not part of the repository. */
const folder = process.env.AJAR_TEST_DATA ?? new URL('../../../shared/data', import.meta.url).pathname

/** Path below the folder of real pictures. */
export function realData(path: string): string {
  return `${folder}/${path}`
}

export const hasRealData = existsSync(folder)

/** A rendered door before a wall: simple, but its two states differ as a real one's do. */
export async function doorJpeg(options: {
  open: boolean
  light?: number
  width?: number
  height?: number
}): Promise<Buffer> {
  const { open, light = 150, width = 320, height = 240 } = options
  const grey = (level: number) => `rgb(${level},${level},${level})`
  const door = open ? grey(Math.round(light / 8)) : `rgb(${light},${Math.round(light / 2)},${Math.round(light / 4)})`
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240" width="${width}" height="${height}" preserveAspectRatio="none">
    <rect width="320" height="240" fill="${grey(light)}"/>
    <rect y="200" width="320" height="40" fill="${grey(Math.round(light / 2))}"/>
    <rect x="110" y="50" width="80" height="150" fill="${door}" stroke="black" stroke-width="4"/>
  </svg>`
  return await sharp(Buffer.from(picture)).jpeg().toBuffer()
}
