import { spawn } from 'node:child_process'

export interface Output {
  /** null where a signal ended it, the time limit for one. */
  code: number | null
  /** The end of what it wrote, both streams together. */
  text: string
}

const KEPT_CHARACTERS = 100_000

/** Runs a program to its end. Never rejects: a program that is not there ends with 127. */
export function run(
  program: string,
  args: string[],
  folder: string,
  limitMs: number,
  environment: Record<string, string> = {},
): Promise<Output> {
  const env = { ...process.env, ...environment }
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs })
  let text = ''
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-KEPT_CHARACTERS)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 127, text: error.message }))
    child.once('close', (code) => resolve({ code, text }))
  })
}
