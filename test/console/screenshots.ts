import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderDoor } from '@ajar/edge-agent'
import { Api, teach } from '@ajar/local'
import type { MqttClient } from 'mqtt'
import sharp from 'sharp'
import { System, until } from '../journeys/system.ts'
import { startBrowser } from './browser.ts'
import { buildPages } from './pages.ts'
import { DESKTOP, type Looks, PHONE, Visit } from './visit.ts'

/**
 * `npm run screenshots`: the README's pictures, from a real server that was taught rendered doors and saw them for an
 * hour. Writes `docs/*.webp`.
 */

interface Camera {
  /** `device/camera` */
  id: string
  seed: number
  /** Where its day stands now, 0 to 1: 0 is midnight. */
  day: number
}

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url))
const FRONT_DOOR: Camera = { id: 'house-pi/front-door', seed: 7, day: 0.5 }
const CAMERAS: Camera[] = [
  FRONT_DOOR,
  { id: 'house-pi/garden-door', seed: 22, day: 0.42 },
  { id: 'garage-pi/gate', seed: 35, day: 0.66 },
  { id: 'workshop-pi/store-room', seed: 56, day: 0.95 },
]
const STATES = ['closed', 'open'] as const
const EACH = 10
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const STEP_MS = 40_000
const STARTED_AT = Date.now()
/** So that no moment of the renderer is before its beginning. */
const FEW_DAYS = 10
const PERIOD_MS = 1500
const SETTLE_MS = 2500
const QUALITY = 82

const WALL = { path: '/', heading: 'Cameras' }
const CAMERA = { path: `/camera/${FRONT_DOOR.id}`, heading: /^front-door/ }
const TEACH = { path: `/teach/${FRONT_DOOR.id}`, heading: /^Teach/ }
const MODEL = { path: `/models/${FRONT_DOOR.id}/1`, heading: /^Model 1/ }
const SESSION = 'What moved at the front door'
const LABORATORY = { path: '/laboratory/1', heading: SESSION }
const dark = (looks: Looks): Looks => ({ ...looks, theme: 'dark' })
const high = (height: number): Looks => ({ ...DESKTOP, height })
const PICTURES = [
  { name: 'wall-light', page: WALL, looks: high(450) },
  { name: 'wall-dark', page: WALL, looks: dark(high(450)) },
  { name: 'camera-light', page: CAMERA, looks: high(1100) },
  { name: 'camera-dark', page: CAMERA, looks: dark(high(1100)) },
  { name: 'teach-light', page: TEACH, looks: high(900) },
  { name: 'model-light', page: MODEL, looks: high(850) },
  { name: 'laboratory-light', page: LABORATORY, looks: high(1000) },
  { name: 'wall-phone', page: WALL, looks: PHONE },
  { name: 'camera-phone', page: CAMERA, looks: dark(PHONE) },
]

await buildPages()
await mkdir(DOCS, { recursive: true })
const system = await System.start({ AJAR_CLASSIFY_WORKERS: 'auto' })
const browser = await startBrowser()
const devices = new Map<string, MqttClient>()
let watching: NodeJS.Timeout | undefined
try {
  await Promise.all(CAMERAS.map((camera) => lesson(camera)))
  const now = Date.now()
  for (let atMs = now - HOUR_MS; atMs < now; atMs += STEP_MS)
    await Promise.all(CAMERAS.map(async (camera) => post(camera, atMs, await pictureOf(camera, atMs))))
  for (const { id } of CAMERAS) await connect(id)
  await tellOfSensors()
  watching = setInterval(() => {
    void read()
    for (const camera of CAMERAS) void publish(camera)
  }, PERIOD_MS)
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'mara', role: 'operator' })
  await compute(new Api(system.server, token))
  for (const picture of PICTURES) await take(picture, token)
} finally {
  clearInterval(watching)
  await browser.close()
  await system.close()
}

/** Teaches a camera what it saw the day before. */
async function lesson(camera: Camera): Promise<void> {
  const from = Date.now() - HOUR_MS - DAY_MS
  const count = STATES.length * EACH
  await teach(system.api, {
    camera: camera.id,
    states: [...STATES],
    count,
    onProgress: () => {},
    pictures: (async function* () {
      for (let i = 0; i < count; i++) {
        const capturedAtMs = Math.round(from + (i * DAY_MS) / count)
        const state = STATES[i % STATES.length] ?? 'closed'
        yield { state, capturedAtMs, jpeg: await pictureOf(camera, capturedAtMs, state) }
      }
    })(),
  })
  console.log(`${camera.id} was taught`)
}

