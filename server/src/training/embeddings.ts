import { type BackboneId, signatureOf } from '@ajar/models'
import { sql } from 'kysely'
import type { StateDatabase } from '../database/state-database.ts'
import type { Source } from '../devices/sources.ts'
import type { Embedded, FrameToEmbed } from './trainer-messages.ts'

/** Those of so many frames are held at once. */
const FRAMES_AT_ONCE = 50
/** Each holds megabytes at most, and its room is overwritten: so many in one transaction. */
const ROWS_AT_ONCE = 50

/**
 * What the features of a labelled frame depend on besides the frame.
 * @param seed of what augmentations draw; without these it changes nothing
 */
export function recipeFor(backbone: BackboneId, { region, masks }: Source, augmentations: number, seed = 1): string {
  const drawn = augmentations > 0 ? [seed] : []
  return JSON.stringify([backbone, region, augmentations, ...drawn, ...(masks.length > 0 ? [masks] : [])])
}

/** Features of labelled frames, kept so that the next training need not compute them. Any of them may be missing. */
export class Embeddings {
  readonly #database: StateDatabase

  constructor(database: StateDatabase) {
    this.#database = database
  }

  /** Those of these frames and perhaps of a few more, by the frame's id. */
  async of(
    frames: { camera: string; capturedAt: number }[],
    recipe: string,
    augmentations: number,
  ): Promise<Map<string, Embedded>> {
    const rows = await this.#database.read
      .selectFrom('embeddings')
      .selectAll()
      .where('camera', 'in', [...new Set(frames.map(({ camera }) => camera))])
      .where(
        'captured_at',
        'in',
        frames.map(({ capturedAt }) => capturedAt),
      )
      .where('recipe', '=', recipe)
      .execute()
    return new Map(
      rows.map(({ camera, captured_at, brightness, features }) => [
        `${camera}/${captured_at}`,
        { brightness, features: split(features, 1 + augmentations) },
      ]),
    )
  }

  /** These frames, each with what is known of it: read as it is asked for. */
  async *known<Frame extends { camera: string; capturedAt: number }>(
    frames: Frame[],
    recipe: string,
    augmentations: number,
  ): AsyncGenerator<Frame & FrameToEmbed> {
    for (let from = 0; from < frames.length; from += FRAMES_AT_ONCE) {
      const some = frames.slice(from, from + FRAMES_AT_ONCE)
      const known = await this.of(some, recipe, augmentations)
      for (const frame of some) yield { ...frame, known: known.get(`${frame.camera}/${frame.capturedAt}`) ?? null }
    }
  }

  /** Those of these frames that have none. */
  async missing<Frame extends { camera: string; capturedAt: number }>(
    frames: Frame[],
    recipe: string,
  ): Promise<Frame[]> {
    const rows = await this.#database.read
      .selectFrom('embeddings')
      .select(['camera', 'captured_at'])
      .where('camera', 'in', [...new Set(frames.map(({ camera }) => camera))])
      .where('recipe', '=', recipe)
      .execute()
    const known = new Set(rows.map(({ camera, captured_at }) => `${camera}/${captured_at}`))
    return frames.filter(({ camera, capturedAt }) => !known.has(`${camera}/${capturedAt}`))
  }

  /** The recipes of what is kept of a camera's frames. */
  async recipesOf(camera: string): Promise<string[]> {
    const { read } = this.#database
    const rows = await read.selectFrom('embeddings').select('recipe').distinct().where('camera', '=', camera).execute()
    return rows.map(({ recipe }) => recipe)
  }

  async save(
    recipe: string,
    { camera, capturedAt, brightness, features }: Embedded & { camera: string; capturedAt: number },
  ) {
    const blob = Buffer.concat(features.map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength)))
    const [own] = features
    const signature = own ? signatureOf(own) : null
    await this.#database.write
      .replaceInto('embeddings')
      .values({ camera, captured_at: capturedAt, recipe, brightness, features: blob, signature })
      .execute()
  }

  /**
   * Removes those of a camera's frames that no label needs, its own or a borrowed one, or that are of other recipes.
   * @param recipesOf the recipes by which a camera that learns from these frames sees them
   */
  async prune(camera: string, recipesOf: (learner: string) => string[]): Promise<void> {
    const { read, write } = this.#database
    const borrowers = await read
      .selectFrom('borrowed_labels')
      .select('camera')
      .distinct()
      .where('source', '=', camera)
      .execute()
    const recipes = [camera, ...borrowers.map((borrower) => borrower.camera)].flatMap(recipesOf)
    for (let removed = 1; removed > 0; ) {
      const { numAffectedRows } = await sql`
        delete from embeddings where rowid in (
          select e.rowid from embeddings e where e.camera = ${camera} and (
            e.recipe not in (${sql.join(recipes)})
            or not exists (select 1 from labels l where l.camera = e.camera and l.captured_at = e.captured_at)
            and not exists (
              select 1 from borrowed_labels b where b.source = e.camera and b.captured_at = e.captured_at))
          limit ${ROWS_AT_ONCE})`.execute(write)
      removed = Number(numAffectedRows ?? 0n)
    }
  }
}

function split(blob: Uint8Array, count: number): Float32Array[] {
  const all = new Float32Array(blob.slice().buffer)
  const length = all.length / count
  return Array.from({ length: count }, (_, i) => all.slice(i * length, (i + 1) * length))
}
