import { type ChildProcess, spawn } from 'node:child_process'
import { cp, symlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  csiView,
  embedVector,
  filesOf,
  type Model,
  openHead,
  plainView,
  type Sample,
  summariseLabels,
  trainHead,
  VECTOR,
  type VectorView,
} from '@ajar/models'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { unzipped, zipped } from './model-zips.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** The gateway of docs/gateway, as it stands there, beside a server: it fetches what is trained, and says the same. */

const GATEWAY = fileURLToPath(new URL('../../docs/gateway', import.meta.url))
const LIBRARIES = fileURLToPath(new URL('../../models/node_modules', import.meta.url))
const STATES = ['0', '45', '90']

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

/** 0 to 1, the same each time. */
function diceOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** A channel that a state bends, turned as clocks do; over one subcarrier nothing is received. */
function packet(state: number, dice: () => number): number[] {
  const [turn, tilt] = [6 * dice() - 3, 0.4 * dice() - 0.2]
  const places = Array.from({ length: 53 }, (_, i) => i)
  const amplitudes = places.map((i) => (i === 26 ? 0 : 15 + 3 * Math.sin(i / 9 + state * 0.4) + dice()))
  const phases = places.map((i) => {
    const phase = turn + tilt * i + 0.8 * Math.cos(i / 7 + state * 0.4) + 0.2 * dice()
    return i === 26 ? 0 : Math.atan2(Math.sin(phase), Math.cos(phase))
  })
  return [...amplitudes, ...phases]
}

function samplesOf(view: VectorView, seed: number): Sample[] {
  const dice = diceOf(seed)
  let capturedAtMs = 1_795_286_400_000
  return STATES.flatMap((state, k) => {
    const window: Float32Array[] = []
    return Array.from({ length: 30 }, () => {
      capturedAtMs += 1000
      window.push(Float32Array.from(packet(k, dice)))
      return { frame: `pi/wifi/${capturedAtMs}`, capturedAtMs, state, features: [embedVector(window, view)] }
    })
  })
}

/** A model of readings that are made up, seen so. */
async function modelFor(view: VectorView, seed: number): Promise<Model> {
  const samples = samplesOf(view, seed)
  const { states, estimators, novelty } = await trainHead(samples, { states: STATES, view, seed })
  return {
    ...{ id: 'pi/wifi@1', backbone: VECTOR, engine: 'wasm', createdAtMs: 1_795_286_400_000, seed },
    ...{ labels: summariseLabels(samples), region: null, view, head: { states, view, estimators, novelty } },
    ...{ evaluation: null, verdict: 'ready', parent: null, testSet: [] },
  }
}

/** Makes a model the active one of a sensor. */
async function activated(sensor: string, model: Model): Promise<string> {
  const answer = await fetch(`${server.url}/api/sensors/${sensor}/models`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/zip' },
    body: new Uint8Array(await zipped(filesOf(model))),
  })
  const { id } = (await answer.json()) as { id: string }
  const { status } = await server.call('POST', `/api/models/${id}/activate`, { force: true })
  expect([answer.status, status]).toEqual([201, 200])
  return id
}

class Gateway {
  readonly said: { model: string; state: string; probabilities: Record<string, number>; estimators: object }[] = []
  readonly told: string[] = []
  readonly #process: ChildProcess

