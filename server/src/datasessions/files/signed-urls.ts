import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DetailError } from '../field-errors.ts'

const HOUR_MS = 3_600_000
/** Addresses asked for again and again stay the same so long: whoever polls does not load each picture again. */
const STEP_MS = 600_000
const KEY_BYTES = 32

/** Where files are had without a token, below each other by their parts. */
export const FILES_PATH = '/api/laboratory/files'

/**
 * Addresses that whoever holds them may read for an hour (at least; ten minutes more at most): HMAC-SHA256 over path and
 * expiry, with a key that never leaves the data folder.
 */
export class SignedUrls {
  readonly #key: Uint8Array
  readonly #now: () => number

  constructor(key: Uint8Array, now: () => number = () => Date.now()) {
    this.#key = key
    this.#now = now
  }

  /** With the key of a file, which is made where there is none. */
  static async open(keyFile: string, now?: () => number): Promise<SignedUrls> {
    return new SignedUrls(await keyIn(keyFile), now)
  }

  /**
   * @param base what stands before the path, see `baseOf`
   * @param parts of the path below `FILES_PATH`: names as they are, not encoded
   */
  url(base: string, ...parts: string[]): string {
    const path = pathOf(parts)
    const expires = Math.ceil((this.#now() + HOUR_MS) / STEP_MS) * STEP_MS
    return `${base}${path}?expires=${expires}&signature=${this.#sign(path, expires)}`
  }

  /** @throws DetailError 403 where the signature is of another path or time, or too old */
  check(parts: string[], expires: number, signature: string): void {
    const expected = Buffer.from(this.#sign(pathOf(parts), expires))
    const given = Buffer.from(signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new DetailError(403, 'The signature of this address is not valid.')
    if (expires < this.#now()) throw new DetailError(403, 'This address has expired: ask for a new one.')
  }

  #sign(path: string, expires: number): string {
    return createHmac('sha256', this.#key).update(`${path}\n${expires}`).digest('base64url')
  }
}

function pathOf(parts: string[]): string {
  return [FILES_PATH, ...parts.map(encodeURIComponent)].join('/')
}

/** Two that start at once agree: a link is made by one of them only. */
async function keyIn(file: string): Promise<Uint8Array> {
  const known = await readKey(file)
  if (known) return known
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const part = `${file}.${randomBytes(6).toString('hex')}.part`
  const handle = await open(part, 'wx', 0o600)
  try {
    await handle.writeFile(randomBytes(KEY_BYTES))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await link(part, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(part)
  await chmod(file, 0o600)
  const made = await readKey(file)
  if (!made) throw new Error(`${file} is no key: remove it, and another one is made`)
  return made
}

async function readKey(file: string): Promise<Uint8Array | null> {
  try {
    const key = await readFile(file)
    if (key.length >= KEY_BYTES) return key
    await rm(file) // half a key, of a power cut
    return null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
