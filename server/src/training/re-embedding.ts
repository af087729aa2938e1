import { setTimeout as sleep } from 'node:timers/promises'
import { AUGMENTATIONS, type BackboneId } from '@ajar/models'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import { InTurn } from '../in-turn.ts'
import type { JobContext } from '../jobs/handlers.ts'
import type { Work } from '../jobs/worker/messages.ts'
import type { Log } from '../logging/levels.ts'
import type { EmbedResult } from './embed-task.ts'
import { Embeddings, recipeFor } from './embeddings.ts'
import type { Labels } from './labels/labels.ts'
import type { EmbedTask, TrainerMessage } from './trainer-messages.ts'

export interface ReEmbeddingPorts {
  database: StateDatabase
  sources: Sources
  labels: Labels
  log: Log
  createJob(kind: string, camera: string, owner: string): Promise<unknown>
  cancelJob(id: string): Promise<unknown>
  /** Has work done by the job worker. */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  framesFolder: string
  engine: string
  backbone: BackboneId
}

const TIME_LIMIT_MS = 60 * 60_000
/** The worker ends a task at once, or is given up (`ConnectedWorker`). */
const STOP_LIMIT_MS = 10_000
const LOOK_MS = 50

/**
 * Embeds the labelled frames of a camera anew when they are to be seen otherwise: its region, its masks or the backbone
 * is another. The next training then finds them as it finds those of the training before.
 */
export class ReEmbedding {
  readonly #ports: ReEmbeddingPorts
  readonly #embeddings: Embeddings
  /** Who asks sees the job that another one asked for. */
  readonly #queueing = new InTurn(1)

  constructor(ports: ReEmbeddingPorts) {
    this.#ports = ports
    this.#embeddings = new Embeddings(ports.database)
  }

  /** The server may have been started with another backbone. */
  async start() {
    const { backbone, sources } = this.#ports
    for (const { id } of sources.ofKind('camera')) {
      const recipes = await this.#embeddings.recipesOf(id)
      const isOther = recipes.length > 0 && recipes.every((recipe) => JSON.parse(recipe)[0] !== backbone)
      if (isOther) await this.queue(id, 'ajar')
    }
  }

  /**
   * Asks for it, once the new settings stand. What runs is for settings of before, and ends; what waits will begin with
   * these. It is for the next training's sake alone, so whoever changes settings never fails for it. Of readings nothing is
   * kept that could be of other settings.
   */
  async queue(camera: string, author: string) {
    const { labels, log, sources } = this.#ports
    if (sources.find(camera)?.kind === 'sensor') return
    try {
      if ((await labels.of(camera)).length > 0) await this.#queueing.run(() => this.#queueOne(camera, author))
    } catch (err) {
      log.warn({ err, camera }, 'labelled frames are not embedded anew; the next training does it')
    }
  }

  /**
   * Ends it for cameras that are to have other names or to go, and for those that learn from them: it must not hold up
   * what people ask for. Resolves when none is at work any more, or after ten seconds.
   * @returns the cameras whose frames are not all embedded now
   */
  async stop(sources: string[]): Promise<string[]> {
    const { database, cancelJob } = this.#ports
    const atWork = async () => {
      const borrowers = database.write.selectFrom('borrowed_labels').select('camera').where('source', 'in', sources)
      return database.write
        .selectFrom('jobs')
        .select(['id', 'camera'])
        .where('kind', '=', 'embedding')
        .where('state', 'in', ['queued', 'running'])
        .where(({ eb, or }) => or([eb('camera', 'in', sources), eb('camera', 'in', borrowers)]))
        .execute()
    }
    const stopped = await atWork()
    for (const { id } of stopped) await cancelJob(id).catch(() => {}) // it has ended
    const until = performance.now() + STOP_LIMIT_MS
    while (performance.now() < until && (await atWork()).length > 0) await sleep(LOOK_MS)
    return stopped.flatMap(({ camera }) => camera ?? [])
  }

  async #queueOne(camera: string, author: string) {
    const { database, createJob, cancelJob } = this.#ports
    const active = await database.write
      .selectFrom('jobs')
      .select(['id', 'state'])
      .where('kind', '=', 'embedding')
      .where('camera', '=', camera)
      .where('state', 'in', ['queued', 'running'])
      .execute()
    for (const { id, state } of active) if (state === 'running') await cancelJob(id).catch(() => {}) // it has ended
    if (!active.some(({ state }) => state === 'queued')) await createJob('embedding', camera, author)
  }

  /** The handler of jobs of kind `embedding`. */
  async run({ id: job, camera: id, signal, report, log }: JobContext): Promise<object> {
    const { sources, labels, perform, framesFolder, engine, backbone } = this.#ports
    const camera = sources.get(id ?? '')
    const recipe = recipeFor(backbone, camera, AUGMENTATIONS)
    const learned = await labels.of(camera.id)
    const missing = await this.#embeddings.missing(learned, recipe)
    const task: EmbedTask = {
      ...{ framesFolder, backbone, engine, region: camera.region, masks: camera.masks },
      augmentations: AUGMENTATIONS,
      count: missing.length,
    }
    const onMessage = async (message: TrainerMessage) => {
      if (message.kind === 'progress') report('embed', message.fraction)
      else await this.#embeddings.save(recipe, message)
    }
    const result =
      missing.length === 0
        ? { embedded: 0, skipped: [] }
        : ((await perform(
            {
              task: 'embedding',
              job,
              params: task,
              inputs: this.#embeddings.known(missing, recipe, AUGMENTATIONS),
              onMessage: (message) => onMessage(message as TrainerMessage),
              limitMs: TIME_LIMIT_MS,
            },
            signal,
          )) as EmbedResult)
    for (const { frame, reason } of result.skipped) log('warn', `${frame} is left out: ${reason}`)
    for (const source of new Set([camera.id, ...learned.map((label) => label.camera)])) await this.#prune(source)
    return { ...result, known: learned.length - missing.length }
  }

  async #prune(source: string) {
    const { backbone, sources } = this.#ports
    await this.#embeddings.prune(source, (learner) => {
      const camera = sources.find(learner)
      return camera ? [recipeFor(backbone, camera, AUGMENTATIONS)] : []
    })
  }
}
