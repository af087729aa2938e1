import { isDeepStrictEqual } from 'node:util'
import { lengthOf } from '@ajar/models'
import { type CameraRef, parseCameraId } from '@ajar/protocol'
import type { Archive } from '../../database/frames/archive.ts'
import type { Source, SourceKind, SourceSettings, Sources } from '../../devices/sources.ts'
import { badRequest, conflict } from '../../http/errors.ts'
import type { Ingested } from '../../ingest/medium.ts'
import type { JobContext } from '../../jobs/handlers.ts'
import type { Work } from '../../jobs/worker/messages.ts'
import { formatOf, IMPORT_FORMATS } from './import-formats.ts'
import type { ImportMessage, ImportPlan, ImportTask, LeftOut } from './import-messages.ts'
import type { Labels } from './labels.ts'
import { type PastIncoming, StorePast } from './store-past.ts'
import type { Uploads } from './uploads.ts'

export interface ImportPorts {
  sources: Sources
  labels: Pick<Labels, 'put'>
  archive: Pick<Archive, 'jpeg'>
  uploads: Pick<Uploads, 'pathOf'>
  /** Has work done by the job worker. */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  /** Stores a frame or a reading that is past: it makes no result. Durable when it resolves. */
  store(incoming: PastIncoming): Promise<Ingested>
  /** How many numbers the newest reading of a sensor has. @throws HttpError 400 `not_a_vector` where it has none */
  newestLength(sensor: CameraRef): Promise<number | null>
  /** Sets up a source. */
  change(source: string, change: Partial<SourceSettings>, author: string): Promise<unknown>
  maxFrameBytes: number
  maxImportBytes: number
}

/** What came of it. Where the job was interrupted, what it had stored before counts as `duplicates`. */
export interface ImportResult {
  imported: number
  labelled: number
  duplicates: number
  /** The first hundred of them. */
  skipped: LeftOut[]
  skippedCount: number
}

/** What is to come in. */
export interface Importing {
  path: string
  /** What the source becomes where there is none yet. */
  kind?: SourceKind
  /** States that the source does not have are added. */
  addStates?: boolean
  /** Its states become those of the file. */
  exactly?: boolean
  /** Time of the last one where the file tells no times, milliseconds UTC; else when the file was written. */
  endAt?: number | null
  /** Who says what the labels say. */
  author: string
  /** Done once all of the file was looked at, before the source is what it says and anything is stored. */
  begin?(): Promise<void>
}

/** The source as it is compared with a file; where there is none yet, as one that nobody set up. */
type Before = Pick<Source, 'id' | 'kind' | 'device' | 'name' | 'states' | 'vector'> & {
  /** Of a sensor: how many numbers its readings have, as it is set up or as its newest one is. */
  length: number | null
}

const KINDS: readonly unknown[] = IMPORT_FORMATS.map(({ learner }) => learner.kind)
const TIME_LIMIT_MS = 4 * 3_600_000
const MOST_LISTED = 100
/** Looking through the file takes no longer than this part of it all. */
const CHECKING = 0.1

/**
 * The handler of jobs of kind `import`: labelled pictures or readings become those of a source, with their labels. The
 * job worker reads the file; here each of them is stored as any is, then labelled. Run again, it changes nothing.
 */
export class Import {
  readonly kind = 'import'
  readonly #ports: ImportPorts

  constructor(ports: ImportPorts) {
    this.#ports = ports
  }

  readonly run = async (context: JobContext): Promise<object> => {
    const { params, owner } = context
    return this.take(context, {
      path: this.#ports.uploads.pathOf(String(params.upload)),
      ...(KINDS.includes(params.kind) ? { kind: params.kind as SourceKind } : {}), // else a release before this one asked
      addStates: params.addStates === true,
      endAt: typeof params.endAt === 'number' ? params.endAt : null,
      author: owner,
    })
  }

