import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { removeFolder } from '../src/remove-folder.ts'
import { type Launch, launch } from '../src/tasks/launch/launch.ts'
import type { Limits } from '../src/tasks/task.ts'
import type { TaskError } from '../src/tasks/task-error.ts'

export const LIMITS: Limits = { ms: 20_000, memoryBytes: 300e6, processes: 40, outputBytes: 50e6 }

/** A task in sh says so as its last words; $6 is OUTDIR where it is called without parameters. */
export const SUCCESS = `echo fine >"$6/result"
echo '___TASK STATUS___'
echo "{\\"outfile\\": \\"$6/result\\"}"`

export interface Folders {
  folder: string
  workFolder: string
  outFolder: string
}

/** Folders of one run, open to other users, which go with the test. */
export async function someFolders(): Promise<Folders> {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-launch-'))
  onTestFinished(() => removeFolder(folder))
  const folders = { folder, workFolder: join(folder, 'work'), outFolder: join(folder, 'out') }
  for (const each of [folders.workFolder, folders.outFolder]) mkdirSync(each)
  for (const each of Object.values(folders)) chmodSync(each, 0o777)
  return folders
}

/** An executable file there. @param text with its `#!` line */
export function executable(folder: string, name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return file
}

/** Launches a script of sh. */
export async function launchScript(script: string, options: Partial<Launch> = {}) {
  const folders = await someFolders()
  return await launchIn(folders, [executable(folders.folder, 'task.sh', `#!/bin/sh\n${script}\n`)], options)
}

export function launchIn(folders: Folders, command: string[], { limits, ...options }: Partial<Launch> = {}) {
  const { workFolder, outFolder } = folders
  return launch({
    ...{ command, name: 'some', params: null, workFolder, outFolder, signal: new AbortController().signal },
    ...options,
    limits: { ...LIMITS, ...limits },
  })
}

/** What a script of sh fails with. */
export async function failureOf(script: string, options: Partial<Launch> = {}): Promise<TaskError> {
  return await failed(launchScript(script, options))
}

export async function failed(run: Promise<unknown>): Promise<TaskError> {
  const error = await run.then(
    (result) => new Error(`it did not fail: ${JSON.stringify(result)}`),
    (reason) => reason,
  )
  if (error.code === undefined) throw error
  return error
}
