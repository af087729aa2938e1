import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import {
  AUGMENTATIONS,
  type BackboneId,
  FEWEST_FRAMES,
  loadModel,
  type Model,
  saveModel,
  summariseLabels,
} from '@ajar/models'
import type { StateDatabase } from '../database/state-database.ts'
import type { Camera, Cameras } from '../devices/cameras.ts'
import { badRequest } from '../http/errors.ts'
import type { JobContext } from '../jobs/jobs.ts'
import type { Label, Labels } from './labels.ts'
import { runTrainer } from './run-trainer.ts'
import type { Embedded, TrainedResult, TrainerTask } from './trainer-messages.ts'

export interface TrainingPorts {
  database: StateDatabase
  cameras: Cameras
  labels: Labels
  modelsFolder: string
  framesFolder: string
  engine: string
  backbone: BackboneId
}

/** Each phase's share of the whole, from what they take on 40 frames. */
const PHASES = { embed: [0, 0.6], train: [0.6, 0.2], evaluate: [0.8, 0.2] } as const

/**
 * From labels to an active model: embeds what is new, trains, evaluates, saves an immutable version, and activates it
 * unless it is clearly worse than the one that is active.
 */
export class Training {
  readonly #ports: TrainingPorts

  constructor(ports: TrainingPorts) {
    this.#ports = ports
  }

  /** Where the files of a model lie. */
  folderOf(modelId: string): string {
    const [camera = '', version = ''] = modelId.split('@')
    return join(this.#ports.modelsFolder, ...camera.split('/'), version)
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
  async run({ camera: id, params, signal, report }: JobContext): Promise<object> {
    const started = performance.now()
    const camera = this.#ports.cameras.get(id ?? '')
    await this.check(camera)
    const labels = await this.#ports.labels.of(camera.id)
    const { backbone } = this.#ports
    const seed = typeof params.seed === 'number' ? params.seed : 1
    const augmentations = typeof params.augmentations === 'number' ? params.augmentations : AUGMENTATIONS
    const recipe = JSON.stringify([backbone, camera.box, augmentations])
    const known = await this.#knownEmbeddings(camera.id, recipe, augmentations)

    const saving: Promise<void>[] = []
    const result = await runTrainer(
      {
        framesFolder: this.#ports.framesFolder,
        backbone,
        engine: this.#ports.engine,
        states: camera.states,
        seed,
        box: camera.box,
        augmentations,
        frames: labels.map((label) => ({ ...label, known: known.get(label.capturedAt) ?? null })),
        rival: await this.#rivalOf(camera, labels),
      },
      signal,
      (message) => {
        // Only a cache: what the disk refuses is computed again by the next training.
        if (message.kind === 'embedded') saving.push(this.#saveEmbedding(camera.id, recipe, message).catch(() => {}))
        else report(message.phase, PHASES[message.phase][0] + PHASES[message.phase][1] * message.fraction)
      },
    )
    await Promise.all(saving)
    const { skipped, comparison } = result
    const left = new Set(skipped.map(({ frame }) => frame))
    const learned = labels.filter((label) => !left.has(frameOf(label)))
    const model = await this.#save(camera, learned, backbone, seed, result)
    const reason = params.force === true ? null : reasonAgainst(result)
    if (reason === null) await this.#ports.cameras.activate(camera.id, model.id)
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

  /** The active model, where it sees frames as the candidate does and knows the same states. */
  async #rivalOf({ activeModel, box, states }: Camera, labels: Label[]): Promise<TrainerTask['rival']> {
    if (activeModel === null) return null
    const active = await loadModel(this.folderOf(activeModel)).catch(() => null) // damaged: anything is better
    if (!active || active.backbone !== this.#ports.backbone) return null
    if (!isDeepStrictEqual([active.box, active.head.states], [box, states])) return null
    const fresh = labels.filter(({ labelledAt }) => labelledAt > active.createdAtMs)
    return { head: active.head, fresh: new Set(fresh.map(frameOf)) }
  }

  async #save(camera: Camera, labels: Label[], backbone: string, seed: number, trained: TrainedResult): Promise<Model> {
    const { database } = this.#ports
    const version = await this.#nextVersion(camera.id)
    const model: Model = {
      id: `${camera.id}@${version}`,
      backbone,
      engine: trained.engine,
      createdAtMs: Date.now(),
      seed,
      labels: summariseLabels(labels.map((label) => ({ frame: frameOf(label), state: label.state }))),
      box: camera.box,
      head: trained.head,
      evaluation: trained.evaluation,
    }
    await saveModel(this.folderOf(model.id), model)
    const row = { id: model.id, camera: camera.id, version, backbone, engine: trained.engine }
    await database.write
      .insertInto('models')
      .values({ ...row, created_at: model.createdAtMs, evaluation_json: JSON.stringify(model.evaluation) })
      .execute()
    return model
  }

  /** A crash between saving files and row leaves files that nobody knows of: they make way. */
  async #nextVersion(camera: string): Promise<number> {
    const last = await this.#ports.database.read
      .selectFrom('models')
      .select(({ fn }) => fn.max('version').as('version'))
      .where('camera', '=', camera)
      .executeTakeFirst()
    const version = (last?.version ?? 0) + 1
    await rm(this.folderOf(`${camera}@${version}`), { recursive: true, force: true })
    return version
  }

  async #knownEmbeddings(camera: string, recipe: string, augmentations: number): Promise<Map<number, Embedded>> {
    const rows = await this.#ports.database.read
      .selectFrom('embeddings')
      .selectAll()
      .where('camera', '=', camera)
      .where('recipe', '=', recipe)
      .execute()
    return new Map(
      rows.map(({ captured_at, brightness, features }) => [
        captured_at,
        { brightness, features: split(features, 1 + augmentations) },
      ]),
    )
  }

  async #saveEmbedding(
    camera: string,
    recipe: string,
    { capturedAt, brightness, features }: Embedded & { capturedAt: number },
  ) {
    const blob = Buffer.concat(features.map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength)))
    await this.#ports.database.write
      .replaceInto('embeddings')
      .values({ camera, captured_at: capturedAt, recipe, brightness, features: blob })
      .execute()
  }
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

function split(blob: Uint8Array, count: number): Float32Array[] {
  const all = new Float32Array(blob.slice().buffer)
  const length = all.length / count
  return Array.from({ length: count }, (_, i) => all.slice(i * length, (i + 1) * length))
}
