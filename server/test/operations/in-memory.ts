import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { basenameOf, type Card, type Image, loadImage, openImage } from '@ajar/images'
import type { TestContext } from 'vitest'
import { needs } from '../../../test/setup/needs.ts'
import type { CameraThen, Cell, InputFile, Operation, OperationWork } from '../../src/datasessions/operation.ts'
import { OPERATIONS } from '../../src/datasessions/operations.ts'
import { temporaryFolder, type Undo } from '../temporary-folder.ts'

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))

export interface Made {
  fits: Map<string, { image: Image; cards: Card[]; stretch: 'zscale' | null | undefined }>
  pictures: Map<string, Image>
  tables: Map<string, { columns: readonly string[]; rows: Record<string, Cell>[] }>
  videos: Map<string, { path: string; poster: Image | undefined }>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of every shape
  data: any
  /** As it was reported. */
  progress: number[]
  /** The most readers that were open at once. */
  mostOpen: number
}

export interface Setting {
  cameras?: Record<string, CameraThen>
  modelsFolder?: string
  /** Bytes of frames, by `camera/capturedAt`. */
  frames?: Map<string, Uint8Array>
}

export function operationNamed(name: string): Operation {
  const found = OPERATIONS.find((operation) => operation.name === name)
  if (!found) throw new Error(`no operation is called ${name}`)
  return found
}

/** Runs an operation on files, with what it declares by default, and keeps what it makes. */
export async function run(
  name: string,
  inputs: Record<string, unknown>,
  undo: Undo,
  { cameras = {}, modelsFolder = '', frames = new Map() }: Setting = {},
): Promise<Made> {
  const operation = operationNamed(name)
  const made: Made = {
    ...{ fits: new Map(), pictures: new Map(), tables: new Map(), videos: new Map() },
    ...{ data: undefined, progress: [], mostOpen: 0 },
  }
  const names = new Set<string>()
  let open = 0
  const placeOf = ({ at }: InputFile) =>
    'path' in at ? at.path : (frames.get(`${at.frame.camera}/${at.frame.capturedAt}`) ?? new Uint8Array())
  const work: OperationWork = {
    ...{ scratch: await temporaryFolder(undo), modelsFolder, engine: 'auto', cameras },
    open: async (file) => {
      const reader = await openImage(placeOf(file))
      made.mostOpen = Math.max(made.mostOpen, ++open)
      return new Proxy(reader, {
        get: (target, key) => {
          if (key === 'close') open -= 1
          const value = Reflect.get(target, key, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    },
    load: (file) => loadImage(placeOf(file)),
    bytes: async (file) => {
      const place = placeOf(file)
      return typeof place === 'string' ? new Uint8Array(await readFile(place)) : place
    },
    size: async (file) => {
      const place = placeOf(file)
      return typeof place === 'string' ? (await stat(place)).size : place.length
    },
    takeRoom: () => {},
    report: async (fraction) => void made.progress.push(fraction),
    fits: async (key, image, { cards = [], stretch } = {}) =>
      void made.fits.set(fresh(names, key), { image, cards, stretch }),
    picture: async (key, image) => void made.pictures.set(fresh(names, key), image),
    table: async (key, columns, rows) => {
      const named = (await Array.fromAsync(rows)).map((row) => {
        if (row.length !== columns.length) throw new Error(`a row of ${row.length} for ${columns.length} columns`)
        return Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null]))
      })
      made.tables.set(fresh(names, key), { columns, rows: named })
    },
    json: async () => {},
    jsonFile: async () => {},
    video: async (key, path, poster) => void made.videos.set(fresh(names, key), { path, poster }),
    data: (value) => {
      made.data = JSON.parse(JSON.stringify(value))
    },
  }
  await operation.perform({ ...defaultsOf(operation), ...inputs } as never, work)
  if (open !== 0) throw new Error(`${open} readers were left open`)
  return made
}

function fresh(names: Set<string>, key: string): string {
  // As the runner takes them.
  if (!/^[a-z0-9][a-z0-9-]{0,59}$/.test(key)) throw new Error(`${key} is no name for a file`)
  if (names.has(key)) throw new Error(`${key} is made twice`)
  names.add(key)
  return key
}

function defaultsOf({ inputs }: Operation): Record<string, unknown> {
  const fields = Object.entries(inputs).flatMap(([key, field]) => ('default' in field ? [[key, field.default]] : []))
  return Object.fromEntries(fields)
}

/** A file on the disk as an input. */
export function fileAt(path: string, more: Partial<InputFile> = {}): InputFile {
  return { basename: basenameOf(basename(path)), source: 'datalab', at: { path }, recorded: null, ...more }
}

/** A frame as an input. */
export function frameAt(camera: string, capturedAt: number, state: string | null = null): InputFile {
  const recorded = state === null ? null : { state, confidence: 0.9 }
  const name = `${camera.replace('/', '_')}_${capturedAt}`
  return { basename: name, source: 'archive', at: { frame: { camera, capturedAt } }, recorded }
}

/** Skips a test, and says so, where there are no real pictures; fails it where CI is set. */
export function needsPictures(context: TestContext): void {
  const why = `${DATA} lacks webcams/ or parking/: set AJAR_TEST_DATA to a folder that holds them`
  needs(
    ['webcams', 'parking'].every((folder) => existsSync(join(DATA, folder))),
    why,
    context,
  )
}

/** A real picture: ask `needsPictures` before. */
export function real(path: string): string {
  return join(DATA, path)
}
