import { isDeepStrictEqual } from 'node:util'
import { AUGMENTATIONS, type BackboneId, FEWEST_FRAMES, type Model, summariseLabels } from '@ajar/models'
import type { StateDatabase } from '../database/state-database.ts'
import type { Camera, Cameras } from '../devices/cameras.ts'
import { badRequest } from '../http/errors.ts'
import type { JobContext } from '../jobs/jobs.ts'
import type { Work } from '../jobs/worker/messages.ts'
import type { Log } from '../logging/levels.ts'
import { Embeddings, recipeFor } from './embeddings.ts'
import type { Label, Labels } from './labels/labels.ts'
import type { Activations } from './registry/activations.ts'
import type { ModelRegistry } from './registry/model-registry.ts'
import type { LabelledFrame, TrainedResult, TrainerMessage, TrainerTask } from './trainer-messages.ts'

export interface TrainingPorts {
  database: StateDatabase
  cameras: Cameras
  labels: Labels
  registry: ModelRegistry
  activations: Activations
  log: Log
  /** Has work done by the job worker. */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  framesFolder: string
  engine: string
  backbone: BackboneId
}

const NOT_JUDGED = 'too few labelled frames to know how good it is: label more'
const TIME_LIMIT_MS = 15 * 60_000

/** Each phase's share of the whole, from what they take on 40 frames. */
const PHASES = { embed: [0, 0.6], train: [0.6, 0.2], evaluate: [0.8, 0.2] } as const

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

  /** @throws HttpError 400 where the labels cannot teach anything; it names the state that lacks frames */
  async check(camera: Camera): Promise<void> {
    if (camera.states.length < 2)
      throw badRequest('too_few_states', `${camera.id} needs at least two states: set them with PATCH`, 'camera')
    const labels = await this.#ports.labels.of(camera.id)
    for (const state of camera.states) {
      const count = labels.filter((label) => label.state === state).length
      if (count < FEWEST_FRAMES)
        throw badRequest(
          'too_few_frames',
          `${state} has ${count} labelled frames, at least ${FEWEST_FRAMES} are needed`,
        )
    }
  }

  /** The handler of jobs of kind `training`. */
  async run(context: JobContext): Promise<object> {
    const { id: job, camera, signal } = context
    const { log } = this.#ports
    try {
      const result = await this.#train(context)
      const { model, activated, reason, seconds } = result
      log.info({ job, camera, model, activated, reason, seconds }, 'training ended')
      return result
    } catch (err) {
      if (signal.aborted) log.info({ job, camera }, 'training was stopped')
      else log.warn({ job, camera, err }, 'training failed')
      throw err
    }
  }

  async #train({ id: job, camera: id, params, owner, signal, report }: JobContext) {
    const started = performance.now()
    const camera = this.#ports.cameras.get(id ?? '')
    await this.check(camera)
    const labels = await this.#ports.labels.of(camera.id)
    const { backbone } = this.#ports
    const seed = typeof params.seed === 'number' ? params.seed : 1
    const augmentations = typeof params.augmentations === 'number' ? params.augmentations : AUGMENTATIONS
    const recipe = recipeFor(backbone, camera, augmentations)
    const sources = [...new Set([camera.id, ...labels.map((label) => label.camera)])]
    const rival = await this.#rivalOf(camera)
    this.#ports.log.info({ job, camera: camera.id, frames: labels.length, backbone }, 'training begins')
    const task: TrainerTask = {
      framesFolder: this.#ports.framesFolder,
      backbone,
      engine: this.#ports.engine,
      states: camera.states,
      seed,
      region: camera.region,
      augmentations,
      masks: camera.masks,
      count: labels.length,
      rival: rival?.head ?? null,
    }
    const onMessage = async (message: TrainerMessage) => {
      // Only a cache: what the disk refuses is computed again by the next training.
      if (message.kind === 'embedded') await this.#embeddings.save(recipe, message).catch(() => {})
      else report(message.phase, PHASES[message.phase][0] + PHASES[message.phase][1] * message.fraction)
    }
    const result = (await this.#ports.perform(
      {
        task: 'training',
        job,
        params: task,
        inputs: this.#embeddings.known(toLearn(camera, labels, rival?.createdAtMs ?? 0), recipe, augmentations),
        onMessage: (message) => onMessage(message as TrainerMessage),
        limitMs: TIME_LIMIT_MS,
      },
      signal,
    )) as TrainedResult
    const { skipped, comparison } = result
    const left = new Set(skipped.map(({ frame }) => frame))
    const learned = labels.filter((label) => !left.has(frameOf(label)))
    const made = {
      backbone,
      engine: result.engine,
      createdAtMs: Date.now(),
      seed,
      labels: summariseLabels(learned.map((label) => ({ frame: frameOf(label), state: label.state }))),
      region: camera.region,
      head: result.head,
      evaluation: result.evaluation,
      verdict: result.evaluation?.verdict ?? NOT_JUDGED,
      testSet: [],
    }
    const model = await this.#ports.registry.save(camera.id, made, {
      origin: 'trained',
      parent: camera.activeModel,
      job,
    })
    const reason = params.force === true ? null : reasonAgainst(result)
    if (reason === null)
      await this.#ports.activations.activate(await this.#ports.registry.row(model.id), 'trained', owner)
    // Only a cache: what the disk refuses now, the next training removes.
    for (const source of sources) await this.#pruneEmbeddings(source, camera.id, recipe).catch(() => {})
    return {
      model: model.id,
      engine: model.engine,
      backbone,
      evaluation: model.evaluation,
      activated: reason === null,
      reason,
      comparison,
      skipped,
      seconds: (performance.now() - started) / 1000,
    }
  }

  /** What was learned just now may have been learned with other augmentations than usual, and may be again. */
  async #pruneEmbeddings(source: string, trained: string, recipe: string) {
    const { backbone, cameras } = this.#ports
    await this.#embeddings.prune(source, (learner) => {
      const camera = cameras.find(learner)
      const usual = camera ? [recipeFor(backbone, camera, AUGMENTATIONS)] : []
      return learner === trained ? [...usual, recipe] : usual
    })
  }

  /** The active model, where it sees frames as the candidate does and knows the same states. */
  async #rivalOf({ activeModel, region, states }: Camera): Promise<Model | null> {
    if (activeModel === null) return null
    const active = await this.#ports.registry.load(activeModel).catch(() => null) // damaged: anything is better
    if (!active || active.backbone !== this.#ports.backbone) return null
    return isDeepStrictEqual([active.region, active.head.states], [region, states]) ? active : null
  }
}

function toLearn(camera: Camera, labels: Label[], rivalMadeAt: number): Omit<LabelledFrame, 'known'>[] {
  return labels.map(({ labelledAt, ...label }) => ({
    ...label,
    borrowed: label.camera !== camera.id,
    fresh: labelledAt > rivalMadeAt,
  }))
}

function frameOf({ camera, capturedAt }: Label): string {
  return `${camera}/${capturedAt}`
}

/** Why the candidate stays inactive, or null. */
function reasonAgainst({ comparison }: TrainedResult): string | null {
  if (!comparison || comparison.candidate >= comparison.least) return null
  const [candidate, active] = [comparison.candidate, comparison.active].map((share) => `${Math.round(share * 100)} %`)
  return (
    `on ${comparison.frames} frames that neither had learned from it got ${candidate} right and the active model ` +
    `${active}: look at the labels, or train with \`force\` to activate it all the same`
  )
}