function pictureOf({ seed, day }: Camera, atMs: number, state = stateAt(seed, atMs)): Promise<Uint8Array> {
  // The renderer's days begin at 1970; those of each camera where its light is as it should be when the script begins.
  const sinceMidnight = atMs - STARTED_AT + day * DAY_MS
  return renderDoor({ seed, atMs: Math.round(sinceMidnight + FEW_DAYS * DAY_MS), dayMs: DAY_MS, state })
}

/** A door that people use: open for a few minutes now and then. */
function stateAt(seed: number, atMs: number): 'closed' | 'open' {
  const minute = atMs / 60_000 + seed * 7
  return Math.sin(minute / 3.1) + Math.sin(minute / 7.7) > 0.9 ? 'open' : 'closed'
}

async function post({ id }: Camera, atMs: number, jpeg: Uint8Array): Promise<void> {
  await system.api.sendJpeg(`/api/cameras/${id}/frames?capturedAt=${atMs}`, jpeg)
}

async function connect(id: string): Promise<void> {
  const [device = ''] = id.split('/')
  if (!devices.has(device)) devices.set(device, await system.connect(device, await system.addDevice(device)))
}

/** What the sensors of the front door's device read now. */
async function read(): Promise<void> {
  const [device = ''] = FRONT_DOOR.id.split('/')
  const atMs = Date.now()
  const readings = { contact: stateAt(FRONT_DOOR.seed, atMs), 'cpu-temperature': 47.2, wifi: -58 }
  for (const [sensor, value] of Object.entries(readings))
    await devices
      .get(device)
      ?.publishAsync(`ajar/${device}/${sensor}/reading/${atMs}`, JSON.stringify({ value }), { qos: 1 })
}

/** Says what they are in. */
async function tellOfSensors(): Promise<void> {
  const [device = ''] = FRONT_DOOR.id.split('/')
  const sensor = (driver: string, unit: string | null) => ({ driver, unit, fault: null })
  const sensors = {
    contact: sensor('gpio', null),
    'cpu-temperature': sensor('cpu-temperature', '°C'),
    wifi: sensor('wifi', 'dBm'),
  }
  const status = JSON.stringify({ state: 'online', sensors })
  await devices.get(device)?.publishAsync(`ajar/${device}/status`, status, { qos: 1, retain: true })
}

/** A data session of what the front door saw for an hour: the median of it, and what is not as in the median. */
async function compute(api: Api): Promise<void> {
  interface Operation {
    id: number
    status: string
    output: { output_files: { basename: string; source: string; type: string }[] } | null
  }
  const query = { camera: FRONT_DOOR.id, every: 2 * STEP_MS }
  const body = { name: SESSION, input_data: [{ source: 'archive', query }] }
  const session = await api.send<{ id: number; input_data: object[] }>('POST', '/api/datasessions/', body)
  const operations = `/api/datasessions/${session.id}/operations/`
  const run = async (name: string, input_data: object) => {
    const { id } = await api.send<Operation>('POST', operations, { name, input_data })
    return until(async () => {
      const operation = await api.get<Operation>(`${operations}${id}/`)
      if (operation.status === 'FAILED') throw new Error(JSON.stringify(operation))
      return operation.output?.output_files
    })
  }
  await run('Histogram', { input_files: session.input_data.slice(0, 1) })
  await run('Median', { input_files: session.input_data })
  console.log(`${SESSION}: ${session.input_data.length} frames`)
}

/** What a camera sees now, by MQTT. */
async function publish(camera: Camera): Promise<void> {
  const atMs = Date.now()
  const jpeg = await pictureOf(camera, atMs)
  const [device = '', name] = camera.id.split('/')
  devices.get(device)?.publish(`ajar/${device}/${name}/frame/${atMs}`, Buffer.from(jpeg), { qos: 1 })
}

async function take({ name, page: { path, heading }, looks }: (typeof PICTURES)[number], token: string): Promise<void> {
  const visit = await Visit.begin(browser, looks)
  const { page } = visit
  await page.goto(`${system.server.http}/#token=${token}`)
  await page.getByRole('heading', { name: WALL.heading }).waitFor()
  await page.goto(system.server.http + path)
  await page.getByRole('heading', { name: heading }).first().waitFor()
  await page.locator('main :is(img, svg)').first().waitFor()
  await page.waitForTimeout(SETTLE_MS)
  const { size } = await sharp(await page.screenshot())
    .webp({ quality: QUALITY })
    .toFile(join(DOCS, `${name}.webp`))
  console.log(`docs/${name}.webp: ${Math.round(size / 1000)} kB`)
  await visit.close()
}
