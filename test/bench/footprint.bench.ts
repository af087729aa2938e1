import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { renderDoor } from '@ajar/edge-agent'
import { metric, startBenchServer } from './peers.ts'
import { processorSeconds } from './processor-time.ts'

/** Of the agent, at one frame a second passed through. */
const MOST_MB = 60
const MOST_PERCENT = 3
const RATES = [1, 10]
const PICTURES = 12
const SETTLE_MS = 30_000
const MEASURE_MS = 40_000

const BUILD = fileURLToPath(new URL('../../edge-agent/build/build.ts', import.meta.url))

interface Footprint {
  rssMb: number
  /** Pages that other processes use as well, such as those of Node here, count by their share. */
  pssMb: number
  percent: number
}

/** What a process runs with. */
interface Run {
  args: string[]
  environment: Record<string, string>
}

/**
 * The bundled agent as its unit runs it, with a camera whose program writes pictures of about 100 kB as fast as it is told to,
 * at 1 and at 10 frames a second to a real server. The camera's program and the server are not counted.
 */
export default async function footprint() {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-footprint-'))
  const server = await startBenchServer()
  try {
    const bundle = join(folder, 'agent')
    execFileSync(process.execPath, [BUILD, '--here', bundle], { stdio: 'inherit' })
    const script = join(bundle, 'ajar-agent.mjs')
    const unit = await unitOf(bundle)
    const bytes = await putCamera(folder)
    const environment = { ...unit.environment, PATH: `${folder}${delimiter}${process.env.PATH}` }
    const { token } = await server.api.send<{ token: string }>('POST', '/api/devices', { name: 'pi' })
    console.log(
      `Node ${process.version}, ${process.arch}; pictures of ${Math.round(bytes / 1000)} kB; ${unit.args.join(' ')}`,
    )
    show('Node that waits for a timer', await measure({ args: ['-e', 'setInterval(() => {}, 1000)'], environment: {} }))
    for (const rate of RATES)
      for (const gate of rate === 1 ? [undefined, {}] : [undefined]) {
        const name = `${rate}${gate ? '-gated' : ''}`
        const camera = { name: 'cam', driver: 'rpicam', intervalMs: 1000 / rate, ...(gate && { gate }) }
        const config = { device: 'pi', token, server: server.mqtt, dataDir: join(folder, name), cameras: [camera] }
        const file = join(folder, `${name}.json`)
        await writeFile(file, JSON.stringify(config))
        const before = await metric(server.api, 'ajar_frames_ingested_total')
        const taken = await measure({ args: [...unit.args, script, file], environment })
        const frames = (await metric(server.api, 'ajar_frames_ingested_total')) - before
        show(`${rate} frames/s${gate ? ', looked at by a gate' : ''} (${frames} arrived)`, taken)
        const limits = [verdict(taken.rssMb, MOST_MB, 'MB'), verdict(taken.percent, MOST_PERCENT, '%')]
        if (rate === 1 && !gate) console.log(`  limits: ${limits.join(', ')}`)
      }
  } finally {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function show(name: string, { rssMb, pssMb, percent }: Footprint) {
  console.log(`${name}: RSS ${rssMb.toFixed(1)} MB, PSS ${pssMb.toFixed(1)} MB, ${percent.toFixed(2)} % of a core`)
}

function verdict(value: number, limit: number, unit: string): string {
  return `${limit} ${unit} ${value <= limit ? 'kept' : 'BROKEN'} (ratio ${(value / limit).toFixed(2)})`
}

async function measure({ args, environment }: Run): Promise<Footprint> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    if (!args.includes('-e')) await connected(child)
    await sleep(SETTLE_MS)
    const pid = child.pid ?? 0
    const before = processorSeconds(pid)
    await sleep(MEASURE_MS)
    const percent = ((processorSeconds(pid) - before) / (MEASURE_MS / 1000)) * 100
    const memory = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
    const mb = (field: string) => Number(new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(memory)?.[1]) / 1024
    return { rssMb: mb('Rss'), pssMb: mb('Pss'), percent }
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

async function connected(child: ChildProcess): Promise<void> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  // Its lines are read on: a pipe that is full would hold it up.
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.includes('"connected"') && resolve())
    child.once('exit', (code) => reject(new Error(`the agent ended with ${code} before it was connected`)))
  })
}

/** A program in the place of `rpicam-vid` that writes its pictures at the rate that it is told. @returns their mean size */
async function putCamera(folder: string): Promise<number> {
  const pictures = join(folder, 'pictures')
  await mkdir(pictures)
  let bytes = 0
  for (let i = 0; i < PICTURES; i++) {
    const jpeg = await renderDoor({ seed: 1, atMs: i * 60_000, width: 1280, height: 720 })
    bytes += jpeg.byteLength
    await writeFile(join(pictures, `${i}.jpg`), jpeg)
  }
  const program = `#!${process.execPath}
const args = process.argv.slice(2)
if (args.includes('--list-cameras')) {
  console.log('Available cameras\\n-----------------\\n0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c)')
  process.exit()
}
const rate = Number(args[args.indexOf('--framerate') + 1])
const pictures = Array.from({ length: ${PICTURES} }, (_, i) => require('node:fs').readFileSync(${JSON.stringify(pictures)} + '/' + i + '.jpg'))
let i = 0
setInterval(() => process.stdout.write(pictures[i++ % pictures.length]), 1000 / rate)
process.stdout.on('error', () => process.exit())
`
  await writeFile(join(folder, 'rpicam-vid'), program)
  await chmod(join(folder, 'rpicam-vid'), 0o755)
  return bytes / PICTURES
}

/** What the unit hands to Node, and what tells the agent that systemd waits for its word, which loads koffi. */
async function unitOf(bundle: string): Promise<Run> {
  const unit = await readFile(join(bundle, 'deploy/systemd/ajar-agent.service'), 'utf8')
  const [, flags = ''] = /^ExecStart=\S+((?: --\S+)*)/m.exec(unit) ?? []
  const [, allocator = ''] = /MALLOC_ARENA_MAX=(\S+)/.exec(unit) ?? []
  const systemd = { NOTIFY_SOCKET: join(bundle, 'nobody'), WATCHDOG_USEC: '10000000' }
  return {
    args: flags.split(' ').filter((flag) => flag !== ''),
    environment: { MALLOC_ARENA_MAX: allocator, ...systemd },
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
