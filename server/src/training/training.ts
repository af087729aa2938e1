import { AUGMENTATIONS, type BackboneId, FEWEST_FRAMES, type Gate, type Model, summariseLabels } from '@ajar/models'
import type { StateDatabase } from '../database/state-database.ts'
import type { Source, Sources } from '../devices/sources.ts'
import { badRequest, conflict, HttpError } from '../http/errors.ts'
import type { JobContext } from '../jobs/handlers.ts'
import type { Work } from '../jobs/worker/messages.ts'
import type { Log } from '../logging/levels.ts'
import { MARKS } from '../marks.ts'
import { Embeddings, recipeFor } from './embeddings.ts'
import type { Labels } from './labels/labels.ts'
import { frameOf, lookOf, type Plan, planOf, sameStates } from './plan.ts'
import type { Activations } from './registry/activations.ts'
import type { ModelRegistry } from './registry/model-registry.ts'
import type { FrameToEmbed, SkippedFrame, TrainedResult, TrainerMessage, TrainerTask } from './trainer-messages.ts'

export interface TrainingPorts {
  database: StateDatabase
  sources: Sources
  labels: Labels
  registry: ModelRegistry
  activations: Activations
  log: Log
  /** Has work done by the job worker. */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  framesFolder: string
  engine: string
  backbone: BackboneId
  /**
   * Makes what a dataset holds the labelled readings of the job's sensor, in place of those of the dataset before.
   * @param name of its file
   */
  importDataset(context: JobContext, name: string): Promise<unknown>
}

/** What came of a training: the job's result, but for how long it took. */
interface Outcome extends Pick<Model, 'evaluation' | 'verdict' | 'engine' | 'backbone'> {
  /** Null where nothing had changed. */
  model: string | null
  activated: boolean
  /** Why there is no new model, or why it was not activated. */
  reason: string | null
  gate: Gate | null
  skipped: SkippedFrame[]
}

const TIME_LIMIT_MS = 15 * 60_000

/** Each phase's share of the whole, from what they take on 40 frames that were never seen before, and on 2,000 readings. */
const PHASES = {
  frames: { embed: [0, 0.8], train: [0.8, 0.05], evaluate: [0.85, 0.15] },
  readings: { embed: [0, 0.1], train: [0.1, 0.2], evaluate: [0.3, 0.7] },
} as const
/** Of those that nothing could be learned from. */
const MOST_LISTED = 100
/** What a dataset takes until it is in, of the whole job. */
const IMPORTING = 0.4

/**
 * From labels to an active model: embeds what is new, trains, evaluates, saves an immutable version, and activates it
 * unless it is clearly worse than the one that is active.
 */
export class Training {
  readonly #ports: TrainingPorts
  readonly #embeddings: Embeddings

  constructor(ports: TrainingPorts) {
    this.#ports = ports
    this.#embeddings = new Embeddings(ports.database)
  }

  /**
   * @throws HttpError 400 where the labels cannot teach anything; it names the state that lacks frames; 409 `follows`,
   *   `learns_nothing`: another source is to be trained, which is named
   */
  async check(source: Source): Promise<void> {
    refuseOther(source)
    const { id, states, kind } = source
    if (states.length < 2)
      throw badRequest('too_few_states', `${id} needs at least two states: set them with PATCH`, 'camera')
    const counts = await this.#countsOf(id)
    const what = kind === 'sensor' ? 'readings' : 'frames'
    for (const state of states) {
      const count = counts.get(state) ?? 0
      if (count < FEWEST_FRAMES)
        throw badRequest(
          'too_few_frames',
          `${state} has ${count} labelled ${what}, at least ${FEWEST_FRAMES} are needed`,
        )
    }
  }

  async #countsOf(id: string): Promise<Map<string, number>> {
    const counts = new Map<string, number>()
    for (const { state } of await this.#ports.labels.of(id)) counts.set(state, (counts.get(state) ?? 0) + 1)
    return counts
  }

  /** The handler of jobs of kind `training`. */
  async run(context: JobContext): Promise<object> {
    const { id: job, camera, signal } = context
    const { log } = this.#ports
    const started = performance.now()
    try {
      const outcome = await this.#train(context)
      const result = { ...outcome, seconds: (performance.now() - started) / 1000 }
      const { model, activated, reason, seconds } = result
      log.info({ job, camera, model, activated, reason, seconds }, 'training ended')
      return result
    } catch (err) {
      if (signal.aborted) log.info({ job, camera }, 'training was stopped')
      else log.warn({ job, camera, err }, 'training failed')
      throw err
    }
  }

