import { createHash } from 'node:crypto'
import { isAbsolute, relative } from 'node:path'
import type { Described } from '../runners/describe-ts.ts'
import type { Limits, Task, View } from '../task.ts'
import { askRunner, LoadTimeout } from './ask-runner.ts'
import { commandFor } from './command.ts'
import type { Form } from './forms.ts'
import { contentHash } from './identity.ts'
import type { Interpreters } from './interpreters.ts'
import { limitsOf } from './limits.ts'
import { readManifest } from './manifest.ts'
import { checkSchema, picturesOf } from './params-schema.ts'

export interface Describing {
  /** The folder of the task's folder or file. */
  folder: string
  isOperators: boolean
  /** Where a task says nothing else itself. */
  limits: Limits
  interpreters: Interpreters
  /** Of what runs it: our own code. */
  runner: string
  compiledFolder: string | null
  loadMs: number
  view: View
  /** A task is loaded with these alone. */
  env: Record<string, string>
}

/**
 * What came of it, and which files beside its own that depends on: those may be there or not. `tookTooLong`: it is at fault
 * that it takes so long, or the machine is; not half of a file.
 */
export type Outcome = { beside: string[] } & ({ task: Task } | { error: string; tookTooLong?: boolean })

/** What is known of a task by its files; where it has to be loaded for that, in a process of its own. Never rejects. */
export async function describeTask(form: Form, about: Describing): Promise<Outcome> {
  const beside: string[] = []
  try {
    return { task: await taskOf(form, about, beside), beside }
  } catch (error) {
    return { error: messageOf(error), beside, tookTooLong: error instanceof LoadTimeout }
  }
}

async function taskOf(form: Form, about: Describing, beside: string[]): Promise<Task> {
  if (form.error) throw new Error(form.error)
  const manifest = form.manifest ? await readManifest(form.manifest) : {}
  const { interpreters, compiledFolder } = about
  const run = await commandFor(form, manifest, form.manifest, interpreters, compiledFolder, beside)
  const said = run.describe
    ? await askRunner(run.describe, { env: about.env, ms: about.loadMs, view: about.view })
    : null
  beside.push(...(said?.files ?? []))
  if (said?.error) throw new Error(said.error)
  const declared = manifest.params ?? said?.schema ?? null
  const schema = declared === null ? null : checkSchema(declared)
  return {
    ...{ name: form.name, language: run.language, command: run.command, source: form.source, schema },
    title: manifest.title ?? titleOf(form.name),
    description: manifest.description ?? descriptionOf(said, run.comment),
    pictures: picturesOf(schema),
    limits: limitsOf(manifest.limits, limitsOf(said?.limits, about.limits)),
    fingerprint: await fingerprintOf(
      form,
      beside,
      [about.runner, ...(run.describe ? [run.version] : run.command)],
      about.folder,
    ),
    cached: manifest.cache ?? said?.cache !== false,
    isOperators: about.isOperators,
    view: about.view,
  }
}

function descriptionOf(said: Described | null, comment: string) {
  return (said ? said.doc : comment).slice(0, 10_000)
}

/** `hot_pixel` is `Hot pixel`, `graphNoise` is `Graph noise`. */
function titleOf(name: string) {
  const words = name
    .replaceAll(/[_-]+/g, ' ')
    .replaceAll(/(?<=[a-z\d])[A-Z](?![A-Z])/g, (capital) => ` ${capital.toLowerCase()}`)
    .trim()
  return `${words[0]?.toUpperCase()}${words.slice(1)}`
}

/** Of contents, not of times and places: a task that is copied, or put back as it was, is the same one. */
async function fingerprintOf(form: Form, beside: string[], run: string[], folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const part of run)
    hash.update(`${isAbsolute(part) && form.files.includes(part) ? relative(folder, part) : part}\n`)
  for (const path of [...new Set([...form.files, ...beside])].sort())
    hash.update(`${relative(folder, path)} ${await contentHash(path)}\n`)
  return hash.digest('hex').slice(0, 32)
}

function messageOf(error: unknown) {
  const { code, message, path } = error as NodeJS.ErrnoException
  if (code === 'EACCES') return `${path ?? 'One of its files'} may not be read by the server's user.`
  return message.slice(0, 2000)
}
