import { clockTime, fullTime, shortDay } from '../../../design/words.ts'
import { frameOf } from '../entries.ts'

/** What stands in a cell, and where that is short, all of it. */
export interface Cell {
  text: string
  title?: string
}

/** Digits of what was measured; files have all of them. */
const DIGITS = 5
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const FRACTION = /^-?\d*\.\d+(e[+-]?\d+)?$/i

/** A value for people: what was measured rounded, times as the viewer's clock has them. */
export function cellOf(value: string): Cell {
  if (FRACTION.test(value)) {
    const text = rounded(Number(value))
    return text === value ? { text } : { text, title: value }
  }
  if (ISO.test(value)) return { text: momentOf(Date.parse(value)), title: `${fullTime(Date.parse(value))}\n${value}` }
  const frame = frameOf({ source: 'archive', basename: value })
  return frame ? { text: momentOf(frame.at), title: value } : { text: value }
}

/** `Nov 30, 01:03:05` */
const momentOf = (ms: number) => `${shortDay(ms)}, ${clockTime(ms)}`

export function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(DIGITS)))
}

/** A table for people: where each row is a frame, its time is not said twice, and its camera where there are several. */
export function forPeople(columns: string[], rows: string[][]): { columns: string[]; rows: Cell[][] } {
  const names = columns.indexOf('basename')
  const frames = names < 0 ? [] : rows.map((row) => frameOf({ source: 'archive', basename: row[names] ?? '' }))
  const isFrames = frames.length > 0 && frames.every((frame) => frame !== null)
  const hasSeveral = new Set(frames.flatMap((frame) => frame?.camera ?? [])).size > 1
  const times = columns.indexOf('time')
  // The time of a frame is its name already.
  const isTold = names >= 0 && rows.every((row, index) => frames[index] != null || !row[times])
  const kept = columns.map((_, column) => column).filter((column) => column !== times || !isTold)
  return {
    columns: kept.map((column) => (isFrames && column === names ? 'frame' : wordsFor(columns[column] ?? ''))),
    rows: rows.map((row, index) =>
      kept.map((column) => {
        const cell = cellOf(row[column] ?? '')
        return frames[index] && hasSeveral && column === names
          ? { ...cell, text: `${frames[index]?.camera}, ${cell.text}` }
          : cell
      }),
    ),
  }
}

/** Names that operations give, where people call it otherwise. */
const WORDS: Record<string, string> = {
  basename: 'file',
  files: 'of each',
  left_out: 'left out',
  left_out_count: 'files left out',
  file_count: 'files',
  other_shapes: 'of another size',
  clipped_dark: 'too dark, share',
  clipped_bright: 'too bright, share',
  fraction: 'share',
  recorded_as: 'recorded as, and what it says now',
  recorded_state: 'recorded',
  recorded_confidence: 'confidence then',
  fps: 'pictures a second',
  agreement: 'agreement, share',
  hot_pixels_at: 'hot pixels at',
  sensor: 'hot in most files',
}

/** `p_open` is how sure a model is of `open`. */
export function wordsFor(name: string): string {
  return WORDS[name] ?? name.replace(/^p_(.+)$/, 'sure of $1').replaceAll('_', ' ')
}

/** What says nothing where it is so: nothing was left out, and each file is told of. */
const USUAL: Record<string, string> = { every: '1', left_out_count: '0', other_shapes: '0', file_count: '0' }

export const isUsual = (name: string, text: string) => USUAL[name] === text
