interface FileState {
  enabled: boolean
  /** By AJAR_LOG_FILE. */
  isConfigured: boolean
  path: string
  droppedLines: number
  trouble: string | null
}

/** Tells of a log file that takes no lines, or none any more; where none is wanted, nothing. */
export function logFileHealth({ enabled, isConfigured, path, droppedLines, trouble }: FileState) {
  if (!enabled) return isConfigured ? [switchedOff(path)] : []
  const lost = droppedLines > 0 ? `; ${droppedLines} lines were dropped since the start` : ''
  const text = trouble
    ? `${path} takes no lines (${trouble})${lost}: make room or mend it; everything else goes on`
    : `works${lost}`
  return [{ name: 'log', level: trouble ? ('warn' as const) : ('ok' as const), text }]
}

function switchedOff(path: string) {
  const text = `${path} was switched off at run time, its last line says by whom: PATCH /api/logging switches it on`
  return { name: 'log', level: 'warn' as const, text }
}
