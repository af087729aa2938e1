import { open } from 'node:fs/promises'

/** As far as the header of an image is looked for that says whether it is compressed in tiles. In bytes. */
const MOST_HEADERS = 128 * 1024

/** How a picture's file is to end, by what it holds: programs go by that. */
export async function endingOf(path: string): Promise<`.${string}`> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_HEADERS), 0, MOST_HEADERS, 0)
    const head = buffer.toString('latin1', 0, bytesRead)
    if (head.startsWith('\xff\xd8')) return '.jpg'
    if (head.startsWith('\x89PNG')) return '.png'
    if (/^(II[*+]\0|MM\0[*+])/.test(head)) return '.tif'
    if (head.startsWith('\x1f\x8b')) return '.fits.gz'
    return isTiled(head) ? '.fits.fz' : '.fits'
  } finally {
    await handle.close()
  }
}

/** An image compressed in tiles (FITS 4.0, 10.1): a card of a header says so. */
function isTiled(head: string): boolean {
  for (let at = 0; at < head.length; at += 80) if (/^ZIMAGE {2}= +T/.test(head.slice(at, at + 80))) return true
  return false
}
