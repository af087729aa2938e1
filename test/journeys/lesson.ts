import { type Api, teach } from '@ajar/local'
import { door } from './pictures.ts'

const PICTURES = 12
const HOUR_MS = 3_600_000
const DAY_MS = 600_000

/** Teaches a camera the rendered door, with few pictures so that it takes little time. @returns the model's id */
export async function teachDoor({ api }: { api: Api }, camera: string): Promise<string> {
  const from = Date.now() - HOUR_MS
  const job = await teach(api, {
    camera,
    states: ['closed', 'open'],
    pictures: (async function* () {
      for (let i = 0; i < PICTURES; i++) {
        const state = i % 2 === 0 ? 'closed' : 'open'
        yield { state, jpeg: await door(state, (i * DAY_MS) / PICTURES), capturedAtMs: from + i * 60_000 }
      }
    })(),
    count: PICTURES,
    onProgress: () => {},
  })
  return job.result?.model as string
}
