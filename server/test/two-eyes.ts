import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { jobEnded } from './lesson.ts'
import type { RunningServer } from './running-server.ts'

/** Real pictures and packets that see the same door: each says a state of its own. */

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
export const hasData = ['parking', 'csi'].every((folder) => existsSync(join(DATA, folder)))
const MINUTE = 60_000
/** Labelled frames are judged by what was learned of others ten minutes away at least. */
const APART = 11 * MINUTE

export type Truth = 'empty' | 'occupied'
export const TRUTHS: Truth[] = ['empty', 'occupied']

/** Pictures of one fixed camera over parking bays, as files have them; none is given twice. */
export function bays(state: Truth): () => Uint8Array {
  const folder = join(DATA, 'parking', state)
  const names = readdirSync(folder).sort()
  return () => {
    const name = names.shift()
    if (!name) throw new Error(`all pictures of ${folder} were taken`)
    return readFileSync(join(folder, name))
  }
}

/** Numbers 0..1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Sends pictures, labels them and trains. @param labelOf what people say of a picture of this */
export async function teachCamera(
  server: RunningServer,
  {
    camera,
    next,
    perState,
    labelOf = (truth) => truth,
  }: {
    camera: string
    next: Record<Truth, () => Uint8Array>
    perState: number
    labelOf?: (truth: Truth) => string
  },
) {
  await server.call('PATCH', `/api/cameras/${camera}`, { states: TRUTHS, debounce: 1, threshold: 0.6 })
  const first = Date.now() - 10 * 24 * 60 * MINUTE
  const labels: { frame: string; state: string }[] = []
  for (let i = 0; i < perState * 2; i++) {
    const truth = TRUTHS[i % 2] as Truth
    labels.push({ frame: await server.send(camera, next[truth](), first + i * APART), state: labelOf(truth) })
  }
  const { status, body } = await server.call('POST', '/api/labels', { labels })
  if (status !== 200) throw new Error(JSON.stringify(body))
  await train(server, camera)
}

export async function train(server: RunningServer, source: string) {
  const { status, body } = await server.call('POST', '/api/training', { camera: source })
  if (status !== 202) throw new Error(JSON.stringify(body))
  const job = await jobEnded(server, body.id)
  if (job.state !== 'done') throw new Error(JSON.stringify(job))
  return job
}
