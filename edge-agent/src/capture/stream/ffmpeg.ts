/** What all calls of ffmpeg share. */
export const ffmpeg = { name: 'ffmpeg', install: 'sudo apt install ffmpeg' }
export const quietly = ['-hide_banner', '-loglevel', 'error', '-nostdin']
const toPipe = ['-flush_packets', '1', '-f', 'mjpeg', 'pipe:1']

/**
 * The camera's own JPEGs, not decoded. The filter puts in the Huffman tables that many webcams leave out, without which
 * most programs cannot show a picture.
 */
export const passedThrough = ['-an', '-c:v', 'copy', '-bsf:v', 'mjpeg2jpeg', ...toPipe]

/** Pictures decoded and encoded anew, `rate` of them a second; `quality` as JPEGs have it, 1 to 100. */
export function encoded(rate: number, quality: number, filters: string[] = []): string[] {
  const scale = Math.round(2 + ((100 - quality) * 29) / 99)
  const all = [`fps=${rate}`, ...filters].join(',')
  return ['-an', '-vf', all, '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', String(scale), ...toPipe]
}