  async #train(context: JobContext): Promise<Outcome> {
    const { id: job, params } = context
    const { sources, importDataset } = this.#ports
    const { id } = sources.get(context.camera ?? '')
    // A run that ended between the model's row and the job's end is not done again: its head would be the same.
    const made = await this.#ports.registry.madeBy(job)
    if (made) return this.#settle(made, (await this.#details(made.id))?.gate ?? null, [], context)
    const dataset = typeof params.dataset === 'string' ? params.dataset : null
    if (dataset !== null) {
      refuseOther(sources.get(id))
      await importDataset(within(context, 0, IMPORTING), dataset)
      context = within(context, IMPORTING, 1)
    }
    const camera = sources.get(id) // as it is now
    await this.check(camera)
    const plan = await this.#plan(camera, params)
    const unchanged = params.unlessUnchanged === true ? await this.#madeOf(plan) : null
    if (unchanged) return this.#unchanged(unchanged, context)
    await this.#prune(plan) // what trainings left that were cancelled or failed, each with a recipe of its own
    const result = await this.#learn(plan, context)
    const model = await this.#save(plan, result, job)
    const outcome = await this.#settle(model, result.gate, result.skipped, context)
    await this.#prune(plan)
    return outcome
  }

  async #plan(camera: Source, params: Record<string, unknown>): Promise<Plan> {
    const { backbone, database, labels, registry } = this.#ports
    // One that is damaged is no rival: anything is better.
    const active = camera.activeModel === null ? null : await registry.load(camera.activeModel).catch(() => null)
    const marks = await database.read
      .selectFrom('labels')
      .select(['camera', 'captured_at'])
      .where('camera', '=', camera.id)
      .where('state', 'in', MARKS)
      .execute()
    const marked = new Set(marks.map((row) => `${row.camera}/${row.captured_at}`))
    return planOf(camera, { labels: await labels.of(camera.id), marked, active }, params, backbone)
  }

  async #learn(plan: Plan, { id: job, signal, report, log }: JobContext): Promise<TrainedResult> {
    const { camera, labels, seed, augmentations, recipe, backbone, active, rival, frames } = plan
    const phases = PHASES[camera.kind === 'sensor' ? 'readings' : 'frames']
    this.#ports.log.info({ job, camera: camera.id, frames: labels.length, backbone }, 'training begins')
    if (active && !sameStates(active, camera)) {
      const theirs = active.head.states.join(', ')
      log('info', `not compared with ${active.id}: its states are others (${theirs})`)
    }
    if (rival && active && rival.testSet.length === 0 && active.testSet.length > 0)
      log('warn', `all frames by which ${active.id} was judged are marked now: it is compared on those labelled since`)
    if (plan.left > 0)
      log('info', `of ${frames.length + plan.left} labelled readings ${frames.length} are learned from`)
    const task: TrainerTask = {
      ...{ look: lookOf(plan, this.#ports), states: camera.states, seed, rival },
      madeBy: active?.backbone === backbone ? active.engine : null,
    }
    const onMessage = async (message: TrainerMessage) => {
      // Only a cache: what the disk refuses is computed again by the next training.
      if (message.kind === 'embedded') await this.#embeddings.save(recipe, message).catch(() => {})
      else report(message.phase, phases[message.phase][0] + phases[message.phase][1] * message.fraction)
    }
    const inputs =
      camera.kind === 'sensor' ? withoutFeatures(frames) : this.#embeddings.known(frames, recipe, augmentations)
    const work = { task: 'training', job, params: task, inputs, limitMs: TIME_LIMIT_MS }
    const told = { onMessage: (message: unknown) => onMessage(message as TrainerMessage) }
    return (await this.#ports.perform({ ...work, ...told }, signal)) as TrainedResult
  }

  #save(plan: Plan, result: TrainedResult, job: string): Promise<Model> {
    const { camera, labels, seed, backbone, inputs } = plan
    const { head, evaluation, verdict, testSet, engine, gate, skipped } = result
    const left = new Set(skipped.map(({ frame }) => frame))
    const learned = labels.map((label) => ({ frame: frameOf(label), state: label.state }))
    const made = {
      ...{ backbone, engine, createdAtMs: Date.now(), seed, region: camera.region },
      view: camera.kind === 'sensor' ? camera.vector : null,
      ...{ head, evaluation, verdict, testSet },
      labels: summariseLabels(learned.filter(({ frame }) => !left.has(frame))),
    }
    return this.#ports.registry.save(camera.id, made, {
      ...{ origin: 'trained', parent: camera.activeModel, job, gate, inputs },
    })
  }

  /** Activates what was made, unless the gate says no. */
  async #settle(model: Model, gate: Gate | null, skipped: SkippedFrame[], context: JobContext): Promise<Outcome> {
    const { id, evaluation, verdict, engine, backbone } = model
    // What a dataset replaced is nothing to be compared with.
    const isForced = context.params.force === true || typeof context.params.dataset === 'string'
    const refusal = isForced ? null : (gate?.reason ?? null)
    const reason = refusal ?? (await this.#activate(id, gate?.worse ? 'forced' : 'trained', context.owner))
    const shown = evaluation ? `balanced accuracy ${evaluation.balancedAccuracy.toFixed(3)}; ${verdict}` : verdict
    context.log('info', `${id}: ${shown}`)
    if (reason !== null) context.log('warn', `${id} was not activated: ${reason}`)
    const some = skipped.slice(0, MOST_LISTED)
    if (skipped.length > some.length) context.log('warn', `${skipped.length} were left out, ${some.length} are listed`)
    return { model: id, activated: reason === null, reason, gate, evaluation, verdict, skipped: some, engine, backbone }
  }

  /** @returns why it cannot be: the camera's states were changed while it was trained */
  async #activate(id: string, why: 'trained' | 'forced', owner: string): Promise<string | null> {
    const { registry, activations } = this.#ports
    try {
      await activations.activate(await registry.row(id), why, owner)
      return null
    } catch (error) {
      if (error instanceof HttpError && error.code === 'other_states') return error.message
      throw error
    }
  }

  /** The active model or the newest one, where it was made of just the same. */
  async #madeOf({ camera, inputs }: Plan): Promise<Model | null> {
    const { registry } = this.#ports
    const [newest] = await registry.rowsOf(camera.id)
    for (const id of [camera.activeModel, newest?.id])
      if (id && (await this.#details(id))?.inputs === inputs) return registry.load(id).catch(() => null)
    return null
  }

  #unchanged({ id, evaluation, verdict, engine, backbone }: Model, { log }: JobContext): Outcome {
    const reason = `nothing to learn from has changed since ${id} was trained`
    log('info', reason)
    const nothing = { model: null, activated: false, gate: null, skipped: [] }
    return { ...nothing, reason, evaluation, verdict, engine, backbone }
  }

  async #details(id: string) {
    const { registry } = this.#ports
    return registry.detailsOf(await registry.row(id))
  }

  /** Only a cache: what the disk refuses now, the next training removes. */
  async #prune({ camera, labels, recipe }: Plan) {
    const sources = new Set([camera.id, ...labels.map((label) => label.camera)])
    for (const source of sources) await this.#pruneEmbeddings(source, camera.id, recipe).catch(() => {})
  }

  /** What was learned just now may have been learned with other augmentations than usual, and may be again. */
  async #pruneEmbeddings(source: string, trained: string, recipe: string) {
    const { backbone, sources } = this.#ports
    await this.#embeddings.prune(source, (learner) => {
      const camera = sources.find(learner)
      const usual = camera ? [recipeFor(backbone, camera, AUGMENTATIONS)] : []
      return learner === trained ? [...usual, recipe] : usual
    })
  }
}

/** @throws HttpError 409 `follows`, `learns_nothing` */
function refuseOther({ id, kind, follows }: Source) {
  if (follows) throw conflict('follows', `${id} is told by the model of ${follows}: train that`)
  if (kind === 'door') throw conflict('learns_nothing', `${id} is what its members say: train those`)
}

/** A part of a job, which reports as if it were the whole. */
function within(context: JobContext, from: number, to: number): JobContext {
  return { ...context, report: (phase, progress) => context.report(phase, from + (to - from) * progress) }
}

/** To make features of readings takes less than to keep them. */
async function* withoutFeatures<Frame extends object>(
  frames: Frame[],
): AsyncGenerator<Frame & Pick<FrameToEmbed, 'known'>> {
  for (const frame of frames) yield { ...frame, known: null }
}
