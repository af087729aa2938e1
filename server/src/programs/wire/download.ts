import { storedZip, type ZipEntry } from '../../http/stored-zip.ts'
import type { ProgramRequest, SourceFile } from '../program.ts'

/** What builds a program elsewhere: files beside its own. */
export type BaseProject = (request: ProgramRequest) => readonly SourceFile[]

/** Folders of a project, and names that lead nowhere else. */
const INSIDE = /^[A-Za-z0-9_.][A-Za-z0-9_.+-]*(\/[A-Za-z0-9_.][A-Za-z0-9_.+-]*)*$/

/**
 * A program as a project, in a zip.
 * @param request checked; its own files win over those of the project
 * @param at when it was made, milliseconds UTC
 * @returns the file's name, which needs no quotes: older clients would take them for a part of it
 */
export async function zipOf(
  request: ProgramRequest,
  baseProject: BaseProject,
  at: number,
): Promise<{ name: string; bytes: Buffer }> {
  const own = new Set(request.files.map(({ basename }) => basename.toLowerCase()))
  const base = baseProject(request).filter(({ basename }) => !own.has(basename.toLowerCase()))
  const files = [...base, ...request.files]
  for (const { basename } of files)
    if (!INSIDE.test(basename) || basename.split('/').some((part) => /^\.+$/.test(part)))
      throw new Error(`${JSON.stringify(basename)} would lead out of an archive`)
  const pieces: Uint8Array[] = []
  for await (const piece of storedZip(entriesOf(files, at))) pieces.push(piece)
  return { name: `${fileNameOf(request.name)}.zip`, bytes: Buffer.concat(pieces) }
}

async function* entriesOf(files: readonly SourceFile[], modifiedAt: number): AsyncGenerator<ZipEntry> {
  for (const { basename, contents } of files) yield { name: basename, modifiedAt, bytes: Buffer.from(contents) }
}

/** Only what a header may say without quotes (RFC 9110, 5.6.2), and what is a name on every disk. */
function fileNameOf(name: string): string {
  const plain = name
    .normalize('NFKD') // letters lose their accents, and stay letters
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_.-]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^[._-]+|[._-]+$/g, '')
  return plain === '' ? 'program' : plain
}
