import { readFile } from 'node:fs/promises'
import { Type } from 'typebox'
import { AgentError } from '../../failure.ts'
import { every, sensorDriver, sensorFields } from '../driver.ts'

const STATISTICS = '/proc/stat'
/** The first reading tells of this long; each later one of the time since the one before. */
const FIRST_SPAN_MS = 1000

/** Time of all processors since boot, in ticks. */
export interface ProcessorTime {
  busy: number
  all: number
}

/**
 * How busy the processors are, all of them together, in % (100: none was ever idle). From the times of /proc/stat and not
 * the load average, which also counts who waits for a disk or a driver: on some Pis it stands at 1 with nothing to do.
 */
export const cpuLoad = sensorDriver({
  name: 'cpu-load',
  unit: '%',
  config: Type.Object({ ...sensorFields, driver: Type.Literal('cpu-load') }, { additionalProperties: false }),
  isHere: () => readProcessorTime().then(Boolean, () => false),
  async *open({ intervalMs }, context) {
    let before = await readProcessorTime()
    await context.clock.sleep(FIRST_SPAN_MS, context.signal)
    yield* every(intervalMs, context, async () => {
      const now = await readProcessorTime()
      const load = loadBetween(before, now)
      before = now
      return load
    })
  },
})

/** Rejects with `bad_reading` (environment) where the file is not as proc(5) says. */
export async function readProcessorTime(file = STATISTICS): Promise<ProcessorTime> {
  const text = await readFile(file, 'utf8')
  const line = /^cpu +((?:\d+ ?)+)$/m.exec(text)?.[1]
  // user nice system idle iowait irq softirq steal; guest times after them are part of user and nice.
  const times = (line ?? '').trim().split(' ').slice(0, 8).map(Number)
  if (line === undefined || times.length < 4) {
    throw new AgentError('bad_reading', 'environment', `${file} has no times of the processors`)
  }
  const all = times.reduce((sum, time) => sum + time, 0)
  return { busy: all - (times[3] ?? 0) - (times[4] ?? 0), all }
}

/** @returns % to 0.1; throws `bad_reading` where no time has passed or the kernel's counts went back */
export function loadBetween(before: ProcessorTime, now: ProcessorTime): number {
  const [busy, all] = [now.busy - before.busy, now.all - before.all]
  if (all <= 0) throw new AgentError('bad_reading', 'environment', 'the times of the processors stand still')
  // The kernel's count of waiting for disks may go back a little (proc(5)), and with it what is left.
  return Math.round(Math.min(1, Math.max(0, busy / all)) * 1000) / 10
}
