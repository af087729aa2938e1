import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInBox } from '@ajar/server'
import {
  addDevices,
  type BenchServer,
  compareDelays,
  drained,
  median,
  percentile,
  publish,
  STEADY,
  startBenchServer,
} from './peers.ts'

/**
 * What a run costs over the bare program: in a box alone, and through the running server from the call to its last message,
 * each alternated with a bare start of the same command. Then what frames wait for their PUBACK while two programs run all the time.
 */

const ROUNDS = Number(process.env.AJAR_BENCH_ROUNDS ?? 40)
const AIM_MS = 100
/** As many programs as run side by side where no setting says otherwise. */
const AT_ONCE = 2
const SPIN: Bench = { file: 'main.py', text: 'for i in range(3000000): pass\n', bare: '', boxed: null }
const [INGEST_ROUNDS, SECONDS, PUBLISHERS] = [Number(process.env.AJAR_BENCH_INGEST_ROUNDS ?? 3), 5, 10]

interface Bench {
  file: string
  text: string
  /** What is done bare; a shell's words in a folder that holds the file. */
  bare: string
  /** In a box alone: without files; null: it has to be built. */
  boxed: [string, ...string[]] | null
}

const PROGRAMS: Record<string, Bench> = {
  shell: {
    file: 'main.sh',
    text: 'echo hello\n',
    bare: 'exec /bin/sh main.sh',
    boxed: ['/bin/sh', '-c', 'echo hello'],
  },
  Python: {
    file: 'main.py',
    text: 'print("hello")\n',
    bare: 'exec /usr/bin/python3 -u main.py',
    boxed: ['/usr/bin/python3', '-c', 'print("hello")'],
  },
  JavaScript: {
    file: 'main.js',
    text: 'console.log("hello")\n',
    bare: `exec ${process.execPath} main.js`,
    boxed: null,
  },
  C: {
    file: 'main.c',
    text: '#include <stdio.h>\nint main(void) { puts("hello"); }\n',
    bare: 'gcc -o main main.c && exec ./main',
    boxed: null,
  },
}

export default async function programs() {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-bench-'))
  const server = await startBenchServer()
  try {
    console.log(
      `${ROUNDS} alternated rounds each; ms, median (99th percentile); the aim is ${AIM_MS} ms over the bare program`,
    )
    for (const [language, program] of Object.entries(PROGRAMS)) {
      await writeFile(join(folder, program.file), program.text)
      const bare = () => startBare(program, folder)
      if (program.boxed)
        await compare(`${language}, box alone`, bare, () => inBox(program.boxed as [string, ...string[]]))
      await compare(`${language}, through the server`, bare, () => throughServer(server, program))
    }
    await besideIngest(server)
  } finally {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function compare(what: string, bare: () => Promise<void>, run: () => Promise<void>) {
  const [without, within]: [number[], number[]] = [[], []]
  for (let round = -2; round < ROUNDS; round++) {
    const times = [await timed(bare), await timed(run)] as const
    if (round < 0) continue // the first ones fill caches, and start the worker
    without.push(times[0])
    within.push(times[1])
  }
  const added = within.map((ms, i) => ms - (without[i] ?? 0))
  const share = `${(median(added) / AIM_MS).toFixed(2)} of the aim`
  console.log(`${what}: bare ${shown(without)}; run ${shown(within)}; added ${shown(added)}, ${share}`)
}

async function startBare({ bare }: Bench, folder: string) {
  const child = spawn('/bin/sh', ['-c', bare], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.resume()
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${bare}: ${code}`)
}

const LIMITS = { ms: 10_000, memoryBytes: 256e6, processes: 100, folderBytes: 64e6, printedBytes: 1e6 }

async function inBox(command: [string, ...string[]]) {
  const { code } = await runInBox({
    ...{ command, environment: {}, files: null, keeps: null, input: null, user: 'run', shows: [], limits: LIMITS },
    signal: new AbortController().signal,
    onOutput: () => {},
  })
  if (code !== 0) throw new Error(`${command.join(' ')}: ${code}`)
}

interface Output {
  completed: boolean
  status: number
  output: object[]
}

/** As a client that asks again as soon as it is answered. */
async function throughServer({ api }: BenchServer, { file, text }: Bench) {
  const body = { files: [{ basename: file, contents: text }], mode: 'run', name: 'bench', lab: false }
  const { identifier, message } = await api.send<{ identifier: string; message: string }>('POST', '/run_program/', body)
  if (identifier === '') throw new Error(message)
  for (let read = 0; ; ) {
    const answer = await api.send<Output>('POST', '/check_output/', { identifier, read })
    read += answer.output.length
    if (!answer.completed) continue
    if (answer.status !== 0) throw new Error(`${file} came to ${answer.status}`)
    return
  }
}

/** What a run takes of the processors anybody would take who uses what is left of them: that is the peer. */
async function besideIngest(server: BenchServer) {
  const clients = await addDevices(server.api, PUBLISHERS)
  const beside = { nothing: [] as number[][], loops: [] as number[][], programs: [] as number[][] }
  let runs = 0
  for (let round = 0; round < INGEST_ROUNDS; round++)
    for (const what of ['nothing', 'loops', 'programs'] as const) {
      let goesOn = what === 'programs'
      const loops = what === 'loops' ? Array.from({ length: AT_ONCE }, startLoop) : []
      const busy = Promise.all(
        Array.from({ length: AT_ONCE * 2 }, async () => {
          for (; goesOn; runs++) await throughServer(server, SPIN)
        }),
      )
      const report = await publish({ ...STEADY, seconds: SECONDS, url: server.mqtt, clients })
      goesOn = false
      for (const loop of loops) loop.kill('SIGKILL')
      await busy
      beside[what].push(report.latencies)
      await drained(server.api)
    }
  console.log(
    `${STEADY.rate} frames/s of 100 kB, QoS 1, ${INGEST_ROUNDS} x ${SECONDS} s each, alternating; ${runs} programs ran meanwhile`,
  )
  for (const line of compareDelays([beside.nothing, beside.programs], 'beside programs that calculate'))
    console.log(line)
  console.log(`against ${AT_ONCE} endless loops of the lowest priority (SCHED_IDLE), in no box:`)
  for (const line of compareDelays([beside.loops, beside.programs], 'beside programs that calculate')) console.log(line)
}

function startLoop() {
  return spawn('/usr/bin/chrt', ['--idle', '0', '/usr/bin/python3', '-c', 'while True: pass'], { stdio: 'ignore' })
}

async function timed(run: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await run()
  return performance.now() - startedAt
}

function shown(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  return `${median(times).toFixed(1)} (${percentile(sorted, 0.99).toFixed(1)})`
}
