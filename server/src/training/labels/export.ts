import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { summariseLabels } from '@ajar/models'
import { nameOfTime } from '@ajar/protocol'
import { ZipFile } from 'yazl'
import type { Archive } from '../../database/frames/archive.ts'
import type { LabelRow } from '../../database/schema.ts'
import type { Source } from '../../devices/sources.ts'
import { iso } from '../../http/shapes.ts'
import { isMark } from '../../marks.ts'
import type { Labels } from './labels.ts'
import type { Manifest } from './manifest.ts'

export interface ExportPorts {
  labels: Pick<Labels, 'ownOf'>
  archive: Pick<Archive, 'jpeg'>
}

const PAGE = 500

/**
 * A zip of all frames of a camera that are labelled, one folder per state or mark, with a manifest. One picture is in
 * memory at a time: the next one is read when this one has been sent. Whoever destroys the stream ends it all.
 */
export function exportLabelled(camera: Source, ports: ExportPorts, { marks }: { marks: boolean }): Readable {
  const zip = new ZipFile()
  const out = zip.outputStream as Readable
  const gone = new Promise<void>((resolve) => out.once('close', resolve))
  zip.once('error', (error: Error) => out.destroy(error))
  void write(zip, camera, ports, { marks, gone, isGone: () => out.destroyed }).catch((error) => out.destroy(error))
  return out
}

interface Writing {
  marks: boolean
  gone: Promise<void>
  isGone(): boolean
}

async function write(zip: ZipFile, camera: Source, { labels, archive }: ExportPorts, { marks, gone, isGone }: Writing) {
  const frames: Manifest['frames'] = []
  for (let after = 0, page: LabelRow[] = []; ; after = page.at(-1)?.captured_at ?? after) {
    page = await labels.ownOf(camera.id, after, PAGE)
    for (const row of page) {
      if (isGone()) return
      if (isMark(row.state) && !marks) continue
      const jpeg = await archive.jpeg(camera.id, row.captured_at)
      const file = `${row.state}/${nameOfTime(row.captured_at)}.jpg`
      const mtime = new Date(row.captured_at)
      if (jpeg) await Promise.race([add(zip, file, jpeg, mtime), gone])
      frames.push({
        file: jpeg ? file : null,
        frame: `${camera.id}/${row.captured_at}`,
        state: row.state,
        capturedAt: iso(row.captured_at),
        author: row.author,
        labelledAt: iso(row.labelled_at),
        sha256: jpeg && createHash('sha256').update(jpeg).digest('hex'),
      })
    }
    if (page.length < PAGE) break
  }
  const learned = frames.filter(({ state }) => !isMark(state))
  const manifest: Manifest = {
    format: 1,
    camera: camera.id,
    states: camera.states,
    exportedAt: iso(Date.now()),
    digest: summariseLabels(learned.map(({ frame, state }) => ({ frame, state }))).digest,
    frames,
  }
  zip.addBuffer(Buffer.from(JSON.stringify(manifest, null, 2)), 'manifest.json')
  zip.end()
}

/** Resolves when the zip's reader has taken it: JPEGs do not shrink, so they are stored. */
function add(zip: ZipFile, file: string, jpeg: Uint8Array, mtime: Date): Promise<void> {
  return new Promise((resolve, reject) => {
    const picture = Readable.from([Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)])
    picture.once('close', resolve).once('error', reject)
    zip.addReadStreamLazy(file, { compress: false, size: jpeg.byteLength, mtime }, (take) => take(null, picture))
  })
}
