import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { renderDoor } from '@ajar/edge-agent'
import { metric, startBenchServer } from './peers.ts'
import { processorSeconds } from './processor-time.ts'

/** Of the whole agent, at one frame a second passed through (issue 6). */
const MOST_MB = 60
const MOST_PERCENT = 3
const RATES = [1, 10]
const PICTURES = 12
const SETTLE_MS = 15_000
const MEASURE_MS = 40_000

const BUILD = fileURLToPath(new URL('../../edge-agent/build/build.ts', import.meta.url))

interface Footprint {
  rssMb: number
  /** Pages that others use as well count by their share. */
  pssMb: number
  percent: number
}

/** The bundled agent as its unit runs it, at 1 and at 10 frames of about 100 kB a second, to a real server. */
export default async function footprint() {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-footprint-'))
  const server = await startBenchServer()
  try {
    const bundle = join(folder, 'agent')
    execFileSync(process.execPath, [BUILD, '--here', bundle], { stdio: 'inherit' })
    const flags = await flagsOf(bundle)
    const pictures = join(folder, 'pictures')
    const bytes = await draw(pictures)
    const { token } = await server.api.send<{ token: string }>('POST', '/api/devices', { name: 'pi' })
    console.log(
      `Node ${process.version}, ${process.arch}; frames of ${Math.round(bytes / 1000)} kB; flags ${flags.join(' ') || 'none'}`,
    )
    show('peer: Node that waits for a timer', await measure(['-e', 'setInterval(() => {}, 1000)'], () => true))
    for (const rate of RATES) {
      const camera = { name: 'cam', driver: 'folder', path: pictures, loop: true, intervalMs: 1000 / rate }
      const config = {
        device: 'pi',
        token,
        server: server.mqtt,
        dataDir: join(folder, `data-${rate}`),
        cameras: [camera],
      }
      const file = join(folder, `agent-${rate}.json`)
      await writeFile(file, JSON.stringify(config))
      const before = await metric(server.api, 'ajar_frames_ingested_total')
      const taken = await measure([...flags, join(bundle, 'ajar-agent.mjs'), file], (line) =>
        line.includes('"connected"'),
      )
      const frames = (await metric(server.api, 'ajar_frames_ingested_total')) - before
      show(`${rate} frames/s (${frames} arrived)`, taken)
      console.log(
        `  limits: ${MOST_MB} MB ${verdict(taken.rssMb, MOST_MB)}, ${MOST_PERCENT} % ${verdict(taken.percent, MOST_PERCENT)}`,
      )
    }
  } finally {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function show(name: string, { rssMb, pssMb, percent }: Footprint) {
  console.log(`${name}: RSS ${rssMb.toFixed(1)} MB, PSS ${pssMb.toFixed(1)} MB, ${percent.toFixed(2)} % of a core`)
}

function verdict(value: number, limit: number): string {
  return `${value <= limit ? 'kept' : 'BROKEN'} (ratio ${(value / limit).toFixed(2)})`
}

async function measure(run: string[], isReady: (line: string) => boolean): Promise<Footprint> {
  const child = spawn(process.execPath, run, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    if (!run.includes('-e')) await lineOf(child, isReady)
    await sleep(SETTLE_MS)
    const pid = child.pid ?? 0
    const before = processorSeconds(pid)
    await sleep(MEASURE_MS)
    const percent = ((processorSeconds(pid) - before) / (MEASURE_MS / 1000)) * 100
    const memory = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
    const mb = (field: string) => Number(new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(memory)?.[1]) / 1024
    return { rssMb: mb('Rss'), pssMb: mb('Pss'), percent }
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

async function lineOf(child: ChildProcess, isReady: (line: string) => boolean): Promise<void> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  for await (const line of lines) if (isReady(line)) return void child.stdout?.resume()
  throw new Error('the agent ended before it was connected')
}

/** Pictures as a camera's stream has them. @returns their mean size */
async function draw(folder: string): Promise<number> {
  await mkdir(folder)
  let bytes = 0
  for (let i = 0; i < PICTURES; i++) {
    const jpeg = await renderDoor({ seed: 1, atMs: i * 60_000, width: 1280, height: 720 })
    bytes += jpeg.byteLength
    await writeFile(join(folder, `${String(i).padStart(3, '0')}.jpg`), jpeg)
  }
  return bytes / PICTURES
}

/** What the unit hands to Node. */
async function flagsOf(bundle: string): Promise<string[]> {
  const unit = await readFile(join(bundle, 'deploy/systemd/ajar-agent.service'), 'utf8')
  const [, flags = ''] = /^ExecStart=\S+((?: --\S+)*)/m.exec(unit) ?? []
  return flags.split(' ').filter((flag) => flag !== '')
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
