import type { NamedEntry, OperationBody, OutputFile } from '../../../api/laboratory-bodies.ts'

export const isDone = ({ status }: Pick<OperationBody, 'status'>) => status === 'COMPLETED' || status === 'FAILED'

export const newestFirst = (operations: OperationBody[]) =>
  operations.toSorted((one, other) => Date.parse(other.created) - Date.parse(one.created) || other.id - one.id)

export const outputsOf = ({ output }: OperationBody): OutputFile[] => output?.output_files ?? []

export const isPicture = ({ type }: Pick<OutputFile, 'type'>) => type === 'fits' || type === 'image'

/** A picture that may be the input of an operation. */
export interface PoolPicture {
  entry: NamedEntry
  /** The address of a small picture, where it is known. */
  small: string | null
  /** What it is, for people. */
  made: string | null
}

/** Pictures that operations of a session may take: what was gathered, and what came of its operations. */
export function poolOf(inputs: NamedEntry[], operations: OperationBody[]): PoolPicture[] {
  const made = operations.flatMap((operation) =>
    outputsOf(operation)
      .filter(isPicture)
      .map((file) => ({ entry: entryOfOutput(file), small: pathOf(file.small_url), made: operation.name })),
  )
  return [...made, ...inputs.map((entry) => ({ entry, small: null, made: null }))]
}

export function entryOfOutput({ basename, source, type }: OutputFile): NamedEntry {
  return { type, source, basename }
}

/**
 * The address of a file on the server that the page comes from: it signs paths, whatever name it is reached by, and the
 * page may load nothing from elsewhere.
 */
export function pathOf(url: string | null | undefined): string | null {
  if (!url) return null
  const { pathname, search } = new URL(url, location.href)
  return pathname + search
}

const FORMS = [
  ['original_url', 'as it was written'],
  ['fits_url', 'FITS'],
  ['tif_url', 'TIFF'],
  ['large_url', 'JPEG'],
  ['csv_url', 'CSV'],
  ['json_url', 'JSON'],
  ['video_url', 'MP4'],
] as const

/** What a file can be downloaded as. */
export function downloadsOf(file: OutputFile): { name: string; path: string }[] {
  return FORMS.flatMap(([key, name]) => {
    const path = pathOf(file[key])
    return path === null ? [] : [{ name, path }]
  })
}
