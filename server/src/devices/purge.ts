import type { Span } from '../database/camera-rows.ts'
import { emptyJournal } from '../database/empty-journal.ts'
import type { FrameStore } from '../database/frames/frame-store.ts'
import { Mentions } from '../database/mentions.ts'
import type { JobRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { badRequest } from '../http/errors.ts'
import type { JobContext } from '../jobs/jobs.ts'
import type { CameraChanges } from './changes.ts'
import { removeSpan } from './remove-span.ts'
import type { Sources } from './sources.ts'

export interface PurgePorts {
  database: StateDatabase
  frames: Pick<FrameStore, 'remove'>
  sources: Sources
  changes: CameraChanges
  createJob(kind: string, camera: string, params: Record<string, unknown>, options: { owner: string }): Promise<JobRow>
  /** Runs the work while no frame of these cameras is on its way. */
  whileQuiet<T>(sources: string[], work: () => Promise<T>): Promise<T>
  /** The state that is published names no frame of the span any more. */
  forgetSpan(camera: string, span: Span): Promise<void>
  /** Lets go what was made of these frames. @param names the camera's, and those that it had */
  forgetFrames(names: string[], span: Span): Promise<void>
}

/** The rest comes under the eyes of nobody: it is what came in while the job was at it. */
const FIRST_PASS = 0.9

/**
 * Removes a span of a camera's history: pictures, results, transitions, labels, what was computed of them, and where they
 * are named. Who purges does so because nobody may see it again, so nothing of the span is kept, labelled or not.
 */
export class Purge {
  readonly #ports: PurgePorts

  constructor(ports: PurgePorts) {
    this.#ports = ports
  }

  /** @returns the job that does it. @throws HttpError 400 `empty_span`; 404; 409 `being_renamed`, `queue_full` */
  async purge(id: string, { from, to }: Span, author: string): Promise<JobRow> {
    const { sources, createJob } = this.#ports
    sources.get(id)
    if (from >= to) throw badRequest('empty_span', 'nothing lies between `from` and `to`', 'to')
    return createJob('purge', id, { from, to }, { owner: author })
  }

  /**
   * The handler of jobs of kind `purge`. Most is removed while the camera goes on; then, for a moment without frames on
   * their way, what came in meanwhile, so that no frame is left without its rows or rows without their frame.
   */
  async run({ id: job, camera: id, params, owner, signal, report }: JobContext): Promise<object> {
    const { sources, changes, database, whileQuiet, forgetSpan, forgetFrames } = this.#ports
    const camera = sources.get(id ?? '').id
    const span = { from: Number(params.from), to: Number(params.to) }
    const names = [camera, ...sources.aliasesOf(camera)]
    const mentions = new Mentions(database.write, names, span)
    let frames = await removeSpan(this.#ports, camera, span, (phase, progress) => {
      signal.throwIfAborted()
      report(phase, progress * FIRST_PASS)
    })
    await mentions.remove(signal)
    await whileQuiet([camera], async () => {
      sources.get(camera) // renamed in the instant in which this job was asked for: nothing was purged then
      frames += await removeSpan(this.#ports, camera, span)
      await forgetSpan(camera, span)
      await mentions.remove()
    })
    await forgetFrames(names, span)
    await emptyJournal(database.write)
    await changes.tell({ camera, change: 'purged' }, owner, { ...span, frames, job })
    return { frames }
  }
}
