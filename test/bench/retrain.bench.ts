import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { renderDoor } from '@ajar/edge-agent'
import { type Api, type Job, type LabelledPicture, teach } from '@ajar/local'
import { addDevices, median, metric, percentile, publish, startBenchServer } from './peers.ts'

/** How long it takes to train again, and what the frames of others wait for their PUBACK meanwhile. */

const BUNDLE = fileURLToPath(new URL('../../deploy/bundle/build.ts', import.meta.url))
const CAMERA = 'lab-pi/door'
const STATES = ['closed', 'open']
const PER_STATE = 40
const MINUTE_MS = 60_000
const TIMES = 7
const ROUNDS = 5
const LOAD = { cameras: ['cam'], frame: { bytes: 100_000, width: 640, height: 360 }, window: 8, seconds: 8, rate: 100 }
const PUBLISHERS = 10

export default async function retrain() {
  await once(spawn(process.execPath, [BUNDLE], { stdio: 'inherit' }), 'exit') // as `npm start` does
  const server = await startBenchServer()
  const { api } = server
  try {
    const first = await secondsOf(() =>
      teach(api, { camera: CAMERA, states: STATES, pictures: pictures(), count: 2 * PER_STATE, onProgress: () => {} }),
    )
    console.log(
      `${PER_STATE} + ${PER_STATE} labels; sent, labelled and trained the first time in ${first.toFixed(1)} s`,
    )
    const times: { asked: number; inside: number }[] = []
    for (let i = 0; i < TIMES; i++) {
      let inside = Number.NaN
      const asked = await secondsOf(async () => {
        inside = (await train(api)).seconds
      })
      times.push({ asked, inside })
    }
    const told = (which: 'asked' | 'inside') => median(times.map((time) => time[which])).toFixed(2)
    console.log(`trained again, embeddings cached, median of ${TIMES}: ${told('inside')} s (aim: 1 s)`)
    console.log(`  from the call until the job is seen done: ${told('asked')} s`)

    const clients = await addDevices(api, PUBLISHERS)
    const latencies = { alone: [] as number[][], training: [] as number[][] }
    let trainings = 0
    // The first round is not counted: it warms.
    for (let round = -1; round < ROUNDS; round++)
      for (const kind of ['alone', 'training'] as const) {
        const published = publish({ ...LOAD, url: server.mqtt, clients })
        let over = false
        const training = kind === 'training' ? trainUntil(() => over) : Promise.resolve(0)
        const report = await published
        over = true
        trainings += await training
        if (round >= 0) latencies[kind].push(report.latencies)
        while ((await metric(api, 'ajar_frames_pending')) > 0) await new Promise((wait) => setTimeout(wait, 200))
      }
    console.log(`\n${LOAD.rate} frames/s of 100 kB, QoS 1, ${ROUNDS} x ${LOAD.seconds} s each, alternating, medians;`)
    console.log(`${trainings} trainings back to back in the one half, none in the other`)
    for (const share of [0.5, 0.99]) {
      const [alone = 0, training = 0] = [latencies.alone, latencies.training].map((rounds) =>
        median(rounds.map((sorted) => percentile(sorted, share))),
      )
      const aim = share === 0.99 ? ' (aim: below 1.5)' : ''
      const ratio = (training / alone).toFixed(2)
      console.log(
        `PUBACK p${share * 100}: ${alone.toFixed(1)} ms, while it trains ${training.toFixed(1)} ms, ratio ${ratio}${aim}`,
      )
    }
  } finally {
    await server.close()
  }

  async function trainUntil(isOver: () => boolean): Promise<number> {
    let count = 0
    for (; !isOver(); count++) await train(api)
    return count
  }
}

async function train(api: Api): Promise<{ seconds: number }> {
  const { id } = await api.send<Job>('POST', '/api/training', { camera: CAMERA })
  const { result } = await api.finished(id, () => {})
  return result as { seconds: number }
}

/** Of the last day, far enough apart to be evaluated, in all light. */
async function* pictures(): AsyncIterable<LabelledPicture> {
  const from = Date.now() - 24 * 60 * MINUTE_MS
  for (let i = 0; i < 2 * PER_STATE; i++) {
    const state = i % 2 === 0 ? 'closed' : 'open'
    const capturedAtMs = from + i * 16 * MINUTE_MS
    yield { state, jpeg: await renderDoor({ seed: 5, atMs: capturedAtMs, state, dayMs: 600_000 }), capturedAtMs }
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
