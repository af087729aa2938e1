import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type Browser, startBrowser } from '../console/browser.ts'
import { buildPages } from '../console/pages.ts'
import { Visit } from '../console/visit.ts'
import { addDevices, type BenchServer, startBenchServer } from './peers.ts'
import { family, processorSeconds } from './processor-time.ts'
import type { CamerasOrder, CamerasReady } from './wall-cameras.ts'
import { WallViewer } from './wall-viewer.ts'

const DEVICES = 5
const CAMERAS_PER_DEVICE = 10
const CAMERAS = DEVICES * CAMERAS_PER_DEVICE
const SETTLE_MS = 4_000
const MEASURE_MS = 12_000
/** So tall that all tiles are in view: a page loads no picture that nobody sees. */
const WINDOW = { theme: 'light', width: 1920, height: 3200 } as const

interface Phase {
  name: string
  pages: number
  viewers: number
  /** Only cameras with this in their names are shown. */
  only?: string
}

const PHASES: Phase[] = [
  { name: 'nobody', pages: 0, viewers: 0 },
  { name: '1 page', pages: 1, viewers: 0 },
  { name: '1 page that shows 1 camera', pages: 1, viewers: 0, only: 'pi-5/cam-10' },
  { name: '2 pages', pages: 2, viewers: 0 },
  { name: '1 viewer without a browser', pages: 0, viewers: 1 },
  { name: '5 viewers without a browser', pages: 0, viewers: 5 },
]

/**
 * 50 cameras at 1 frame/s on the wall: what a viewer costs the server, his browser and the network, against nobody
 * watching, against the same page with one camera, and against the bytes of the frames themselves.
 */
export default async function wall() {
  await buildPages()
  const server = await startBenchServer()
  const browser = await startBrowser()
  const cameras = fork(new URL('./wall-cameras.ts', import.meta.url))
  try {
    const devices = await addDevices(server.api, DEVICES)
    cameras.send({ url: server.mqtt, devices, camerasPerDevice: CAMERAS_PER_DEVICE } satisfies CamerasOrder)
    const [{ bytes }] = (await once(cameras, 'message')) as [CamerasReady]
    const rows = []
    for (const phase of PHASES) rows.push(await measure(phase, server, browser))
    console.log(
      `${CAMERAS} cameras, 1 frame/s each, ${(bytes / 1000).toFixed(0)} kB; percent of one core, ${MEASURE_MS / 1000} s each`,
    )
    console.table(rows)
    console.log(`peer: the frames as they come are ${((bytes * CAMERAS) / 1000).toFixed(0)} kB/s`)
  } finally {
    cameras.kill()
    await browser.close()
    await server.close()
  }
}

async function measure({ name, pages, viewers, only }: Phase, server: BenchServer, browser: Browser) {
  const visits = await Promise.all(Array.from({ length: pages }, () => openWall(server, browser, only)))
  const clients = Array.from({ length: viewers }, () => new WallViewer(server.http, server.adminToken ?? ''))
  for (const client of clients) client.start()
  await wait(SETTLE_MS)
  const received = () =>
    [...visits, ...clients].reduce(
      (sum, { bytes, pictures }) => ({ bytes: sum.bytes + bytes, pictures: sum.pictures + pictures }),
      {
        bytes: 0,
        pictures: 0,
      },
    )
  const browserSeconds = () => family(browser.pid).reduce((sum, pid) => sum + processorSeconds(pid), 0)
  const before = {
    ...received(),
    server: processorSeconds(server.process.pid),
    browser: browserSeconds(),
    at: performance.now(),
  }
  await wait(MEASURE_MS)
  const seconds = (performance.now() - before.at) / 1000
  const after = received()
  const each = Math.max(1, pages + viewers)
  const row = {
    who: name,
    'server %': percentOf(processorSeconds(server.process.pid) - before.server, seconds),
    'browser % each': pages === 0 ? '' : percentOf((browserSeconds() - before.browser) / pages, seconds),
    'kB/s each': ((after.bytes - before.bytes) / 1000 / seconds / each).toFixed(0),
    'pictures/s each': ((after.pictures - before.pictures) / seconds / each).toFixed(1),
  }
  for (const client of clients) client.close()
  for (const { visit } of visits) await visit.close()
  return row
}

interface OpenWall {
  visit: Visit
  /** What came over the network, and how many of it were pictures. */
  bytes: number
  pictures: number
}

async function openWall(server: BenchServer, browser: Browser, only: string | undefined): Promise<OpenWall> {
  const visit = await Visit.begin(browser, WINDOW)
  const wall: OpenWall = { visit, bytes: 0, pictures: 0 }
  const network = await visit.context.newCDPSession(visit.page)
  await network.send('Network.enable')
  const streams = new Set<string>()
  network.on('Network.responseReceived', ({ type, requestId }) => {
    if (type === 'Image') wall.pictures += 1
    if (type === 'EventSource') streams.add(requestId)
  })
  network.on('Network.loadingFinished', ({ encodedDataLength }) => {
    wall.bytes += encodedDataLength
  })
  // A stream is never finished.
  network.on('Network.dataReceived', ({ requestId, dataLength }) => {
    if (streams.has(requestId)) wall.bytes += dataLength
  })
  await visit.page.goto(`${server.http}/#token=${server.adminToken}`)
  await visit.page.getByRole('heading', { name: 'Cameras' }).waitFor()
  if (only !== undefined) await visit.page.getByRole('searchbox').fill(only)
  return wall
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const percentOf = (busy: number, seconds: number) => ((100 * busy) / seconds).toFixed(0)
