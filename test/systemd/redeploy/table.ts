import type { Report } from './play.ts'

/** A table for people: a row for each story that was played. */
export function table(reports: Report[]): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(2)
  const rows = reports.map(({ name, outcome, seen }) => [
    name,
    outcome,
    ...(seen === null
      ? ['-', '-', '-', '-', '-']
      : [
          seconds(seen.silentMs),
          seconds(seen.unwellMs),
          String(seen.requests),
          String(seen.refused),
          String(seen.cut),
        ]),
  ])
  const all = [['story', 'outcome', 'silent s', 'unwell s', 'requests', 'refused', 'cut'], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length))) ?? []
  return all
    .map((row) =>
      row
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n')
}
