import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type BenchServer, median, percentile, startBenchServer } from './peers.ts'

/**
 * What a call of a task costs besides the task: by the launcher protocol alone, and through the running server from the call
 * over HTTP to the event that tells of its end, each against a bare start of the same executable, alternated.
 */

const ROUNDS = Number(process.env.AJAR_BENCH_ROUNDS ?? 40)
/** As many callers wait for their answers at once. */
const CALLERS = 8
const CHILD = fileURLToPath(new URL('../../server/test/launching-child.ts', import.meta.url))

const TASKS: Record<string, { file: string; text: string }> = {
  sh: {
    file: 'bench_sh.sh',
    text: `#!/bin/sh
while [ $# -gt 0 ]; do case $1 in -i) in=$2;; -o) out=$2;; esac; shift; done
read -r params < "$in"
echo "$params" > "$out/result.json"
echo '___TASK STATUS___'
echo "{\\"outfile\\":\\"$out/result.json\\"}"
`,
  },
  Python: { file: 'bench_python.py', text: 'def task(params):\n    return {"n": params["n"]}\n' },
  TypeScript: {
    file: 'bench_ts.ts',
    text: 'export default (params: { n: number }) => ({ n: params.n })\n',
  },
}
const nameOf = ({ file }: { file: string }) => file.replace(/\..*/, '')

interface Timed {
  bare: number[]
  launched: number[]
  command: string[]
}

export default async function tasks() {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-bench-'))
  const tasksFolder = join(folder, 'tasks')
  await mkdir(tasksFolder)
  for (const { file, text } of Object.values(TASKS)) {
    await writeFile(join(tasksFolder, file), text)
    if (file.endsWith('.sh')) await chmod(join(tasksFolder, file), 0o755)
  }
  const server = await startBenchServer({ AJAR_TASKS_DIR: tasksFolder })
  try {
    console.log(`${ROUNDS} alternated rounds each; ms, median (99th percentile)`)
    const args = [CHILD, tasksFolder, join(folder, 'launches'), String(ROUNDS), ...Object.values(TASKS).map(nameOf)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 24 })
    const launches: Record<string, Timed> = JSON.parse(stdout)
    const ends = new Ends(server)
    await ends.open()
    for (const [language, task] of Object.entries(TASKS)) {
      const name = nameOf(task)
      const { bare, launched, command } = launches[name] as Timed
      console.log(`${language}: started bare ${shown(bare)}; by launch() ${shown(launched)}, ${added(launched, bare)}`)
      await compareCalls(language, name, command, server, ends, folder)
    }
    ends.close()
  } finally {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Calls through the server beside bare starts, one at a time; then as many as there are answers for. */
async function compareCalls(
  language: string,
  name: string,
  command: string[],
  server: BenchServer,
  ends: Ends,
  folder: string,
) {
  const call = async () => {
    const startedAt = performance.now()
    const { id } = await server.api.send<{ id: string }>('POST', `/api/tasks/${name}`, { params: { n: 1 } })
    const state = await ends.of(id)
    if (state !== 'done') throw new Error(`a call of ${name} came to ${state}`)
    return performance.now() - startedAt
  }
  const first = await call()
  const [bare, called]: [number[], number[]] = [[], []]
  for (let round = -2; round < ROUNDS; round++) {
    const times = [await startBare(name, command, folder), await call()] as const
    if (round < 0) continue // the first ones fill caches
    bare.push(times[0])
    called.push(times[1])
  }
  console.log(
    `${language}, through the server: started bare ${shown(bare)}; called ${shown(called)}, ${added(called, bare)}; ` +
      `the first call ${Math.round(first)}`,
  )
  const startedAt = performance.now()
  let left = 2 * ROUNDS
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (left-- > 0) await call()
    }),
  )
  const perSecond = (2 * ROUNDS) / ((performance.now() - startedAt) / 1000)
  const bareAt = performance.now()
  for (let i = 0; i < 2 * ROUNDS; i++) await startBare(name, command, folder)
  const barePerSecond = (2 * ROUNDS) / ((performance.now() - bareAt) / 1000)
  console.log(
    `${language}, ${CALLERS} callers at once: ${perSecond.toFixed(1)} calls/s; bare, one after the other, ${barePerSecond.toFixed(1)}/s`,
  )
}

let number = 0

/** As the launcher starts it, and nothing besides. @returns ms until its result is read */
async function startBare(name: string, command: string[], folder: string): Promise<number> {
  const base = join(folder, 'bare', String(++number))
  const [work, out] = [join(base, 'work'), join(base, 'out')]
  for (const path of [work, out]) await mkdir(path, { recursive: true })
  const params = join(work, 'params.json')
  await writeFile(params, '{"n":1}')
  const [program = '', ...first] = command
  const startedAt = performance.now()
  const child = spawn(program, [...first, '-n', name, '-i', params, '-d', work, '-o', out], {
    cwd: work,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  await once(child, 'close')
  const { outfile } = JSON.parse(printed.slice(printed.indexOf('\n{')))
  await readFile(outfile)
  const ms = performance.now() - startedAt
  await rm(base, { recursive: true })
  return ms
}

/** The ends of jobs, as the stream of events tells of them. */
class Ends {
  readonly #server: BenchServer
  readonly #abort = new AbortController()
  readonly #states = new Map<string, string>()
  readonly #waiting = new Map<string, (state: string) => void>()

  constructor(server: BenchServer) {
    this.#server = server
  }

  async open() {
    const response = await fetch(`${this.#server.http}/api/events`, {
      headers: { authorization: `Bearer ${this.#server.adminToken}` },
      signal: this.#abort.signal,
    })
    if (!response.body) throw new Error('there are no events')
    void this.#read(response.body).catch(() => {})
  }

  async of(job: string): Promise<string> {
    const known = this.#states.get(job)
    if (known) return known
    return new Promise((resolve) => this.#waiting.set(job, resolve))
  }

  close() {
    this.#abort.abort()
  }

  async #read(body: ReadableStream<Uint8Array>) {
    let text = ''
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) if (line.startsWith('data: ')) this.#take(JSON.parse(line.slice(6)))
    }
  }

  #take({ id, kind, state }: { id?: string; kind?: string; state?: string }) {
    if (kind !== 'task' || !id || !state || !['done', 'failed', 'cancelled'].includes(state)) return
    this.#states.set(id, state)
    this.#waiting.get(id)?.(state)
  }
}

function shown(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  return `${median(times).toFixed(1)} (${percentile(sorted, 0.99).toFixed(1)})`
}

/** What it takes more than the bare start beside it. */
function added(times: number[], bare: number[]): string {
  const more = times.map((ms, i) => ms - (bare[i] ?? 0))
  return `${shown(more)} added`
}
