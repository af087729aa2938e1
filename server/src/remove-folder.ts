import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'

/** For a program that goes through a folder that somebody else filled. */
const LIMIT_MS = 120_000

/**
 * Removes a folder with whatever a program of somebody's has put there: folders deeper than a path can say, which Node cannot
 * remove, folders that their owner closed, files marked immutable. It need not be there.
 * @throws where something in it cannot be removed
 */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true })
  } catch {
    // These walk by descriptors, not by paths. Folders only: a file may be somebody's by another name as well. Only root can mark something immutable, and take that back.
    await run('chattr', ['-R', '-f', '-ia', folder]).catch(() => {})
    await run('find', [folder, '-type', 'd', '!', '-perm', '-700', '-exec', 'chmod', 'u+rwx', '{}', ';']).catch(
      () => {},
    )
    await run('rm', ['-rf', '--', folder])
  }
}

/** Where every distribution has them; not of whatever is in PATH. */
function run(name: string, args: string[]) {
  return promisify(execFile)(`/bin/${name}`, args, {
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    env: { PATH: '/usr/bin:/bin' },
  })
}
