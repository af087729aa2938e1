interface FileState {
  enabled: boolean
  path: string
  droppedLines: number
  trouble: string | null
}

/** Tells of a log file that takes no lines; where none is wanted, nothing. */
export function logFileHealth({ enabled, path, droppedLines, trouble }: FileState) {
  if (!enabled) return []
  const lost = droppedLines > 0 ? `; ${droppedLines} lines were dropped since the start` : ''
  const text = trouble
    ? `${path} takes no lines (${trouble})${lost}: make room or mend it; everything else goes on`
    : `works${lost}`
  return [{ name: 'log', level: trouble ? ('warn' as const) : ('ok' as const), text }]
}
