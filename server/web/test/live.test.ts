import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { StreamEvent } from '../src/api/events.ts'
import { Live } from '../src/live/live.ts'
import { openAt, serve, stub } from './browser.ts'

const CAMERA = 'pi/cam'
const T = 1_800_000_000_000

/** The stream, spoken by the test. */
class Source extends EventTarget {
  static latest: Source
  onopen = () => {}
  constructor() {
    super()
    Source.latest = this
  }
  close() {}
}

let newest: string | null
let answers: Promise<void>
let live: Live
let calls: string[]
const csi = {
  ...{ device: 'esp', sensor: 'csi', at: new Date(T).toISOString(), value: [1, 2, 3] },
  source: {
    ...{ states: ['0', '90'], model: 'esp/csi@1', staleAfterMs: 60_000 },
    state: { state: '90', confidence: 0.9, since: T, frame: `esp/csi/${T}`, model: 'esp/csi@1' },
  },
}

const body = (lastFrame: string | null) => ({
  ...{ id: CAMERA, device: 'pi', camera: 'cam', states: ['closed', 'open'], staleAfterMs: 60_000, model: null },
  ...{
    lastFrame,
    state: { state: 'unknown', confidence: null, since: T, frame: lastFrame, model: null, reason: 'no_model' },
  },
})
const camera = () => live.camera(CAMERA)?.value
function say({ kind, data }: StreamEvent) {
  Source.latest.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(data), lastEventId: '1' }))
}
const result = (at: number, model: string | null) =>
  ({
    kind: 'result',
    data: {
      camera: CAMERA,
      frame: `${CAMERA}/${at}`,
      state: 'open',
      confidence: 0.9,
      reason: null,
      model,
      late: false,
    },
  }) as StreamEvent

beforeEach(async () => {
  openAt('/')
  stub('EventSource', Source)
  stub('requestAnimationFrame', (paint: () => void) => paint())
  newest = `${CAMERA}/${T}`
  answers = Promise.resolve()
  calls = serve((call) => {
    if (call === 'GET /api/cameras') return [200, { items: [body(newest)] }]
    return [
      200,
      {
        items: call.startsWith('GET /api/sensors') ? [csi, { ...csi, sensor: 'wifi', source: null }] : [],
      },
    ]
  })
  const fetchNow = fetch
  stub('fetch', async (...asked: Parameters<typeof fetch>) => {
    const answer = await fetchNow(...asked)
    await answers
    return answer
  })
  live = new Live(() => {})
  live.start()
  onTestFinished(() => live.stop())
  await vi.waitFor(() => expect(camera()?.frame).toBe(`${CAMERA}/${T}`))
})

test.each(['purged', 'deleted'] as const)('no frame of a camera that was %s is shown any more', async (change) => {
  newest = `${CAMERA}/${T - 5000}`
  say({ kind: 'camera', data: { camera: CAMERA, change } })
  expect(camera()?.frame).toBeNull()
  await vi.waitFor(() => expect(camera()?.frame).toBe(newest))
})

test('nor by an answer that was asked for before', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  answers = promise
  say({ kind: 'camera', data: { camera: CAMERA, change: 'changed' } })
  await vi.waitFor(() => {}) // asked
  newest = null
  say({ kind: 'camera', data: { camera: CAMERA, change: 'purged' } })
  const seen: (string | null | undefined)[] = []
  const end = live.camera(CAMERA)?.subscribe(({ frame }) => seen.push(frame))
  resolve()
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(1))
  end?.()
  expect(new Set(seen)).toEqual(new Set([null]))
})

test('the first result of a first model names it, and "no model" is not said any more', () => {
  say(result(T + 1000, `${CAMERA}@1`))
  expect(camera()).toMatchObject({ model: `${CAMERA}@1`, state: 'unknown', reason: null })
})

test('a server that is being redeployed is away as expected, until the redeploy ends', () => {
  const job = { id: '1', kind: 'redeploy', camera: null, phase: 'restart', progress: 0.7 }
  say({ kind: 'job', data: { ...job, state: 'running' } })
  expect(live.isRedeployed.value).toBe(true)
  say({ kind: 'job', data: { ...job, state: 'failed' } })
  expect(live.isRedeployed.value).toBe(false)
})

test('what was missed may be its end: then nobody says that it goes on', () => {
  say({ kind: 'job', data: { id: '1', kind: 'redeploy', camera: null, state: 'running', phase: null, progress: 0 } })
  expect(live.isRedeployed.value).toBe(true)
  Source.latest.dispatchEvent(Object.assign(new Event('reset'), { lastEventId: '9' }))
  expect(live.isRedeployed.value).toBe(false)
})

test('sensors with states stand beside the cameras, with their newest numbers; others do not', () => {
  expect(live.ids.value).toEqual([CAMERA])
  expect(live.all.value).toEqual(['esp/csi', CAMERA])
  expect(live.camera('esp/csi')?.value).toMatchObject({ kind: 'sensor', state: '90', frameAt: T })
  expect(live.valueOf('esp/csi').value).toEqual([1, 2, 3])
  say({ kind: 'reading', data: { device: 'esp', sensor: 'csi', at: new Date(T + 1).toISOString(), value: [4, 5, 6] } })
  expect(live.valueOf('esp/csi').value).toEqual([4, 5, 6])
})

test('results of what no answer names are asked about once, and not with every result', async () => {
  const asked = () => calls.filter((call) => call === 'GET /api/cameras').length
  const before = asked()
  const stranger = { camera: 'pi/new', frame: `pi/new/${T}`, state: 'open', confidence: 1, reason: null, model: null }
  for (let i = 0; i < 20; i++) {
    say({ kind: 'result', data: { ...stranger, late: false } })
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await vi.waitFor(() => expect(asked()).toBe(before + 1))
})
