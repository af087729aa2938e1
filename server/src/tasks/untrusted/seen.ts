import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BoxError } from '../../sandbox/box.ts'
import { boxOfMachine } from '../../sandbox/machine.ts'

/** In a folder of tasks: whose tasks nobody trusts. What lies there is none of the folder's own. */
export const UNTRUSTED = 'untrusted'
/** Where an untrusted task finds itself in its box: its folder of tasks, its working folder, and the one for results. */
export const SEEN = { tasks: '/tasks', work: '/box/task', out: '/box/out' } as const
/** Within the working folder of the box. */
export const OUT = 'out'

/** The root of this release, and what of it runs tasks: nothing else of it is to be seen, as a data folder that lies there. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const OURS = ['server/src/tasks/runners', 'server/package.json', 'server/node_modules', 'images', 'node_modules']
const SEEN_ROOT = '/ajar'
const SEEN_NODE = '/ajar/bin/node'

type Shown = { from: string; to: string }

/**
 * What the box of an untrusted task shows of this machine, read-only.
 * @param folder the one of untrusted tasks
 * @throws BoxError where a box could not read it, with what to do
 */
export async function shownFor(folder: string): Promise<Shown[]> {
  const ours = OURS.filter((path) => existsSync(join(ROOT, path)))
  const shown = [
    ...ours.map((path) => ({ from: join(ROOT, path), to: join(SEEN_ROOT, path) })),
    { from: process.execPath, to: SEEN_NODE },
    { from: folder, to: SEEN.tasks },
  ]
  await checkShown(shown)
  return shown
}

/** A word of a command, as the box has it where it is a path of what is shown. */
export function inBox(word: string, folder: string): string {
  if (word === process.execPath) return SEEN_NODE
  for (const [from, to] of [
    [folder, SEEN.tasks],
    [resolve(ROOT), SEEN_ROOT],
  ] as const)
    if (word.startsWith(from + sep)) return join(to, word.slice(from.length))
  return word
}

/** A path in the folder of untrusted tasks, by one that a box says; null: it leads elsewhere. */
export function outOfBox(path: unknown, folder: string): string | null {
  if (typeof path !== 'string' || path.includes('\0')) return null
  const plain = resolve(path)
  return plain.startsWith(SEEN.tasks + sep) ? join(folder, plain.slice(SEEN.tasks.length)) : null
}

/** Boxes are other users than this process. @throws BoxError */
async function checkShown(shown: readonly Shown[]): Promise<void> {
  const { users } = await boxOfMachine()
  if (users.kind === 'own') return
  for (const { from } of shown)
    for (let path = realpathSync(from); ; path = dirname(path)) {
      const wanted = path === from ? FOR_ALL.read : FOR_ALL.pass
      if ((statSync(path).mode & wanted) !== wanted)
        throw new BoxError(
          `${path} is closed to the users that boxes run as: chmod o+${path === from ? 'rX' : 'x'} ${path}`,
        )
      if (path === dirname(path)) break
    }
}

const FOR_ALL = { read: 0o004, pass: 0o001 }