  /**
   * Takes a file in for a job of whatever kind.
   * @throws WorkError with the code of an ImportError where it is refused as a whole
   */
  async take({ id: job, camera: id, signal, report, log }: JobContext, given: Importing): Promise<ImportResult> {
    const { sources, perform, maxFrameBytes, maxImportBytes, archive, store, labels } = this.#ports
    const { path, author, addStates = false, exactly = false, begin } = given
    const source = await this.#before(id ?? '', given.kind)
    const format = formatOf(source.kind)
    const task: ImportTask = {
      ...{ path, addStates, exactly, states: source.states, maxFrameBytes },
      ...{ vector: source.vector, length: source.length },
      endAt: given.endAt ?? null,
      maxTotalBytes: 2 * maxImportBytes,
    }
    const result: ImportResult = { imported: 0, labelled: 0, duplicates: 0, skipped: [], skippedCount: 0 }
    const leaveOut = ({ file, reason }: LeftOut) => {
      result.skippedCount += 1
      if (result.skipped.length < MOST_LISTED) result.skipped.push({ file, reason })
    }
    const past = new StorePast(source.id, { sources, archive, store, labels }, { author, result, leaveOut })
    let items = 0
    let told = 0
    const onMessage = async (message: ImportMessage) => {
      if (message.kind === 'checked') return report('check', CHECKING * message.fraction)
      if (message.kind === 'plan') {
        items = message.items
        log('info', `${items} ${format.items} are in the file; the states are then ${message.states.join(', ')}`)
        await begin?.()
        return this.#setUp(source, message, author)
      }
      if (message.kind === 'more_left_out') {
        result.skippedCount += message.count
        return
      }
      told += message.kind === 'labelled' ? message.items.length : 1
      if (message.kind === 'left_out') leaveOut(message)
      else await past.begin(message.items)
      report('import', CHECKING + (1 - CHECKING) * Math.min(told / items, 1))
    }
    try {
      const inputs = (async function* () {})()
      const work = { task: format.task, job, params: task, inputs, limitMs: TIME_LIMIT_MS }
      await perform({ ...work, onMessage: (message) => onMessage(message as ImportMessage) }, signal)
    } finally {
      await past.end()
    }
    past.throwIfFailed()
    const { imported, duplicates, skippedCount } = result
    log('info', `${imported} ${format.items} came in, ${duplicates} were there, ${skippedCount} were left out`)
    return result
  }

  /** @throws HttpError 400 `not_a_vector` where the source is none yet that could be asked about its readings; 404 */
  async #before(id: string, kind?: SourceKind): Promise<Before> {
    const { sources, newestLength } = this.#ports
    const ref = kind && parseCameraId(id)
    const fresh = ref && { id, kind, device: ref.device, name: ref.camera, states: [], vector: null }
    const source = sources.find(id) ?? fresh ?? sources.get(id)
    if (source.kind !== 'sensor') return { ...source, length: null }
    const { vector, device, name } = source
    return { ...source, length: vector ? lengthOf(vector) : await newestLength({ device, camera: name }) }
  }

  /**
   * Makes the source where there is none yet: what is refused leaves nothing.
   * @param before as the source was when it was compared with the file
   * @throws HttpError 409 `changed_meanwhile`
   */
  async #setUp(before: Before, { states, vector }: ImportPlan, author: string) {
    const { sources, change } = this.#ports
    const { id, kind, device, name } = before
    const now = await this.#before(id, kind)
    if (!isDeepStrictEqual([now.states, now.vector, now.length], [before.states, before.vector, before.length]))
      throw conflict(
        'changed_meanwhile',
        `the settings of ${id} were changed while the file was looked at: send it again`,
      )
    if (!(await sources.ensure({ device, camera: name }, undefined, { kind })))
      throw badRequest('too_many_cameras', `${device} has as many ${kind}s as a device may have`, 'camera')
    const changed: Partial<SourceSettings> = {
      ...(isDeepStrictEqual(states, before.states) ? {} : { states }),
      ...(vector === undefined || isDeepStrictEqual(vector, before.vector) ? {} : { vector }),
    }
    if (Object.keys(changed).length > 0) await change(id, changed, author)
  }
}
