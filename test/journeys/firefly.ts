import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Calls an external task as a Firefly server does, and reads what it says as that does. Knows nothing of ajar but its executable. */

export const DISPATCHER = fileURLToPath(new URL('../../server/bin/ajar-dispatcher', import.meta.url))

const KEYWORD = '___TASK STATUS___'

export interface Answer {
  code: number | null
  outfile?: string
  error?: string
  /** What stood before the status. */
  log: string
  stderr: string
}

export interface CallOptions {
  /** The executable as it is configured, with its first arguments. */
  executable?: readonly string[]
  env?: Record<string, string>
  /** Sees the process as soon as it is started. */
  onStart?(pid: number): void
}

/** A server with its folders, in a temporary one. */
export class Firefly {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Where results of all calls are put. */
  get out() {
    return join(this.#folder, 'perm_files')
  }

  /** @param params null: the client sent none @returns the status of the call */
  async call(task: string, params: object | string | null, options: CallOptions = {}): Promise<Answer> {
    const [temp, external] = [join(this.#folder, 'temp_files'), join(this.#folder, 'external')]
    for (const folder of [temp, external, this.out]) await mkdir(folder, { recursive: true })
    const args = ['-n', task]
    if (params !== null) {
      const file = join(await mkdtemp(join(temp, `${task}-`)), 'params.json')
      await writeFile(file, typeof params === 'string' ? params : JSON.stringify(params))
      args.push('-i', file)
    }
    const workFolder = await mkdtemp(join(external, task))
    return this.run([...args, '-d', workFolder, '-o', this.out], workFolder, options)
  }

  /** With any arguments. */
  async run(args: readonly string[], cwd: string, options: CallOptions = {}): Promise<Answer> {
    const [program = '', ...first] = options.executable ?? [DISPATCHER]
    const child = spawn(program, [...first, ...args], { cwd, env: { ...process.env, ...options.env } })
    if (child.pid) options.onStart?.(child.pid)
    const [out, errors]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk) => out.push(chunk))
    child.stderr.on('data', (chunk) => errors.push(chunk))
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    return { code, ...statusOf(Buffer.concat(out).toString()), stderr: Buffer.concat(errors).toString() }
  }

  /** The result of a call that went well. */
  async result(task: string, params: object | null, options: CallOptions = {}): Promise<string> {
    const { code, outfile, error, stderr } = await this.call(task, params, options)
    if (code !== 0 || !outfile) throw new Error(`${task} ended with ${code}: ${error}\n${stderr}`)
    return readFile(outfile, 'utf8')
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape
  async json(task: string, params: object | null, options: CallOptions = {}): Promise<any> {
    return JSON.parse(await this.result(task, params, options))
  }
}

/** All lines up to the one with the keyword are log; those after it, joined, are JSON. */
function statusOf(stdout: string): Pick<Answer, 'outfile' | 'error' | 'log'> {
  const lines = stdout.split(/\r?\n/)
  const at = lines.findIndex((line) => line.includes(KEYWORD))
  if (at < 0) return { log: stdout }
  return { ...JSON.parse(lines.slice(at + 1).join('')), log: lines.slice(0, at).join('\n') }
}

/** A FITS file, byte by byte. @param bitpix of integers: 16 or 32 */
export function fitsBytes(
  bitpix: 16 | 32,
  width: number,
  height: number,
  valueAt: (x: number, y: number) => number,
  cards: readonly string[] = [],
): Buffer {
  const number = (keyword: string, value: number) => `${keyword.padEnd(8)}= ${String(value).padStart(20)}`
  const header = [
    `SIMPLE  = ${'T'.padStart(20)}`,
    ...[number('BITPIX', bitpix), number('NAXIS', 2), number('NAXIS1', width), number('NAXIS2', height)],
    ...[...cards, 'END'],
  ]
  const text = header.map((card) => card.padEnd(80)).join('')
  const size = (width * height * bitpix) / 8
  const data = Buffer.alloc(Math.ceil(size / 2880) * 2880)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += bitpix / 8)
      if (bitpix === 16) data.writeInt16BE(valueAt(x, y), at)
      else data.writeInt32BE(valueAt(x, y), at)
  return Buffer.concat([Buffer.from(text.padEnd(Math.ceil(text.length / 2880) * 2880)), data])
}
