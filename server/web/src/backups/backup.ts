import type { BackupBody } from '../api/release-bodies.ts'
import { amount } from '../design/words.ts'

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB']
const STEP = 1000

/** `512 bytes`, `3.4 MB`, `120 GB` */
export function sizeInWords(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(1, bytes)) / 3), UNITS.length - 1)
  const size = bytes / STEP ** power
  return `${amount(size < 10 ? Math.round(size * 10) / 10 : Math.round(size))} ${UNITS[power]}`
}

export function kindInWords({ kind }: Pick<BackupBody, 'kind'>): string {
  return kind === 'nightly' ? 'nightly' : 'asked for'
}

/** The only one that can be restored stays. */
export function mayGo({ name, complete }: BackupBody, backups: BackupBody[]): boolean {
  return !complete || backups.some((other) => other.complete && other.name !== name)
}

/** What whoever restores puts the new data folder in the place of. */
export const TARGET = 'DATA_DIR'

/** Makes a data folder of it, where there is none yet. */
export function restoreLine(folder: string, name: string): string {
  return `npm run restore -- ${quoted(`${folder}/${name}`)} ${TARGET}`
}

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
