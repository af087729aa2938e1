import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Image, ImageReader, LoadOptions } from '@ajar/images'

/** What a TypeScript task is handed beside its parameters. */
export interface Work {
  /** Its working directory: files that nobody needs afterwards. */
  work: string
  /** Where a result has to be that it writes itself. */
  out: string
  /** All of a picture: FITS, JPEG, PNG or TIFF. @param url a path, file:// or http(s):// @throws ImageError, DownloadError */
  image(url: unknown, options?: LoadOptions): Promise<Image>
  /** The same to be read a few rows at a time, and with its header. Close it. */
  open(url: unknown): Promise<ImageReader>
  /** The path of a picture; what lies on another machine is fetched into `work`. */
  path(url: unknown): Promise<string>
  /** Writes a result that is no JSON. Return what it returns. @param name of the file, such as `table.csv` */
  file(name: string, contents: string | Uint8Array): { outfile: string }
}

export function workOf(work: string, out: string): Work {
  const fetched = new Map<string, Promise<string>>()
  const path = async (url: unknown) => {
    if (typeof url !== 'string' || url === '')
      throw new Error(`A picture is a path or an address, such as params._imageURL; this is ${shown(url)}.`)
    if (/^file:/i.test(url)) return fileURLToPath(url)
    if (!url.includes(':')) return url
    const { download, isFetched } = await import('./download.ts')
    if (!isFetched(url)) return url
    const once = fetched.get(url) ?? download(url, work, fetched.size + 1)
    fetched.set(url, once)
    return once
  }
  // Pictures are loaded when one is opened: most of what starting a task takes would be them.
  return {
    ...{ work, out, path },
    image: async (url, options) => (await import('@ajar/images')).loadImage(await path(url), options),
    open: async (url) => (await import('@ajar/images')).openImage(await path(url)),
    file(name, contents) {
      const outfile = join(out, basename(name))
      writeFileSync(outfile, contents)
      return { outfile }
    },
  }
}

function shown(value: unknown) {
  return value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 100) ?? typeof value)
}
