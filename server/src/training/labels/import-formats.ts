import type { SourceKind } from '../../devices/source.ts'
import { CAMERA, type Learner, SENSOR } from '../../http/nouns.ts'

/** What labelled pictures or readings come in. */
export interface ImportFormat {
  /** Of what sort of source they are. */
  learner: Learner
  contentType: string
  /** Of the file while it waits for its job. */
  extension: string
  /** What reads it (`worker-task.ts`). */
  task: string
  /** What is in it, for people. */
  items: string
  summary: string
  description: string
}

const RESULT =
  'A state that the source does not have is an error unless it has none at all, or with `states=add`. A source that is ' +
  'not there is made where its device is. The result of the job: imported, labelled, duplicates, skipped (file and ' +
  'reason, at most 100), skippedCount.'

/** Each is one entry here, and its task. */
export const IMPORT_FORMATS: readonly ImportFormat[] = [
  {
    ...{ learner: CAMERA, contentType: 'application/zip', extension: 'zip', task: 'import' },
    items: 'pictures',
    summary: 'Import labelled pictures from a zip; answers with the job',
    description:
      'One folder per state with JPEGs, PNGs or WebPs; `unclear` and `ignore` are marks, and what an export wrote is ' +
      'read again. The time of a picture is that of the manifest, else of its name (yyyymmdd_hhmmss), else of its ' +
      'EXIF, else of its entry in the zip, all UTC. The pictures become frames as any others, masks applied, but ' +
      `make no results; sent again they are the same frames. ${RESULT}`,
  },
  {
    ...{ learner: SENSOR, contentType: 'text/csv', extension: 'csv', task: 'import_csv' },
    items: 'readings',
    summary: 'Import labelled readings from a CSV; answers with the job',
    description:
      'The first line names the columns: `Label` is the state (`15.0` is `15`; `unclear` and `ignore` are marks), `at`, ' +
      'where there is one, the time (ISO 8601 or milliseconds, UTC), and each other one a number of the reading. Columns ' +
      'ending in `_mag` make its part `amplitude`, in `_phase` its part `phase`, all others `value`; so the header ' +
      '`Label,CH6_mag..CH58_mag,CH6_phase..CH58_phase` is that of a Wi-Fi channel. Without times the readings lie 50 ms ' +
      'apart and end now, or a minute before the first one of the sensor; the same file sent again gives the same ' +
      `readings. They make no results. A line that cannot be used is left out. ${RESULT}`,
  },
]

export function formatOf(kind: SourceKind): ImportFormat {
  const format = IMPORT_FORMATS.find(({ learner }) => learner.kind === kind)
  if (!format) throw new Error(`nothing can be imported into a ${kind}: a fault of ajar, please report it`)
  return format
}
