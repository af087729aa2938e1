import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkRoom } from '../programs/room.ts'
import { runProgram } from '../programs/run-program.ts'
import { lastLines } from '../source/git.ts'

const COPIER = fileURLToPath(new URL('./copy-data.ts', import.meta.url))
const FOLDER = 'rehearsal'
/** Stays free beside the copy: frames come in meanwhile. */
const SPARE_BYTES = 256 * 1024 * 1024
const LIMIT_MS = 10 * 60_000
/** What was copied goes also where we are told to end. */
const NEVER = new AbortController().signal

/** The copy of the data that a rehearsal works on, in a folder of the data folder. There is one at a time. */
export interface RehearsalData {
  folder: string
  /** @returns its bytes @throws RedeployError `no_room` */
  copy(signal: AbortSignal): Promise<number>
  remove(): Promise<void>
}

/**
 * Whoever owns the data folder copies: as root this process would follow links that the server's user has put there, and leave
 * files of SQLite that the server cannot open.
 */
export function rehearsalData(dataDir: string): RehearsalData {
  const folder = join(dataDir, FOLDER)
  const remove = async () => {
    if (lstatSync(folder, { throwIfNoEntry: false })) await asOwner(dataDir, ['remove', folder], NEVER)
  }
  return {
    folder,
    remove,
    copy: async (signal) => {
      await remove()
      const said = await asOwner(dataDir, ['measure', dataDir], signal)
      if (!/^\d{1,15}$/.test(said)) throw new Error(`the data was not measured: ${said.slice(0, 100)}`)
      const bytes = Number(said)
      await checkRoom(dataDir, bytes + SPARE_BYTES)
      await asOwner(dataDir, ['copy', dataDir, folder], signal)
      return bytes
    },
  }
}

/** @returns what it printed */
async function asOwner(dataDir: string, args: string[], signal: AbortSignal): Promise<string> {
  const { uid, gid } = statSync(dataDir)
  const owner = process.getuid?.() === 0 ? { owner: { uid, gid } } : {}
  const options = { cwd: '/', limitMs: LIMIT_MS, signal, ...owner }
  const { code, stdout, stderr } = await runProgram(process.execPath, [COPIER, ...args], options)
  if (code !== 0) throw new Error(`the data was not copied: ${lastLines(stderr)}`)
  return stdout.trim()
}
