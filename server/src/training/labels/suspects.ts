import type { Evaluation, WrongFrame } from '@ajar/models'
import { parseFrameId } from '@ajar/protocol'
import type { StateDatabase } from '../../database/state-database.ts'

/** A label of which a model that had not learned from it was sure that it is wrong. */
export interface Suspect {
  frame: string
  label: string
  /** What the model said. */
  said: string
  confidence: number
}

/** An evaluation as it is kept: that of an older release names no suspects. */
type Kept = (Evaluation & { suspects?: WrongFrame[] }) | null

/** Those of the camera's newest model that could be evaluated, as long as their labels say what they said then. */
export async function suspectsOf({ read }: StateDatabase, camera: string): Promise<Suspect[]> {
  const newest = await read
    .selectFrom('models')
    .select('evaluation_json')
    .where('camera', '=', camera)
    .where('evaluation_json', '<>', 'null')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  const suspects = newest ? ((JSON.parse(newest.evaluation_json) as Kept)?.suspects ?? []) : []
  if (suspects.length === 0) return []
  // Its own frames only: what a borrowed label says is said at another camera.
  const times = suspects.flatMap(({ frame }) => parseFrameId(frame)?.capturedAtMs ?? [])
  const labels = await read
    .selectFrom('labels')
    .select(['captured_at', 'state'])
    .where('camera', '=', camera)
    .where('captured_at', 'in', times)
    .execute()
  const says = new Map(labels.map(({ captured_at, state }) => [`${camera}/${captured_at}`, state]))
  return suspects
    .filter(({ frame, truth }) => says.get(frame) === truth)
    .map(({ frame, truth, said, confidence }) => ({ frame, label: truth, said, confidence }))
}
