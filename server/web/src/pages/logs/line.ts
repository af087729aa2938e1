/** A line of the log, as GET /api/logs answers it. */
export interface LogLine {
  /** Rises. */
  id: number
  /** ISO 8601. */
  at: string
  level: string
  component: string
  message: string
  frame: string | null
  camera: string | null
  job: string | null
  fields: Record<string, unknown>
  error: string | null
}

/** What stands between two lines where some went unseen; `lines` is null where nobody knows how many. */
export interface Gap {
  id: string
  lines: number | null
}

export type Entry = LogLine | Gap

export function isLine(entry: Entry): entry is LogLine {
  return 'message' in entry
}

/** What the line says beside its message: `name=value ...` */
export function detailsOf({ fields, job }: LogLine): string {
  const all = job === null ? fields : { job, ...fields }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}

/** Lines as text, to be taken elsewhere. */
export function textOf(entries: readonly Entry[]): string {
  return entries
    .map((entry) => {
      if (!isLine(entry)) return `… ${gapText(entry)}`
      const { at, level, component, message, frame, error } = entry
      const said = [at, level, `${component}:`, message, frame ?? '', detailsOf(entry)].filter(Boolean).join(' ')
      return error === null ? said : `${said}\n${error}`
    })
    .join('\n')
}

export function gapText({ lines }: Gap): string {
  return lines === null ? 'lines are missing here' : `${lines} lines are missing here`
}

/** The page of a camera, with a frame of it opened. @param frame `device/camera/capturedAtMs` */
export function frameAddress(frame: string): string {
  const [device, camera] = frame.split('/')
  return `/camera/${device}/${camera}?frame=${encodeURIComponent(frame)}`
}
