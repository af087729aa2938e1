import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { ProcessAlarm } from './process-alarms.ts'

/** What `deploy/systemd/alarm.sh` writes when a unit has given up: systemd's own words, as `Result=` and the exit status. */
const UnitAlarm = Type.Object({
  unit: Type.String(),
  result: Type.String(),
  status: Type.String(),
  /** Milliseconds UTC. */
  atMs: Type.Number(),
})

/** systemd's results that are no plain end. */
const WHY: Record<string, 'hang' | 'start_timeout'> = { watchdog: 'hang', timeout: 'start_timeout' }

const LOOK_EVERY_MS = 5000

/** Hands on each alarm in `folder`, once, and takes its file away: those from before this start at once, later ones as they come. */
export function watchUnitAlarms(folder: string, take: (message: unknown) => void) {
  // A file that cannot be removed, as on a disk that became read-only, is not told of again. There is one for each unit.
  const told = new Map<string, string>()
  let looking = false
  const look = async () => {
    if (looking) return
    looking = true
    await takeAll(folder, told, take).finally(() => {
      looking = false
    })
  }
  void look()
  setInterval(look, LOOK_EVERY_MS).unref()
}

async function takeAll(folder: string, told: Map<string, string>, take: (message: unknown) => void) {
  const names = await readdir(folder).catch(() => []) // none was ever raised
  for (const name of names.filter((name) => name.endsWith('.json'))) {
    const file = join(folder, name)
    // One that cannot be read stands in the journal all the same.
    const text = await readFile(file, 'utf8').catch(() => '')
    await rm(file, { force: true }).catch(() => {})
    if (told.get(name) === text) continue
    told.set(name, text)
    take(jsonOf(text))
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** What a supervisor's message says of a unit that has given up, or null where it says something else. */
export function unitAlarm(message: unknown): ProcessAlarm | null {
  if (!Value.Check(UnitAlarm, message)) return null
  const { unit, result, status, atMs } = message
  const process = /^ajar-(.+)\.service$/.exec(unit)?.[1] ?? unit
  const at = new Date(atMs).toISOString()
  return {
    process,
    level: 'error',
    text: `the ${process} gave up at ${at} (${result}) and is tried once a minute: journalctl -u ${unit} says why`,
    state: 'failed',
    restarts: null,
    lastExit: {
      code: /^\d+$/.test(status) ? Number(status) : null,
      signal: /^[A-Z]+$/.test(status) ? `SIG${status}` : null,
      why: WHY[result] ?? 'exit',
      atMs,
    },
  }
}
