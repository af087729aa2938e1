import { escaped, svgOf } from './svg.ts'

/** A text at the lower left of a picture, readable on whatever it shows. */
export function stampOver(text: string, { width, height }: { width: number; height: number }): Buffer {
  const size = Math.max(Math.round(Math.min(height / 22, width / 28)), 7)
  const [x, y] = [Math.round(size * 0.6), height - Math.round(size * 0.7)]
  const style = `font-size="${size}" font-weight="bold" fill="white" stroke="black" stroke-width="${size / 5}"`
  return svgOf(
    width,
    height,
    `<text x="${x}" y="${y}" ${style} stroke-linejoin="round" paint-order="stroke" xml:space="preserve">${escaped(text)}</text>`,
  )
}
