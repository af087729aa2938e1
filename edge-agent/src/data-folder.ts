import { existsSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { dirname, resolve } from 'node:path'
import { AgentError, reasonOf, systemCode } from './failure.ts'

/**
 * Takes the data folder for this process alone, and makes it where it is missing: two agents would give one id to two pictures and
 * count what the other one sent as lost. The lock is a socket of the kernel's abstract namespace, named after the folder itself, so
 * that it goes with the process, however that ends. Rejects with `data_dir_in_use` or `bad_data_dir` (environment).
 * @returns gives it back
 */
export async function takeDataFolder(folder: string): Promise<() => Promise<void>> {
  const name = await nameOf(folder).catch((error) => {
    const advice = 'check that dataDir exists and that this user may write there'
    throw new AgentError('bad_data_dir', 'environment', `${folder}: ${reasonOf(error)}; ${advice}`, error)
  })
  const lock = createServer((connection) => connection.destroy())
  try {
    await listening(lock, `\0ajar-agent ${name}`)
  } catch (error) {
    // Without such sockets (no Linux, or a sandbox that has none) nobody is kept out.
    if (systemCode(error) !== 'EADDRINUSE') return async () => {}
    const text = `another agent uses the data folder ${folder}: stop it, or give this one a dataDir of its own`
    throw new AgentError('data_dir_in_use', 'environment', text, error)
  }
  lock.unref()
  return () => new Promise((resolve) => lock.close(() => resolve()))
}

async function nameOf(folder: string): Promise<string> {
  await make(resolve(folder))
  const { dev, ino } = await stat(folder, { bigint: true })
  return `${dev}:${ino}`
}

/** Not `recursive`: where a file system answers ENOENT to every name, as /proc does, Node would try for ever. */
async function make(folder: string): Promise<void> {
  if (existsSync(folder)) return
  await make(dirname(folder))
  await mkdir(folder, { mode: 0o700 })
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path, exclusive: true }, resolve)
  })
}
