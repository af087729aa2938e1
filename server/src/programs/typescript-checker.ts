import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findUsers } from '../sandbox/users.ts'
import { isForEveryone } from './reachable.ts'

/** A `tsc` that boxes can have. */
export interface Checker {
  /** In the box. */
  path: string
  /** It is a program by itself, as from version 7 on; older ones are scripts for Node. */
  isProgram: boolean
  /** Options of `tsc` that say where the types of Node lie, and that those of a browser are not wanted beside them. */
  options: Readonly<Record<string, string>>
  shows: readonly { from: string; to: string }[]
}

/** Where a box sees them. */
const FOLDER = '/opt/typescript'
/** Packages of Debian, and those of `npm install --global`. */
const ELSEWHERE = ['/usr/share/nodejs/', '/usr/lib/node_modules/', '/usr/local/lib/node_modules/']

/**
 * TypeScript of this checkout, or as the machine has it. A release has none: there, programs are read but for their types.
 * @returns null: it is not installed
 */
export function findChecker(): Checker | null {
  const found = packageFolder('typescript', import.meta.url)
  if (!found) return null
  const native = packageFolder(`@typescript/typescript-linux-${process.arch}`, join(found, 'package.json'))
  const program = native && join(native, 'lib/tsc')
  const isProgram = program !== null && existsSync(program)
  if (!isProgram && !existsSync(join(found, 'lib/tsc.js'))) return null
  const types = typesOfNode()
  const shown = isProgram && native ? native : found
  if (![shown, ...types.map(({ from }) => from)].every(canBeShown)) return null
  return {
    path: isProgram ? `${FOLDER}/lib/tsc` : `${FOLDER}/lib/tsc.js`,
    isProgram,
    options: types.length > 0 ? { lib: 'esnext', typeRoots: '/opt/node_modules/@types', types: 'node' } : {},
    shows: [{ from: shown, to: FOLDER }, ...types],
  }
}

const canBeShown = (folder: string) => findUsers().kind === 'own' || isForEveryone(folder)

/** What `process` and `node:fs` are, with the package that these types lean on. */
function typesOfNode() {
  const types = packageFolder('@types/node', import.meta.url)
  if (!types) return []
  const fetch = packageFolder('undici-types', join(types, 'package.json'))
  return [
    { from: types, to: '/opt/node_modules/@types/node' },
    ...(fetch ? [{ from: fetch, to: '/opt/node_modules/undici-types' }] : []),
  ]
}

/** @param from the file that would import it @returns null: it is not installed */
function packageFolder(name: string, from: string): string | null {
  for (const place of [from, ...ELSEWHERE])
    try {
      return realpathSync(dirname(createRequire(place).resolve(`${name}/package.json`)))
    } catch {
      // The next one.
    }
  const beside = ELSEWHERE.map((folder) => join(folder, name)).find((folder) =>
    existsSync(join(folder, 'package.json')),
  )
  return beside ? realpathSync(beside) : null
}
