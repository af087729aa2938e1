import { enableCompileCache, flushCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { COMPILED, freshChunk } from './current.ts'
import { keepQuietOfLibraries } from './quiet.ts'

export { keepQuietOfLibraries }

/**
 * Runs a process: from its bundle where there is one of just these sources, which takes a fraction of the time to start,
 * else from the sources. What V8 compiled is kept for the next start where that can be written, or in the folder that
 * NODE_COMPILE_CACHE names.
 */
export async function enter(name: string, fromSources: () => Promise<unknown>): Promise<void> {
  const chunk = freshChunk(name)
  if (chunk === null) return void (await fromSources())
  enableCompileCache(fileURLToPath(COMPILED))
  keepQuietOfLibraries()
  await import(chunk.href)
  flushCompileCache() // a process that is killed writes nothing
}
