import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, type FileHandle, open, realpath, rename, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type Image, toJpeg, toTiff, writeFits, zscale } from '@ajar/images'
import {
  type Cell,
  type FileOptions,
  type FitsOptions,
  OperationError,
  type OperationWork,
  type TableOptions,
} from '../operation.ts'
import { type Made, type MadeFile, OUT, SCRATCH } from './perform-messages.ts'
import type { Provenance } from './provenance.ts'

/** In pixels, longer side. */
const LARGE = 2000
const SMALL = 300
const MOST_FILES = 1000
const MOST_DATA_BYTES = 4 * 1024 * 1024
const NAME = /^[a-z0-9][a-z0-9-]{0,59}$/
/** So much of a table is held before it is written. */
const TABLE_PIECE = 1 << 20

type Writing = Pick<OperationWork, 'fits' | 'picture' | 'table' | 'json' | 'jsonFile' | 'video' | 'data'>

/** Writes what an operation makes, each on the disk when its call resolves. */
export class Outputs implements Writing {
  readonly #folder: string
  readonly #mostBytes: number
  readonly #provenance: Pick<Provenance, 'cards'>
  readonly #files: MadeFile[] = []
  readonly #names = new Set<string>()
  #data: unknown[] | null = null
  #bytes = 0

  /** @param folder of the operation's process */
  constructor(folder: string, mostBytes: number, provenance: Pick<Provenance, 'cards'>) {
    this.#folder = folder
    this.#provenance = provenance
    this.#mostBytes = mostBytes
  }

