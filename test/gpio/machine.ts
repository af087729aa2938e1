import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LIMIT_MS = 300_000
const at = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** What became of one story told inside. */
export interface Told {
  story: string
  /** Null where all was well. */
  error: string | null
  /** What it saw, for the report. */
  saw: string[]
}

/** What the machine does: its first process, and the program that tells the stories. Paths. */
export interface Inside {
  init: string
  program: string
}

const GPIO: Inside = { init: at('./init.sh'), program: at('./inside.ts') }

/** Boots the kernel on this machine's files, read-only, and has it run a program. Rejects with the console where that fails. */
export async function boot(kernel: string, { init, program }: Inside = GPIO): Promise<Told[]> {
  const results = await mkdtemp(join(tmpdir(), 'ajar-uml-'))
  try {
    const console = await run(kernel, [
      'mem=1G',
      // Where it keeps its control socket; by default that is the user's home.
      `uml_dir=${results}/`,
      'root=/dev/root',
      'rootfstype=hostfs',
      'rootflags=/',
      'ro',
      'con=null',
      'con0=null,fd:1',
      `init=${init}`,
      `AJAR_NODE=${process.execPath}`,
      `AJAR_PROGRAM=${program}`,
      `AJAR_RESULTS=${results}`,
    ])
    const code = await readFile(join(results, 'exit-code'), 'utf8').catch(() => 'none')
    const lines = await readFile(join(results, 'results.jsonl'), 'utf8').catch(() => '')
    if (code.trim() !== '0') throw new Error(`the program inside ended with ${code.trim()}:\n${console}`)
    return lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Told)
  } finally {
    await rm(results, { recursive: true, force: true })
  }
}

/** A process group of its own: the kernel's processes are processes here, and end with it. */
async function run(kernel: string, args: string[]): Promise<string> {
  const child = spawn(kernel, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text))
  const limit = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), LIMIT_MS)
  try {
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  } finally {
    clearTimeout(limit)
  }
  return said.join('')
}
