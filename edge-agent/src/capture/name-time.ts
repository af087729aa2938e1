import { basename } from 'node:path'

/** The time in a file's name like `cam_20151102_042051.jpg`, taken as UTC, in milliseconds since 1970; or null. */
export function timeInName(path: string): number | null {
  const [, year, month, day, hour, minute, second] =
    /(?<!\d)(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)(?!\d)/.exec(basename(path)) ?? []
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(time) ? null : time
}