  /** All that was made. @throws OperationError where it is nothing, or too much */
  made(): Made {
    if (this.#files.length === 0 && this.#data === null) throw new Error('the operation made nothing')
    if (this.#data !== null && Buffer.byteLength(JSON.stringify(this.#data)) > MOST_DATA_BYTES)
      throw new OperationError('too_much_data', `what it found takes more than ${MOST_DATA_BYTES} bytes: give it less`)
    return { files: this.#files, data: this.#data }
  }

  /** Of what is on the disk beside it while it is made. @throws Error `no_room` */
  takeRoom(bytes: number) {
    this.#requireRoom(bytes, 'its copies of the pictures take')
    this.#bytes += bytes
  }

  async fits(name: string, image: Image, options: FitsOptions = {}) {
    const { cards = [], stretch = 'zscale', original, ...about } = options
    this.#begin(name)
    this.#requireRoom(image.samples.byteLength)
    const fits = `${name}.fits`
    await writeFits(this.#path(fits), image, this.#provenance.cards(cards, about))
    const isAsShown = stretch === null && image.samples instanceof Uint8Array
    const looks = await this.#looks(name, image, stretch === null ? (isAsShown ? null : AS_BYTES) : zscale(image))
    await this.#end(name, 'fits', { fits, ...looks, ...(await this.#kept(name, original)) })
  }

  async picture(name: string, image: Image, { original }: FileOptions = {}) {
    this.#begin(name)
    const is16 = image.samples instanceof Uint16Array
    if (!is16 && !(image.samples instanceof Uint8Array))
      throw new TypeError(`the picture ${name} has to have 8 or 16 bits a sample`)
    const tif = `${name}.tif`
    await this.#write(tif, await toTiff(image))
    const looks = await this.#looks(name, image, is16 ? AS_WORDS : null)
    await this.#end(name, 'image', { tif, ...looks, ...(await this.#kept(name, original)) })
  }

  /** As RFC 4180 has it. */
  async table(
    name: string,
    columns: readonly string[],
    rows: Iterable<readonly Cell[]> | AsyncIterable<readonly Cell[]>,
    { original, exact = false }: TableOptions = {},
  ) {
    this.#begin(name)
    const csv = `${name}.csv`
    await this.#writing(csv, async (write) => {
      let piece = lineOf(columns)
      for await (const row of rows) {
        if (row.length !== columns.length) throw new TypeError(`a row of ${name} has ${row.length} columns`)
        piece += lineOf(row, exact)
        if (piece.length < TABLE_PIECE) continue
        await write(piece)
        piece = ''
      }
      await write(piece)
    })
    await this.#end(name, 'table', { csv, ...(await this.#kept(name, original)) })
  }

  async json(name: string, value: unknown) {
    this.#begin(name)
    const json = `${name}.json`
    await this.#write(json, JSON.stringify(value))
    await this.#end(name, 'json', { json })
  }

  async jsonFile(name: string, path: string) {
    this.#begin(name)
    await this.#end(name, 'json', { json: await this.#move(path, `${name}.json`) })
  }

  async video(name: string, path: string, poster?: Image) {
    this.#begin(name)
    const video = await this.#move(path, `${name}.mp4`)
    await this.#end(name, 'video', {
      video,
      ...(poster ? { small: await this.#look(name, 'small', poster, null) } : {}),
    })
  }

  data(value: unknown) {
    this.#data = [...(this.#data ?? []), ...(Array.isArray(value) ? value : [value])]
  }

  #begin(name: string) {
    if (!NAME.test(name)) throw new Error(`${name} cannot be the name of a file that an operation makes`)
    if (this.#names.has(name)) throw new Error(`two files are called ${name}`)
    if (this.#names.size >= MOST_FILES) throw new OperationError('too_many_files', `more than ${MOST_FILES} files`)
    this.#names.add(name)
  }

  async #end(name: string, type: MadeFile['type'], forms: Record<string, string>) {
    const files = Object.values(forms).map((file) => this.#path(file))
    let bytes = 0
    for (const file of files) bytes += (await stat(file)).size
    this.#bytes += bytes
    this.#requireRoom(0)
    this.#files.push({ name, type, forms, bytes, sha256: await digestOf(files[0] ?? '') })
  }

  async #looks(name: string, image: Image, stretch: Stretch | null) {
    return {
      large: await this.#look(name, 'large', image, stretch),
      small: await this.#look(name, 'small', image, stretch),
    }
  }

  async #look(name: string, form: 'large' | 'small', image: Image, stretch: Stretch | null): Promise<string> {
    const size = form === 'large' ? LARGE : SMALL
    const file = `${name}-${form}.jpg`
    await this.#write(file, await toJpeg(image, { stretch, width: size, height: size }))
    return file
  }

  /** What a file was made of, as a form of it. */
  async #kept(name: string, original: FileOptions['original']): Promise<{ original?: string }> {
    return original ? { original: await this.#move(original.path, `${name}-original${original.ending}`) } : {}
  }

  /** Takes a file that a program has written; on the disk when it resolves. @param path below scratch */
  async #move(path: string, file: string): Promise<string> {
    // Whoever names it may have followed links of folders above.
    const scratch = await realpath(join(this.#folder, SCRATCH))
    if (relative(scratch, await realpath(path)).startsWith('..')) throw new Error(`${path} is not below scratch`)
    this.#requireRoom((await stat(path)).size)
    await rename(path, this.#path(file))
    await chmod(this.#path(file), 0o600)
    await sync(this.#path(file))
    return file
  }

  #write(file: string, content: string | Uint8Array): Promise<void> {
    return this.#writing(file, (write) => write(content))
  }

  async #writing(file: string, work: (write: (content: string | Uint8Array) => Promise<void>) => Promise<void>) {
    const handle: FileHandle = await open(this.#path(file), 'wx', 0o600)
    try {
      let bytes = 0
      await work(async (content) => {
        bytes += Buffer.byteLength(content)
        this.#requireRoom(bytes)
        await handle.writeFile(content)
      })
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  #requireRoom(bytes: number, what?: string) {
    if (this.#bytes + bytes > this.#mostBytes) throw noRoom(this.#bytes + bytes, this.#mostBytes, what)
  }

  #path(file: string): string {
    return join(this.#folder, OUT, file)
  }
}

type Stretch = { zmin: number; zmax: number }

const AS_BYTES: Stretch = { zmin: 0, zmax: 255 }
const AS_WORDS: Stretch = { zmin: 0, zmax: 65_535 }

/** What no one's inputs are at fault for: it is not remembered, and not tried again by itself. */
export const NO_ROOM = 'no_room'

export function noRoom(bytes: number, most: number, what = 'what it makes takes'): Error {
  const megabytes = (number: number) => `${Math.ceil(number / 1e6)} MB`
  const text =
    `${what} more than ${megabytes(bytes)}, and the laboratory has room for ${megabytes(most)}: ` +
    'delete operations or uploads, or have AJAR_LABORATORY_BYTES raised'
  return Object.assign(new Error(text), { code: NO_ROOM, fault: 'us' })
}

function lineOf(row: readonly Cell[], exact = false): string {
  return `${row.map((value) => cellOf(value, exact)).join(',')}\r\n`
}

function cellOf(value: Cell, exact: boolean): string {
  if (value === null || Number.isNaN(value)) return ''
  if (typeof value === 'boolean') return String(value)
  const text = typeof value === 'number' ? numberText(value, exact) : unlikeFormula(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * Names and states are somebody's: a spreadsheet takes what begins so for a formula, unless it is marked as text. What has
 * nothing but digits and their signs, as a declination does, does nothing there.
 */
function unlikeFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-][\d.: ]+$/.test(text) ? `'${text}` : text
}

/** All digits that a double has; not what summing left behind them. */
const DIGITS = 15

function numberText(value: number, exact: boolean): string {
  return String(exact || Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)))
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

async function sync(path: string) {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
