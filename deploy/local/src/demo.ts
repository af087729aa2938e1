import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderDoor } from '@ajar/edge-agent'
import { Api, ApiError } from './api.ts'
import type { RunningServer } from './processes.ts'
import { ProgressBar } from './progress-bar.ts'
import { type LabelledPicture, teach } from './teach.ts'

/** The demo camera: a rendered door that is taught once and then watched. */

export const DEMO_DEVICE = 'demo-pi'
export const DEMO_CAMERA = `${DEMO_DEVICE}/front-door`
const SEED = 7
const STATES = ['closed', 'open'] as const
const LABELS_PER_STATE = 20
/** A day of the demo: light and night are seen within minutes. */
const DAY_MS = 600_000

/** What the demo keeps for its next start. */
interface Keys {
  /** An operator's token of its own. */
  api: string
  /** The credential of `demo-pi`. */
  device: string
}

/**
 * Makes sure that the demo's device exists and its camera is taught.
 * @param adminToken the token this start made or was given, or null on later starts
 * @returns the config file of the demo's agent, or null where nobody allows us to set it up
 */
export async function prepareDemo(
  server: RunningServer,
  dataDir: string,
  adminToken: string | null,
): Promise<string | null> {
  const folder = join(dataDir, 'demo')
  const keys = (await readKeys(folder)) ?? (adminToken === null ? null : await makeKeys(server, folder, adminToken))
  if (!keys) return null
  await teachOnce(new Api(server.http, keys.api))
  const configFile = join(folder, 'agent.json')
  const config = {
    device: DEMO_DEVICE,
    token: keys.device,
    server: server.mqtt,
    dataDir: join(folder, 'agent'),
    cameras: [{ name: 'front-door', driver: 'synthetic', intervalMs: 1000, seed: SEED, dayMs: DAY_MS }],
  }
  await writeSecret(configFile, config)
  return configFile
}

async function teachOnce(api: Api) {
  const model = await api.get<{ model: string | null }>(`/api/cameras/${DEMO_CAMERA}`).catch((error) => {
    if (error instanceof ApiError && error.status === 404) return { model: null }
    throw error
  })
  if (model.model !== null) return
  console.log(`\nTeaching ${DEMO_CAMERA}: ${LABELS_PER_STATE} rendered pictures of each state (${STATES.join(', ')})`)
  const progress = new ProgressBar('  training')
  const job = await teach(api, {
    camera: DEMO_CAMERA,
    states: [...STATES],
    pictures: renderedPictures(),
    count: STATES.length * LABELS_PER_STATE,
    onProgress: (phase, fraction) => progress.show(phase, fraction),
  })
  const { model: id, evaluation } = job.result as {
    model: string
    evaluation: { balancedAccuracy: number; verdict: string } | null
  }
  console.log(`  trained ${id} in ${progress.end().toFixed(1)} s`)
  if (evaluation)
    console.log(
      `  balanced accuracy on held-out frames: ${evaluation.balancedAccuracy.toFixed(3)}; ${evaluation.verdict}`,
    )
}

/** Pictures of the last day, spread evenly over its light. */
async function* renderedPictures(): AsyncIterable<LabelledPicture> {
  const count = STATES.length * LABELS_PER_STATE
  const from = Date.now() - DAY_MS
  for (let i = 0; i < count; i++) {
    const state = STATES[i % STATES.length] ?? 'closed'
    const atMs = Math.round(from + ((i + 0.5) * DAY_MS) / count)
    yield { state, jpeg: await renderDoor({ seed: SEED, atMs, state, dayMs: DAY_MS }), capturedAtMs: atMs }
  }
}

async function makeKeys(server: RunningServer, folder: string, adminToken: string): Promise<Keys> {
  const admin = new Api(server.http, adminToken)
  const api = await admin.send<{ token: string }>('POST', '/api/tokens', { name: 'demo', role: 'operator' })
  const device = await admin.send<{ token: string }>('POST', '/api/devices', { name: DEMO_DEVICE }).catch((error) => {
    if (!(error instanceof ApiError) || error.code !== 'name_taken') throw error
    return admin.send<{ token: string }>('POST', `/api/devices/${DEMO_DEVICE}/credential`)
  })
  const keys: Keys = { api: api.token, device: device.token }
  await mkdir(folder, { recursive: true })
  await writeSecret(join(folder, 'keys.json'), keys)
  return keys
}

async function readKeys(folder: string): Promise<Keys | null> {
  try {
    return JSON.parse(await readFile(join(folder, 'keys.json'), 'utf8')) as Keys
  } catch {
    return null
  }
}

async function writeSecret(path: string, content: object) {
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await chmod(path, 0o600) // `mode` counts only for a new file
}
