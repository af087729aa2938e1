import { cameraId, type FrameRef, isName, parseFrameId, parseMilliseconds } from '@ajar/protocol'
import { newestOf } from '../../database/chosen-frames.ts'
import type { Archive } from '../../database/frames/archive.ts'
import type { StoredFrame } from '../../database/frames/frames-file.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Sources } from '../../devices/sources.ts'
import { MOST_FRAMES, type Query } from '../entries.ts'
import type { InputFile } from '../operation.ts'
import { type Found, Missing } from './found.ts'

export interface FrameSourceParts {
  database: StateDatabase
  archive: Pick<Archive, 'described'>
  cameras: Pick<Sources, 'find' | 'nameNow'>
}

/** So many frames are asked of the frames files, or of state.db, at once. */
const AT_ONCE = 500
/** Of so many that are missing it is looked up why; no more are told. */
const MOST_REASONS = 5

/** Frames as pictures of the laboratory. Everybody who may call it may see all of them. */
export class FrameSource {
  readonly #parts: FrameSourceParts

  constructor(parts: FrameSourceParts) {
    this.#parts = parts
  }

  /**
   * The frames of these names, in their order.
   * @param names each of which `frameOf` reads
   * @returns for each what it is, or why it is not there: of the first few of those the reason is looked for
   */
  async find(names: readonly string[]): Promise<(Found | Missing)[]> {
    const wanted = names.map((name) => this.#now(name))
    const stored = await this.#stored(wanted.flatMap((frame) => (frame ? [frame] : [])))
    const recorded = await this.#recorded([...stored.values()])
    const found: (Found | Missing)[] = []
    let missing = 0
    for (const [i, frame] of wanted.entries()) {
      const basename = names[i] as string
      const there = frame && stored.get(keyOf(frame))
      if (there) found.push(foundOf(nameOf(basename), there, recorded.get(keyOf(there)) ?? null))
      else found.push(missing++ < MOST_REASONS ? await this.#missing(basename, frame) : notThere(basename))
    }
    return found
  }

  /**
   * The frames that a query stands for now and whose pictures are there, the oldest first.
   * @throws Missing where there is no such camera, no frame, or more than `MOST_FRAMES`
   */
  async chosen({ camera, from, to, state, every }: Query): Promise<Found[]> {
    const id = this.#camera(camera)
    if (id === null) throw new Missing(`there is no camera ${camera}`)
    const rows = await newestOf(
      this.#parts.database,
      {
        ...{ camera: id, stored: true, from },
        ...(to === undefined ? {} : { to }),
        ...(state === undefined ? {} : { state }),
        ...(every === undefined ? {} : { every }),
      },
      MOST_FRAMES + 1,
    )
    if (rows.length > MOST_FRAMES)
      throw new Missing(`more than ${MOST_FRAMES} frames of ${camera} are meant: shorten the span, or set every`)
    const said = new Map(rows.map((row) => [row.captured_at, row]))
    const stored = await this.#stored([...said.keys()].map((capturedAt) => ({ camera: id, capturedAt })))
    const frames = [...stored.values()].sort((a, b) => a.capturedAt - b.capturedAt)
    if (frames.length === 0) throw new Missing(`no frame of ${camera} is meant whose picture is kept`)
    return frames.map((frame) => {
      const row = said.get(frame.capturedAt)
      const recorded = row?.state == null ? null : { state: row.state, confidence: row.confidence }
      return foundOf(basenameOfFrame(frame), frame, recorded)
    })
  }

  /** The frame that is meant now, for its camera may have had another name; null where its camera is gone. */
  #now(name: string): FrameId | null {
    const ref = frameOf(name)
    const camera = ref && this.#camera(cameraId(ref))
    return ref && camera ? { camera, capturedAt: ref.capturedAtMs } : null
  }

  #camera(name: string): string | null {
    const [device = '', camera = ''] = name.split('/')
    const found = this.#parts.cameras.find(cameraId(this.#parts.cameras.nameNow({ device, camera })))
    return found?.kind === 'camera' ? found.id : null // readings of sensors are no pictures
  }

  async #stored(frames: FrameId[]): Promise<Map<string, StoredFrame>> {
    const stored = new Map<string, StoredFrame>()
    for (let i = 0; i < frames.length; i += AT_ONCE)
      for (const frame of await this.#parts.archive.described(frames.slice(i, i + AT_ONCE)))
        stored.set(keyOf(frame), frame)
    return stored
  }

  async #recorded(frames: readonly FrameId[]): Promise<Map<string, InputFile['recorded']>> {
    const recorded = new Map<string, InputFile['recorded']>()
    for (const [camera, ofCamera] of Map.groupBy(frames, (frame) => frame.camera))
      for (let i = 0; i < ofCamera.length; i += AT_ONCE) {
        const rows = await this.#parts.database.read
          .selectFrom('results')
          .select(['captured_at', 'state', 'confidence'])
          .where('camera', '=', camera)
          .where(
            'captured_at',
            'in',
            ofCamera.slice(i, i + AT_ONCE).map(({ capturedAt }) => capturedAt),
          )
          .execute()
        for (const { captured_at: capturedAt, state, confidence } of rows)
          recorded.set(keyOf({ camera, capturedAt }), { state, confidence })
      }
    return recorded
  }

  async #missing(name: string, frame: FrameId | null): Promise<Missing> {
    const row =
      frame &&
      (await this.#parts.database.read
        .selectFrom('frames')
        .select('stored_at')
        .where('camera', '=', frame.camera)
        .where('captured_at', '=', frame.capturedAt)
        .executeTakeFirst())
    if (row?.stored_at == null) return notThere(name)
    return new Missing(
      `the picture of ${name} is not kept any more: it was too old, or there was no more room for it (AJAR_RETAIN_DAYS, AJAR_RETAIN_BYTES)`,
    )
  }
}

const notThere = (name: string) => new Missing(`${name} is not there`)

interface FrameId {
  camera: string
  capturedAt: number
}

/** What a basename (`device_camera_capturedAtMs`) or an id (`device/camera/capturedAtMs`) names; null where it is neither. */
export function frameOf(name: string): FrameRef | null {
  const [device = '', camera = '', time = '', ...more] = name.split('_')
  if (!name.includes('_')) return parseFrameId(name)
  const capturedAtMs = parseMilliseconds(time)
  if (more.length > 0 || capturedAtMs === null || !isName(device) || !isName(camera)) return null
  return { device, camera, capturedAtMs }
}

export function basenameOfFrame({ camera, capturedAt }: FrameId): string {
  return `${camera.replace('/', '_')}_${capturedAt}`
}

function nameOf(name: string): string {
  return name.replaceAll('/', '_')
}

function foundOf(basename: string, frame: StoredFrame, recorded: InputFile['recorded']): Found {
  const { camera, capturedAt, file, row, storedAt, sha256 } = frame
  return {
    file: { basename, source: 'archive', at: { frame: { camera, capturedAt } }, recorded },
    // The digest is of what was sent, before masks; what was recorded is an input too.
    fingerprint: [
      ...[Buffer.from(sha256).toString('hex'), file, row, storedAt],
      ...[recorded?.state ?? '', recorded?.confidence ?? ''],
    ].join(' '),
    isShared: true,
  }
}

function keyOf({ camera, capturedAt }: FrameId): string {
  return `${camera}/${capturedAt}`
}
