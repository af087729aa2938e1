import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { Time } from '../../http/shapes.ts'
import { ImportError } from './import-messages.ts'

/** What a labelled set is, beside its pictures: `manifest.json` of an export. */
export const Manifest = Type.Object({
  format: Type.Literal(1),
  camera: Type.String(),
  states: Type.Array(Type.String()),
  exportedAt: Time,
  digest: Type.String({ description: 'of the frames with their states, as models have it; marks are left out' }),
  frames: Type.Array(
    Type.Object({
      file: Type.Union([Type.String(), Type.Null()], { description: 'null: its picture was gone' }),
      frame: Type.String(),
      state: Type.String(),
      capturedAt: Time,
      author: Type.String(),
      labelledAt: Time,
      sha256: Type.Union([Type.String(), Type.Null()], { description: 'of the file' }),
    }),
  ),
})
export type Manifest = Static<typeof Manifest>

/** What a manifest says of each file, by its name beside it. @throws ImportError `bad_manifest` */
export function readManifest(bytes: Uint8Array | string): Map<string, { capturedAt: number; sha256: string | null }> {
  const frames = new Map<string, { capturedAt: number; sha256: string | null }>()
  for (const { file, capturedAt, sha256 } of parsed(bytes).frames)
    if (file !== null) frames.set(file, { capturedAt: Date.parse(capturedAt), sha256 })
  return frames
}

function parsed(bytes: Uint8Array | string): Manifest {
  const bad = (why: string) =>
    new ImportError('bad_manifest', `manifest.json is none of an export of ajar (${why}): take it out of the zip`)
  if (typeof bytes === 'string') throw bad(bytes)
  let manifest: unknown
  try {
    manifest = JSON.parse(Buffer.from(bytes).toString())
  } catch (error) {
    throw bad((error as Error).message)
  }
  if (Value.Check(Manifest, manifest)) return manifest
  const [flaw] = Value.Errors(Manifest, manifest)
  throw bad(flaw ? `${flaw.instancePath}: ${flaw.message}` : 'another shape')
}
