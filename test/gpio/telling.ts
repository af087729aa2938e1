import { appendFileSync, writeSync } from 'node:fs'
import type { Story } from './stories.ts'

/** Nothing here takes longer than some seconds; a story that hangs shall not hide the others. */
const LIMIT_MS = 20_000

/** Tells each story, one after the other, writes what became of it to a file or to standard output, a line of JSON each, and ends this process. */
export async function tellAll(
  stories: Record<string, Story>,
  results: string | null,
  limitMs = LIMIT_MS,
): Promise<never> {
  for (const [name, story] of Object.entries(stories)) {
    const { error, saw } = await told(story, limitMs)
    const line = `${JSON.stringify({ story: name, error, saw })}\n`
    if (results === null) writeSync(1, line)
    else appendFileSync(results, line)
  }
  // Lines that a failed story left open would keep the program alive.
  process.exit(0)
}

async function told(story: Story, limitMs: number): Promise<{ error: string | null; saw: string[] }> {
  const saw: string[] = []
  const undos: (() => unknown)[] = []
  let error: string | null = null
  try {
    const told = story({ saw: (line) => saw.push(line), undo: (undo) => undos.push(undo) })
    const limit = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`not over after ${limitMs / 1000} s`)), limitMs).unref()
    })
    await Promise.race([told, limit])
  } catch (thrown) {
    error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  }
  try {
    for (const undo of undos.reverse()) await undo()
  } catch (thrown) {
    error ??= `could not be undone: ${thrown}`
  }
  return { error, saw }
}
