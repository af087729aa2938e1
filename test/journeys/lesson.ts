import { type Api, teach } from '@ajar/local'
import { door } from './pictures.ts'

const PICTURES = 12
/** Between pictures: those of one hour cannot be judged by what was learned of one another. */
const APART_MS = 1_200_000
const DAY_MS = 600_000

/** Teaches a camera the rendered door, with few pictures so that it takes little time. @returns the model's id */
export async function teachDoor({ api }: { api: Api }, camera: string): Promise<string> {
  const from = Date.now() - (PICTURES + 3) * APART_MS
  const job = await teach(api, {
    camera,
    states: ['closed', 'open'],
    pictures: (async function* () {
      for (let i = 0; i < PICTURES; i++) {
        const state = i % 2 === 0 ? 'closed' : 'open'
        yield { state, jpeg: await door(state, (i * DAY_MS) / PICTURES), capturedAtMs: from + i * APART_MS }
      }
    })(),
    count: PICTURES,
    onProgress: () => {},
  })
  return job.result?.model as string
}
