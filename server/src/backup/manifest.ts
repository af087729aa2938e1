import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { BackupError } from './backup-error.ts'

/** The last file of a backup: what it holds. A folder without one is no whole backup. */
export const MANIFEST = 'manifest.json'
export const FORMAT = 1
/** A line for each day and each file of a model: far more than a hundred thousand of them. */
const MOST_BYTES = 64 * 1024 ** 2

const NAME = '[a-z0-9][a-z0-9-]{0,31}'
const DAY = '\\d{4}-\\d{2}-\\d{2}'
/** Every path that can stand in a backup: none leads out of it, whoever wrote it. */
const PATH = `^(state\\.db|kept/${DAY}\\.db|frames/${DAY}-\\d{1,6}\\.db|models/${NAME}/${NAME}/\\d{1,15}/[a-zA-Z0-9][\\w.-]{0,63})$`

const strict = { additionalProperties: false }
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Time = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' })
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })

const BackupFile = Type.Object(
  {
    path: Type.String({ pattern: PATH }),
    bytes: Count,
    sha256: Sha256,
    /** Of a file of frames: how many, and a digest of which; the next backup takes the same file where it needs just these. */
    frames: Type.Optional(Count),
    content: Type.Optional(Sha256),
    /** When its bytes were last compared with `sha256`, or written. */
    checkedAt: Time,
  },
  strict,
)
export type BackupFile = Static<typeof BackupFile>

const ManifestBody = Type.Object(
  {
    format: Type.Literal(FORMAT),
    name: Type.String({ pattern: '^ajar-\\d{8}T\\d{6}Z$' }),
    kind: Type.Union([Type.Literal('nightly'), Type.Literal('asked')]),
    /** It holds what was stored then, and perhaps frames of a little later. */
    startedAt: Time,
    madeAt: Time,
    /** Version of the server that made it. */
    release: Type.String({ maxLength: 100 }),
    /** Whether frames that nothing keeps are in it too. */
    allFrames: Type.Boolean(),
    counts: Type.Object(
      {
        /** Labelled frames and those of transitions. */
        kept: Count,
        /** Other frames; 0 unless `allFrames`. */
        others: Count,
        /** Kept frames whose bytes were gone: removed, or pruned before they were kept. */
        gone: Count,
        models: Count,
        /** Models whose files were gone or damaged. */
        modelsGone: Count,
      },
      strict,
    ),
    files: Type.Array(BackupFile),
  },
  strict,
)
export type Manifest = Static<typeof ManifestBody>

/**
 * What a folder says it holds; whoever wrote it may be a stranger.
 * @throws BackupError `not_a_backup`; ENOENT where there is none
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = await open(join(folder, MANIFEST), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const found = await file.stat()
    if (!found.isFile() || found.size > MOST_BYTES) throw strange(folder, `its ${MANIFEST} is not what it should be`)
    return checked(folder, await file.readFile('utf8'))
  } finally {
    await file.close()
  }
}

function checked(folder: string, text: string): Manifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw strange(folder, `its ${MANIFEST} is no JSON`)
  }
  const { format } = (value ?? {}) as { format?: unknown }
  if (Number.isInteger(format) && Number(format) > FORMAT)
    throw strange(folder, `its format is ${format}, and this release reads ${FORMAT}: take a newer release`)
  if (!Value.Check(ManifestBody, value)) {
    const [flaw] = Value.Errors(ManifestBody, value)
    throw strange(folder, `its ${MANIFEST} is not what it should be at ${flaw?.instancePath || 'the top'}`)
  }
  const paths = new Set(value.files.map(({ path }) => path))
  if (paths.size < value.files.length || !paths.has('state.db'))
    throw strange(folder, `its ${MANIFEST} names a file twice, or no state.db`)
  return value
}

/** What its files take together; what is shared with other backups counts too. */
export function bytesOf({ files }: Pick<Manifest, 'files'>): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}

function strange(folder: string, why: string): BackupError {
  return new BackupError('not_a_backup', `${folder} cannot be restored: ${why}`)
}
