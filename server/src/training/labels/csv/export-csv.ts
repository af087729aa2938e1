import { Readable } from 'node:stream'
import { lengthOf, type VectorPart, type VectorView } from '@ajar/models'
import type { Archive } from '../../../database/frames/archive.ts'
import type { Source } from '../../../devices/sources.ts'
import { iso } from '../../../http/shapes.ts'
import { isMark } from '../../../marks.ts'
import type { Labels } from '../labels.ts'

export interface ExportCsvPorts {
  labels: Pick<Labels, 'ownOf'>
  archive: Pick<Archive, 'bytesOf'>
}

const PAGE = 500
/** Of a page of readings, as far as one can know before it is read. */
const PAGE_BYTES = 4 * 1024 * 1024
const BYTES_OF_NUMBER = 22
/** The subcarriers of Wi-Fi that senders measure are named by their numbers, of which the first five are guards. */
const CHANNELS = { count: 53, first: 6 }

/**
 * All labelled readings of a sensor as a CSV, which import reads again: `Label,at,` and a column for each number. One page
 * is in memory at a time. A reading that is not kept any more is left out.
 */
export function exportCsv(sensor: Source, ports: ExportCsvPorts, { marks }: { marks: boolean }): Readable {
  return Readable.from(linesOf(sensor, ports, marks))
}

async function* linesOf({ id, vector }: Source, { labels, archive }: ExportCsvPorts, marks: boolean) {
  const length = vector ? lengthOf(vector) : 0
  yield line(['Label', 'at', ...(vector ? columnsOf(vector) : [])])
  const limit = Math.max(1, Math.min(PAGE, Math.floor(PAGE_BYTES / BYTES_OF_NUMBER / Math.max(1, length))))
  for (let after = 0; ; ) {
    const page = await labels.ownOf(id, after, limit)
    const wanted = page.filter(({ state }) => marks || !isMark(state))
    const bytes = await archive.bytesOf(wanted.map(({ captured_at }) => ({ camera: id, capturedAt: captured_at })))
    yield wanted
      .map(({ state, captured_at }, i) => {
        const numbers: unknown = JSON.parse(bytes[i] ? Buffer.from(bytes[i]).toString() : 'null')
        if (!Array.isArray(numbers) || numbers.length !== length) return ''
        return line([state, iso(captured_at), ...numbers])
      })
      .join('')
    const last = page.at(-1)
    if (!last || page.length < limit) return
    after = last.captured_at
  }
}

/**
 * Import reads amplitudes, phases, and whatever else there is in this order; numbers in another one keep their places
 * only where all columns are plain ones.
 */
function columnsOf({ parts }: VectorView): string[] {
  const kinds = parts.map(endingOf)
  const isInOrder = kinds.join() === [...new Set(['_mag', '_phase', ''].filter((kind) => kinds.includes(kind)))].join()
  if (!isInOrder) return Array.from({ length: lengthOf({ parts }) }, (_, i) => `value_${i + 1}`)
  return parts.flatMap((part, at) =>
    Array.from({ length: part.length }, (_, i) => (kinds[at] ? `${channelOf(part, i)}${kinds[at]}` : `value_${i + 1}`)),
  )
}

function endingOf({ name, kind }: VectorPart): string {
  if (kind === 'phase') return '_phase'
  return name === 'amplitude' ? '_mag' : ''
}

function channelOf({ length }: VectorPart, index: number): string {
  return length === CHANNELS.count ? `CH${CHANNELS.first + index}` : String(index + 1)
}

function line(cells: unknown[]): string {
  return `${cells.join()}\r\n`
}
