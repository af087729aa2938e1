import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Registers what takes something away again: `onTestFinished` or `afterFile`. */
export type Undo = (undo: () => Promise<void>) => void

export async function temporaryFolder(undo: Undo): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-server-'))
  undo(() => rm(folder, { recursive: true, force: true }))
  return folder
}
