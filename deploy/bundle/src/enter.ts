import { freshChunk } from './current.ts'

/**
 * Runs a process: from its bundle where there is one of just these sources, which takes a fraction of the time to start,
 * else from the sources.
 */
export async function enter(name: string, fromSources: () => Promise<unknown>): Promise<void> {
  const chunk = freshChunk(name)
  await (chunk === null ? fromSources() : import(chunk.href))
}
