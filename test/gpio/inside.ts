import { appendFileSync } from 'node:fs'
import { type Story, stories } from './stories.ts'

/** Runs in the kernel of the GPIO tests: tells each story and writes what became of it to the file of its argument. */

const [, , results = '/dev/stdout'] = process.argv
/** Nothing here takes longer than some seconds; a story that hangs shall not hide the others. */
const LIMIT_MS = 20_000

for (const [name, story] of Object.entries(stories)) {
  const { error, saw } = await told(story)
  appendFileSync(results, `${JSON.stringify({ story: name, error, saw })}\n`)
}
// Lines that a failed story left open would keep the program alive.
process.exit(0)

async function told(story: Story): Promise<{ error: string | null; saw: string[] }> {
  const saw: string[] = []
  const undos: (() => unknown)[] = []
  let error: string | null = null
  try {
    const told = story({ saw: (line) => saw.push(line), undo: (undo) => undos.push(undo) })
    const limit = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`not over after ${LIMIT_MS / 1000} s`)), LIMIT_MS).unref()
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
