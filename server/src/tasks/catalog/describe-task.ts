import { createHash } from 'node:crypto'
import { isAbsolute, relative } from 'node:path'
import type { Described } from '../runners/describe-ts.ts'
import type { Limits, Task, View } from '../task.ts'
import type { describeInBox } from '../untrusted/describe-in-box.ts'
import { staysIn } from '../untrusted/stays-in.ts'
import { askRunner } from './ask-runner.ts'
import { commandFor } from './command.ts'
import type { Form } from './forms.ts'
import { contentHash } from './identity.ts'
import type { Interpreters } from './interpreters.ts'
import { limitsOf, within } from './limits.ts'
import { LoadTimeout } from './loading.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { checkSchema, picturesOf } from './params-schema.ts'

export interface Describing {
  /** The folder of the task's folder or file. */
  folder: string
  isOperators: boolean
  /** Nobody trusts what lies in the folder: nothing of it is run but in a box. */
  isUntrusted: boolean
  /** Has such a task described, in a box. */
  describeUntrusted: typeof describeInBox
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
  if (about.isUntrusted) await staysIn(about.folder, form.files)
  const manifest = form.manifest ? await readManifest(form.manifest) : {}
  const { interpreters, isUntrusted } = about
  // What Node keeps of one would be code for others.
  const compiledFolder = isUntrusted ? null : about.compiledFolder
  const run = await commandFor(form, manifest, form.manifest, interpreters, compiledFolder, beside, isUntrusted)
  const said = run.describe ? await saidBy(run.describe, manifest, about) : null
  if (isUntrusted) await staysIn(about.folder, said?.files ?? [])
  beside.push(...(said?.files ?? []))
  if (said?.error) throw new Error(said.error)
  const declared = manifest.params ?? said?.schema ?? null
  const schema = declared === null ? null : checkSchema(declared)
  const limits = limitsOf(manifest.limits, limitsOf(said?.limits, about.limits))
  return {
    ...{ name: form.name, language: run.language, command: run.command, source: form.source, schema },
    title: manifest.title ?? titleOf(form.name),
    description: manifest.description ?? descriptionOf(said, run.comment),
    pictures: picturesOf(schema),
    limits: isUntrusted ? within(limits, about.limits) : limits,
    fingerprint: await fingerprintOf(
      form,
      beside,
      [about.runner, ...(run.describe ? [run.version] : run.command)],
      about.folder,
    ),
    cached: manifest.cache ?? said?.cache !== false,
    isOperators: about.isOperators,
    ...(isUntrusted ? { untrusted: about.folder } : { view: about.view }),
  }
}

/** One that nobody trusts is not loaded where its manifest says what it takes. */
function saidBy(command: string[], manifest: Manifest, about: Describing) {
  const { isUntrusted, folder, env, loadMs, view } = about
  if (!isUntrusted) return askRunner(command, { env, ms: loadMs, view })
  return manifest.params === undefined ? about.describeUntrusted(command, folder, loadMs) : null
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
