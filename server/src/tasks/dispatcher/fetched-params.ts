import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { download, isFetched } from '../runners/download.ts'
import { IMAGE_URL } from '../task.ts'

/**
 * The file of parameters with the picture on this machine: `_imageURL` as an absolute path, fetched where it is an address of
 * another one. What is fetched, and the new file, are gone when this process ends.
 * @param path of the file as it was told; null: there are no parameters
 * @throws Error where it cannot be read, DownloadError
 */
export async function withLocalPicture(path: string | null, work: string): Promise<string | null> {
  if (path === null) return null
  const params = read(path)
  const url = params[IMAGE_URL]
  if (typeof url !== 'string' || url === '') return path
  const isRemote = isFetched(url)
  if (!isRemote && !/^file:/i.test(url) && url.startsWith('/')) return path
  const scratch = mkdtempSync(join(work, '.ajar-'))
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
  const local = isRemote ? await download(url, scratch, 1) : /^file:/i.test(url) ? pathOf(url) : resolve(work, url)
  const file = join(scratch, 'params.json')
  writeFileSync(file, JSON.stringify({ ...params, [IMAGE_URL]: local }))
  return file
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch (error) {
    throw new Error(`${url} is no file of this machine: ${(error as Error).message}`)
  }
}

function read(path: string): Record<string, unknown> {
  let params: unknown
  try {
    params = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`The parameters (-i ${path}) cannot be read: ${(error as Error).message}`)
  }
  if (params !== null && typeof params === 'object' && !Array.isArray(params)) return params as Record<string, unknown>
  throw new Error(`The parameters (-i ${path}) have to be an object.`)
}
