import { basename } from 'node:path'
import { isName } from './names.ts'

/** What the names of picture files and of their folders tell. */

/**
 * The time in a file's name like `cam_20151102_042051.jpg` or `20151102_042051_120.jpg`, taken as UTC, in milliseconds
 * since 1970; or null.
 */
export function timeInName(path: string): number | null {
  const found = /(?<!\d)(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)(?!\d)(?:_(\d{3})(?!\d))?/.exec(basename(path))
  if (!found) return null
  const [, year, month, day, hour, minute, second, fraction = '000'] = found
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}Z`)
  return Number.isNaN(time) ? null : time
}

/** A file's name that tells the time, milliseconds UTC: `timeInName` reads it again. */
export function nameOfTime(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().slice(0, -1).split('T')
  return `${date.replaceAll('-', '')}_${time.replaceAll(':', '').replace('.', '_')}`
}

/**
 * The state that a folder's name stands for, or null: names of states are lower-case letters, digits and hyphens, at
 * most 32.
 */
export function stateOfFolder(folder: string): string | null {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 32)
  return isName(name) ? name : null
}
