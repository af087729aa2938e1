import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { nullable } from '../http/shapes.ts'
import type { Home } from './home.ts'
import { readJson } from './read-json.ts'

const NullableText = nullable(Type.String())

/** How far a redeploy is, as its redeployer writes it: the fields that the server needs. */
export const RunShape = Type.Object({
  job: Type.String(),
  /** The release that is to run, once it has a name. */
  release: NullableText,
  /** The release that ran before; null where that was a checkout. */
  from: NullableText,
  commit: NullableText,
  version: NullableText,
  signer: NullableText,
  /** Names of steps that this release does not know may come. */
  step: NullableText,
  /** 0..1 */
  progress: Type.Number(),
  /** `running`, `kept`, `refused` (nothing was switched), `went_back`; a newer release may have more. */
  state: Type.String(),
  /** Why it was not kept. */
  code: NullableText,
  message: NullableText,
  /** Milliseconds UTC. */
  startedAt: Type.Number(),
  endedAt: nullable(Type.Number()),
  /** For so long no release answered well, in milliseconds. */
  downMs: nullable(Type.Number()),
  /** Whether the release before answers well again, where it went back. */
  answersAgain: Type.Optional(nullable(Type.Boolean())),
})
export type Run = Static<typeof RunShape>

export function hasEnded({ state, endedAt }: Run): boolean {
  return state !== 'running' && endedAt !== null
}

/** @returns null where there is none yet, or none that can be read */
export function readRun(home: Home, job: string): Promise<Run | null> {
  return readJson(join(home.runs, `${job}.json`), RunShape)
}

/** Those that can be read. */
export async function readRuns(home: Home): Promise<Run[]> {
  const names = await readdir(home.runs).catch(() => [])
  const jobs = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
  const runs = await Promise.all(jobs.map((job) => readRun(home, job)))
  return runs.filter((run) => run !== null)
}
