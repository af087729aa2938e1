import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { docComment } from './doc-comment.ts'
import { messageOf } from './failure.ts'
import { loadTask } from './load-task.ts'

/** What a runner says of a task, as JSON. */
export interface Described {
  /** Why it cannot be called; then nothing else is known. */
  error: string | null
  schema: unknown
  limits: unknown
  /** False: the same call comes to something else each time. */
  cache: boolean
  /** Its doc comment; empty where there is none. */
  doc: string
  /** Files that it imports from beside itself, there or not: they are part of it. */
  files: string[]
}

/** Loads the task of `file`, writes to `fd` what it declares. @returns the code to exit with */
export async function describe(file: string, fd: number): Promise<number> {
  const files = new Set<string>()
  const said: Described = { error: null, schema: null, limits: null, cache: true, doc: '', files: [] }
  process.on('uncaughtException', (error) => {
    say(fd, { ...said, error: messageOf(error), files: [...files] })
    process.exit(0)
  })
  try {
    const { schema, limits, cache } = await loadTask(resolve(file), (path) => files.add(path))
    Object.assign(said, {
      schema: schema ?? null,
      limits: limits ?? null,
      cache: cache !== false,
      doc: docComment(readFileSync(file, 'utf8')),
    })
  } catch (error) {
    said.error = messageOf(error)
  }
  say(fd, { ...said, files: [...files] })
  return 0
}

function say(fd: number, said: Described) {
  let text: string
  try {
    text = JSON.stringify(said)
  } catch (error) {
    text = JSON.stringify({ ...said, error: `Its schema is no JSON: ${messageOf(error)}`, schema: null, limits: null })
  }
  writeFileSync(fd, text)
}
