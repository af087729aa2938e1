import { renderDoor } from '@ajar/edge-agent'
import { type Answer, type RunningServer, until } from './running-server.ts'

export const CAMERA = 'pi/door'
export type DoorState = 'open' | 'closed'
const STATES: DoorState[] = ['open', 'closed']
const MINUTE = 60_000
/** Between labelled frames: nearer together they could not be judged by what was learned of the others. */
const APART = 11 * MINUTE
/** Longer ago than any frame that a test sends as it goes. */
const FIRST = Date.now() - 6 * 24 * 60 * MINUTE
/** Somebody walks past the rendered door now and then: what a test sees does not depend on when it runs. */
const RENDERED_FROM = Date.UTC(2026, 10, 21, 3, 44, 37)

export function door(state: DoorState, minute: number): Promise<Uint8Array> {
  return renderDoor({ seed: 4, atMs: RENDERED_FROM + minute * MINUTE, state, width: 320, height: 180 })
}

/** Sends and labels pictures of each state, in turn. @returns the frames' ids */
export async function label(server: RunningServer, perState: number, from = 0): Promise<string[]> {
  await server.call('PATCH', `/api/cameras/${CAMERA}`, { states: STATES })
  const labels: { frame: string; state: DoorState }[] = []
  for (let i = from; i < from + perState * STATES.length; i++) {
    const state = STATES[i % STATES.length] ?? 'open'
    labels.push({ frame: await server.send(CAMERA, await door(state, i), FIRST + i * APART), state })
  }
  const { status, body } = await server.call('POST', '/api/labels', { labels })
  if (status !== 200) throw new Error(JSON.stringify(body))
  return labels.map(({ frame }) => frame)
}

/** The job once it has ended. */
export function jobEnded(server: RunningServer, id: string): Promise<Answer['body']> {
  return until(async () => {
    const { body } = await server.call('GET', `/api/jobs/${id}`)
    return ['done', 'failed', 'cancelled'].includes(body.state) && body
  })
}

/** Trains to the end. @returns the job */
export async function train(server: RunningServer, more: object = {}): Promise<Answer['body']> {
  const { status, body } = await server.call('POST', '/api/training', { camera: CAMERA, ...more })
  if (status !== 202) throw new Error(JSON.stringify(body))
  return jobEnded(server, body.id)
}
