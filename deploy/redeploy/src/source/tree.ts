import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RedeployError } from '../step.ts'

/** The files of a commit, laid out: what is to become a release. */
export interface Tree {
  folder: string
  version: string
  /** The version of pnpm that it is made for. */
  pnpm: string
  /** It brings what else would be built here: a release of `npm run release` does. */
  isBuilt: boolean
}

/** A release without them could not be run, or not be replaced. */
const NEEDED = ['pnpm-lock.yaml', 'deploy/release/make-release.ts', 'deploy/redeploy/src/main.ts']
/** One file of each part that is built: console, reference of the code, bundle of the processes. */
const BUILT = ['server/web/dist/index.html', 'docs/code/dist/index.html', 'deploy/bundle/dist/current.json']

/** @throws RedeployError `not_ajar` where it is none */
export function readTree(folder: string): Tree {
  const missing = NEEDED.find((path) => !existsSync(join(folder, path)))
  if (missing !== undefined) throw notAjar(`it has no ${missing}`)
  const { version, scripts } = manifestOf(folder)
  const [, pnpm] = /\bpnpm@(\d+\.\d+\.\d+)\b/.exec(String(scripts?.start)) ?? []
  if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(String(version))) throw notAjar('its package.json has no version')
  if (pnpm === undefined) throw notAjar('its npm start names no pnpm')
  return { folder, version: String(version), pnpm, isBuilt: BUILT.every((path) => existsSync(join(folder, path))) }
}

function manifestOf(folder: string): { version?: unknown; scripts?: { start?: unknown } } {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) ?? {}
  } catch (error) {
    throw notAjar(`its package.json: ${(error as Error).message}`)
  }
}

function notAjar(why: string): RedeployError {
  return new RedeployError('not_ajar', 'release', `the commit cannot be deployed: ${why}`)
}
