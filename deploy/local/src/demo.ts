import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderDoor } from '@ajar/edge-agent'
import { nameOfTime } from '@ajar/protocol'
import { Api, ApiError, type Job } from './api.ts'
import { demoKeys, writeSecret } from './demo-keys.ts'
import { importSet } from './labelled-set.ts'
import type { ServerAddresses } from './processes.ts'
import { ProgressBar } from './progress-bar.ts'
import type { RunningAddress } from './running.ts'

/** The demo camera: a rendered door that is taught once and then watched. */

export const DEMO_DEVICE = 'demo-pi'
export const DEMO_CAMERA = `${DEMO_DEVICE}/front-door`
const SEED = 7
const STATES = ['closed', 'open'] as const
const LABELS_PER_STATE = 20
/** Where rendering and importing end, in the whole of the lesson. */
const [RENDERED, IMPORTED] = [0.3, 0.6]
/** A day of the demo: light and night are seen within minutes. */
const DAY_MS = 600_000

/**
 * Makes sure that the demo's device exists and its camera is taught.
 * @param adminToken the token this start made or was given, or null on later starts
 * @returns the config file of the demo's agent, or null where nobody allows us to set it up
 */
export async function prepareDemo(
  server: ServerAddresses,
  dataDir: string,
  adminToken: string | null,
): Promise<string | null> {
  const folder = join(dataDir, 'demo')
  const keys = await demoKeys(server, folder, DEMO_DEVICE, adminToken)
  if (!keys) return null
  await teachOnce(server, keys.api, join(folder, 'lesson'))
  const configFile = join(folder, 'agent.json')
  const config = {
    device: DEMO_DEVICE,
    token: keys.device,
    server: server.mqtt,
    ...(server.mqtt.startsWith('mqtts:') ? { ca: server.ca } : {}),
    dataDir: join(folder, 'agent'),
    cameras: [{ name: 'front-door', driver: 'synthetic', intervalMs: 1000, seed: SEED, dayMs: DAY_MS }],
  }
  await writeSecret(configFile, config)
  return configFile
}

/** Imported frames make no history: the camera was taught from them, and never saw them. */
async function teachOnce(server: ServerAddresses, token: string, folder: string) {
  const api = new Api(server, token)
  const model = await api.get<{ model: string | null }>(`/api/cameras/${DEMO_CAMERA}`).catch((error) => {
    if (error instanceof ApiError && error.status === 404) return { model: null }
    throw error
  })
  if (model.model !== null) return
  console.log(`\nTeaching ${DEMO_CAMERA}: ${LABELS_PER_STATE} rendered pictures of each state (${STATES.join(', ')})`)
  const progress = new ProgressBar('  training')
  const job = await lesson(api, { address: server, token }, folder, progress).finally(() => progress.end())
  const {
    model: id,
    evaluation,
    verdict,
  } = job.result as {
    model: string
    evaluation: { balancedAccuracy: number } | null
    verdict: string
  }
  console.log(`  trained ${id} in ${progress.seconds.toFixed(1)} s`)
  const accuracy = evaluation && `balanced accuracy on held-out frames: ${evaluation.balancedAccuracy.toFixed(3)}; `
  console.log(`  ${accuracy ?? ''}${verdict}`)
}

async function lesson(api: Api, server: RunningAddress, folder: string, progress: ProgressBar): Promise<Job> {
  const show = (from: number, to: number) => (phase: string, fraction: number) =>
    progress.show(phase, from + (to - from) * fraction)
  await api.send('PATCH', `/api/cameras/${DEMO_CAMERA}`, { states: [...STATES] })
  try {
    await renderPictures(folder, show(0, RENDERED))
    await importSet(server, DEMO_CAMERA, folder, { addStates: false, onProgress: show(RENDERED, IMPORTED) })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const { id } = await api.send<Job>('POST', '/api/training', { camera: DEMO_CAMERA })
  const train = show(IMPORTED, 1)
  return api.finished(id, ({ phase, progress: fraction }) => train(phase ?? 'train', fraction))
}

/**
 * Pictures of the last 23 hours: an evaluation judges only frames that were taken ten minutes or more from all that was
 * learned. Each is three rendered days and a part later than the one before, so that any few of them in a row are spread
 * over light and night (the golden section spreads most evenly).
 */
async function renderPictures(folder: string, onProgress: (phase: string, fraction: number) => void) {
  const count = STATES.length * LABELS_PER_STATE
  const step = 3.382 * DAY_MS
  const from = Date.now() - count * step
  for (let i = 0; i < count; i++) {
    const state = STATES[i % STATES.length] ?? 'closed'
    const atMs = Math.round(from + i * step)
    await mkdir(join(folder, state), { recursive: true })
    await writeFile(
      join(folder, state, `${nameOfTime(atMs)}.jpg`),
      await renderDoor({ seed: SEED, atMs, state, dayMs: DAY_MS }),
    )
    onProgress('render', (i + 1) / count)
  }
}
