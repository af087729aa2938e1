import { createHash } from 'node:crypto'
import type { Resolved } from '../sources/sources.ts'

/** What decides what an operation comes to, and who may be shown it. */
export interface Asked {
  /** `operationCacheKey` of what was asked for. */
  cacheKey: string
  /** Of the operation's code: another one comes to other results. */
  version: number | string
  /** What its pictures hold, by field. */
  resolved: Record<string, Resolved>
  account: string
  /** What else the operation depends on. */
  circumstances: object
}

/**
 * The key of a result: the same for whoever asks the same of the same pictures, where everybody may read those; else one
 * account's own.
 */
export function resultKey({ cacheKey, version, resolved, account, circumstances }: Asked): string {
  const fields = Object.keys(resolved).sort()
  const isShared = fields.every((field) => resolved[field]?.isShared)
  const said = [
    ...[cacheKey, version, isShared ? 'shared' : `account ${account}`, circumstances],
    fields.map((field) => [
      field,
      resolved[field]?.files.map(({ basename }) => basename),
      resolved[field]?.fingerprints,
    ]),
  ]
  return createHash('sha256').update(JSON.stringify(said)).digest('hex')
}
