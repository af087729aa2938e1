import { Type } from 'typebox'
import { HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { isoOrNull, NullableTime } from '../http/shapes.ts'
import type { StorageState } from './storage.ts'

const bytes = (description: string) => Type.Number({ description: `bytes: ${description}` })
const Storage = Type.Object({
  bytes: bytes('of all frames files'),
  limitBytes: bytes('what they may take; then the oldest frames go'),
  keptBytes: bytes(
    'of frames that were copied out of files that went: labelled ones and those of transitions; while their file is there, they are of its bytes',
  ),
  freeBytes: bytes('free on the disk'),
  totalBytes: bytes('of the disk'),
  leastFreeBytes: bytes('where less is free, the oldest frames go'),
  oldestAt: NullableTime,
  storedSince: NullableTime,
  files: Type.Integer(),
  prunedFrames: Type.Integer({ description: 'since the start' }),
  prunedBytes: bytes('since the start'),
  stateBytes: bytes('of state.db'),
  walBytes: bytes('of the log of state.db'),
})

/** @param storage as of the last look, or null before the first */
export function storageRoutes(http: Http, storage: () => StorageState | null) {
  http.get(
    '/api/storage',
    {
      config: { access: 'viewer' },
      schema: { summary: 'What is stored, what is free, and what went', response: { 200: Storage } },
    },
    async () => {
      const state = storage()
      if (!state) throw new HttpError(503, 'starting', 'nobody has looked at the disk yet: ask again')
      return { ...state, oldestAt: isoOrNull(state.oldestAt), storedSince: isoOrNull(state.storedSince) }
    },
  )
}