  constructor(folder: string, sensor: string) {
    const env = { ...process.env, AJAR_URL: server.url, AJAR_TOKEN: ADMIN_TOKEN, AJAR_EVERY_S: '1' }
    this.#process = spawn(process.execPath, [join(folder, 'gateway.mjs'), sensor], { env, stdio: 'pipe' })
    for (const [stream, take] of [
      [this.#process.stdout, (line: string) => this.said.push(JSON.parse(line))],
      [this.#process.stderr, (line: string) => this.told.push(line)],
    ] as const)
      if (stream) createInterface({ input: stream }).on('line', take)
  }

  write(line: string) {
    this.#process.stdin?.write(`${line}\n`)
  }

  end() {
    this.#process.kill()
  }
}

async function started(sensor: string): Promise<Gateway> {
  const folder = await temporaryFolder(onTestFinished)
  await cp(GATEWAY, folder, { recursive: true })
  // What `npm install` would put there.
  await symlink(LIBRARIES, join(folder, 'node_modules'))
  const gateway = new Gateway(folder, sensor)
  onTestFinished(async () => gateway.end())
  return gateway
}

test.each([
  ['csi', csiView()],
  ['csi-of-three', { ...csiView(), window: 3 }],
  ['any', { ...plainView(106), window: 4 }],
])('it says of each reading what the server says: %s', { timeout: 120_000 }, async (name, view) => {
  const sensor = `door1/${name}`
  const setUp = await server.call('PATCH', `/api/sensors/${sensor}`, { states: STATES, vector: view })
  expect(setUp.status).toBe(200)
  const model = await modelFor(view, 1)
  const id = await activated(sensor, model)
  const gateway = await started(sensor)
  const dice = diceOf(3)
  const readings = Array.from({ length: 9 }, (_, i) => packet(i % 3, dice))
  gateway.write('no list')
  gateway.write('[1,2]')
  for (const reading of readings) gateway.write(JSON.stringify(reading))
  await until(() => gateway.said.length === readings.length)
  const { predict } = openHead(model.head)
  for (const [i, said] of gateway.said.entries()) {
    const window = readings.slice(Math.max(0, i + 1 - view.window), i + 1).map((one) => Float32Array.from(one))
    const { state, probabilities } = predict(embedVector(window, view), { spread: Number.POSITIVE_INFINITY })
    expect(said).toMatchObject({ model: id, state })
    for (const one of STATES) expect(said.probabilities[one]).toBeCloseTo(probabilities[one] ?? Number.NaN, 3)
  }
  expect(gateway.told.filter((line) => line.includes('passed over'))).toHaveLength(2)
  // And the server itself, of the same readings as they come in.
  for (const [i, value] of readings.entries()) {
    const { body } = await server.call('POST', `/api/sensors/${sensor}/readings`, { value })
    const { result } = await until(async () => {
      const answer = await server.call('GET', `/api/readings/${body.reading}`)
      return answer.status === 200 && answer.body.outcome !== 'pending' && answer.body
    })
    for (const one of STATES)
      expect(gateway.said[i]?.probabilities[one]).toBeCloseTo(result.probabilities[one] ?? Number.NaN, 3)
  }
  const newer = await activated(sensor, await modelFor(view, 2))
  await until(() => gateway.told.some((line) => line.startsWith(`model ${newer} `)))
  gateway.write(JSON.stringify(readings[0]))
  await until(() => gateway.said.at(-1)?.model === newer)
})

test('it takes no file that is not what the manifest says, and no manifest that is not what the server says', async () => {
  await server.call('PATCH', '/api/sensors/door1/whole', { states: STATES, vector: csiView() })
  await activated('door1/whole', await modelFor(csiView(), 1))
  const { fetchModel } = await import(join(GATEWAY, 'fetch-model.mjs'))
  const asked = { server: server.url, token: ADMIN_TOKEN, sensor: 'door1/whole', known: null }
  const whole = await fetchModel(asked)
  expect([...whole.files.keys()].sort()).toEqual(
    ['manifest.json', 'model.json', 'novelty.bin', 'test-set.json', 'weights.bin'].sort(),
  )
  expect(await fetchModel({ ...asked, known: whole.sha256 })).toBeNull()
  await expect(fetchModel({ ...asked, sensor: 'door1/nobody' })).rejects.toThrow(/404/)

  const answer = await fetch(`${server.url}/api/sensors/door1/whole/model`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  const files = await unzipped(Buffer.from(await answer.arrayBuffer()))
  for (const [name, bytes] of files) {
    const changed = Uint8Array.from(bytes)
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    const zip = await stored(new Map([...files, [name, changed]]))
    const liar = createServer((_, reply) => {
      reply.writeHead(200, { 'ajar-model': 'x', 'ajar-model-sha256': whole.sha256 }).end(zip)
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void liar.close())
    await until(() => liar.listening)
    const at = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`
    await expect(fetchModel({ ...asked, server: at })).rejects.toThrow(`${name} is not what`)
  }
})

/** As the server makes them: without compression. */
async function stored(files: Map<string, Uint8Array>): Promise<Buffer> {
  const { zipOf } = await import('../src/training/registry/archive.ts')
  return zipOf(files)
}
