import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Hide } from '../programs/without-secrets.ts'
import type { Request } from '../requests/request.ts'
import { readJson, writeDurably } from './durable.ts'
import type { Home } from './home.ts'
import type { Run, RunLine } from './run.ts'

const KEPT = 50
const LONGEST_TEXT = 2000
const MOST_LINES = 5000
const MOST_LOOKED_AT = 10 * LONGEST_TEXT
/** But tabs and ends of lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const CONTROLS = /[\0-\x08\v-\x1f\x7f-\x9f]/g

export interface RunFilePorts {
  /** Told each line as well. */
  say(line: RunLine): void
  hide: Hide
}

/**
 * How far one redeploy is, on the disk. A disk that takes nothing does not stop the way back: what could not be written
 * goes with the next change.
 */
export class RunFile {
  readonly #home: Home
  readonly #say: (line: RunLine) => void
  readonly #hide: Hide
  readonly #run: Run
  #lines = 0

  private constructor(home: Home, run: Run, { say, hide }: RunFilePorts) {
    this.#home = home
    this.#run = run
    this.#say = say
    this.#hide = hide
  }

  static open(home: Home, request: Request, ports: RunFilePorts): RunFile {
    const run = readRun(home, request.job) ?? begun({ ...request, by: ports.hide(request.by) })
    const file = new RunFile(home, run, ports)
    file.#endTornLine()
    file.change({})
    pruneRuns(home)
    return file
  }

  /** Always the same object, as it is now. */
  get run(): Readonly<Run> {
    return this.#run
  }

  change(change: Partial<Run>) {
    Object.assign(this.#run, change)
    if (change.message) this.#run.message = this.#shown(change.message)
    try {
      writeDurably(join(this.#home.runs, `${this.#run.job}.json`), `${JSON.stringify(this.#run, null, 1)}\n`)
    } catch (error) {
      this.#tell('warn', `how far it is could not be written: ${(error as Error).message}`)
    }
  }

  log(level: RunLine['level'], text: string) {
    if (this.#lines > MOST_LINES && level !== 'error') return
    this.#lines += 1
    const line = this.#tell(level, this.#lines > MOST_LINES ? 'too many lines: only errors follow' : text)
    try {
      appendFileSync(this.#log, `${JSON.stringify(line)}\n`)
    } catch {} // it was told
  }

  /** What a server or a build says must not steer a terminal. */
  #shown(text: string): string {
    return this.#hide(text.slice(0, MOST_LOOKED_AT)).replace(CONTROLS, '\ufffd').slice(0, LONGEST_TEXT)
  }

  #tell(level: RunLine['level'], text: string): RunLine {
    const line = { at: Date.now(), step: this.#run.step, level, text: this.#shown(text) }
    this.#say(line)
    return line
  }

  get #log(): string {
    return join(this.#home.runs, `${this.#run.job}.log`)
  }

  /** What comes after a kill begins on a line of its own. */
  #endTornLine() {
    try {
      if (!endsLine(this.#log)) appendFileSync(this.#log, '\n')
    } catch {}
  }
}

/** @returns null where there is none, or none that can be read */
export function readRun(home: Home, job: string): Run | null {
  const read = readJson(join(home.runs, `${job}.json`))
  const run = read.is === 'there' ? (read.value as Run | null) : null
  return run?.v === 1 && run.job === job ? run : null
}

/** Jobs that say of themselves that they run. */
export function runningJobs(home: Home): Run[] {
  return jobsIn(home)
    .map((job) => readRun(home, job))
    .filter((run) => run?.state === 'running')
    .filter((run) => run !== null)
}

function begun({ job, by, ref, release }: Request): Run {
  return {
    v: 1,
    job,
    by,
    ref,
    release,
    from: null,
    commit: null,
    version: null,
    signer: null,
    step: null,
    progress: 0,
    state: 'running',
    code: null,
    message: null,
    startedAt: Date.now(),
    endedAt: null,
    downMs: null,
    answersAgain: null,
  }
}

function pruneRuns(home: Home) {
  const age = (job: string) => statSync(join(home.runs, `${job}.json`), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const old = jobsIn(home)
    .sort((a, b) => age(b) - age(a))
    .slice(KEPT)
  for (const job of old) for (const kind of ['log', 'json']) rmSync(join(home.runs, `${job}.${kind}`), { force: true })
}

function jobsIn(home: Home): string[] {
  if (!existsSync(home.runs)) return []
  return readdirSync(home.runs)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
}

function endsLine(path: string): boolean {
  if (!existsSync(path)) return true
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const last = Buffer.alloc(1)
    return size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last.toString() === '\n')
  } finally {
    closeSync(file)
  }
}
