import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Events } from '../src/database/events.ts'
import { Archive } from '../src/database/frames/archive.ts'
import { FrameStore } from '../src/database/frames/frame-store.ts'
import type { JobContext } from '../src/jobs/jobs.ts'
import { JOB_KINDS } from '../src/jobs/kinds.ts'
import { Readings } from '../src/record/readings.ts'
import { openAutomatic } from '../src/tasks/open-automatic.ts'
import type { BrokenTask, Task } from '../src/tasks/task.ts'
import { startJobs } from './some-jobs.ts'
import { takingInto } from './taking.ts'

export const KINDS = JOB_KINDS.filter(({ name }) => ['task', 'operation'].includes(name))

/** A task as the catalog finds it. */
export function task(name: string, more: Partial<Task> = {}): Task {
  return {
    ...{ name, language: 'typescript', title: name, description: '', schema: null, cached: true },
    ...{ pictures: [{ name: '_imageURL', isList: false, required: true }], command: [], fingerprint: name },
    ...{ limits: { ms: 1000, memoryBytes: 1e9, processes: 8, outputBytes: 1e9 }, source: name, isOperators: false },
    cached: true,
    ...more,
  }
}

export const CAMERA = 'pi/door'

interface Kept {
  outcome?: 'classified' | 'refused' | 'skipped'
  isKept?: boolean
}

interface Given {
  folder?: string
  now?: () => number
  /** What stands in the place of the program: what comes of a run. */
  perform?(params: Record<string, unknown>, context: JobContext): unknown
}

/** Runs of tasks by themselves on a real database, with real jobs and readings; the programs alone are the test's. */
export async function startAutomatic({ folder, now = () => Date.now(), perform = () => null }: Given = {}) {
  const tasks = new Map<string, Task | BrokenTask>([['camera_health', task('camera_health')]])
  const said: string[] = []
  const outcomes: string[] = []
  const say = (_: unknown, text?: string) => void said.push(String(text))
  const begun: Record<string, unknown>[] = []
  const { database, jobs, dataDir, close } = await startJobs(async () => ({}), {
    ...{ now, kinds: KINDS, folder },
    handlers: [
      { kind: 'operation', run: async () => ({}) },
      {
        kind: 'task',
        async run(context) {
          const known = await database.write.selectFrom('task_runs').selectAll().where('job', '=', context.id).execute()
          const run = known[0] ?? (await automatic.runs.begin(context))
          const params = JSON.parse(run.params_json)
          begun.push(params)
          return { ...(await automatic.runs.end(context, run, await perform(params, context))) }
        },
      },
    ],
  })
  const readings = new Readings({
    ...{ database, events: new Events(), influx: true },
    ...{ factsOf: () => null, onHeld: () => {} },
  })
  await readings.start()
  onTestFinished(() => readings.close())
  const framesFolder = join(dataDir, 'frames')
  const store = await FrameStore.open(framesFolder, () => {})
  onTestFinished(() => store.close())
  const archive = await Archive.open(framesFolder)
  onTestFinished(() => archive.close())
  const automatic = openAutomatic({
    ...{ database, archive, jobs: () => jobs, log: { info: say, warn: say }, isRehearsal: false },
    cameras: { find: (id) => (id === CAMERA ? ({ id, states: ['A', 'B'] } as never) : null) },
    findTask: async (name) => tasks.get(name),
    checkParams: async () => {},
    checkPictures: async () => {},
    takeReading: takingInto(readings),
    onTriggered: (outcome) => outcomes.push(outcome),
  })
  return {
    ...{ database, jobs, dataDir, close, automatic, tasks, said, outcomes, begun },
    /** A frame of the camera that was kept, or whose picture went since. */
    async frame(capturedAt: number, { outcome = 'classified', isKept = true }: Kept = {}) {
      const jpeg = new TextEncoder().encode(String(capturedAt))
      const times = { captured_at: capturedAt, received_at: capturedAt, stored_at: capturedAt }
      if (isKept) await store.put({ camera: CAMERA, capturedAt, receivedAt: capturedAt, dup: false, jpeg })
      const rest = { classified_at: null, recorded_at: capturedAt, size: jpeg.length, code: null, late: 0 } as const
      const row = { camera: CAMERA, ...times, ...rest, sha256: new Uint8Array(32), outcome }
      await database.write.insertInto('frames').values(row).execute()
    },
    /** Readings that are stored: `sensor at value`. */
    async readings() {
      const rows = await database.read.selectFrom('readings').selectAll().orderBy('at').orderBy('sensor').execute()
      return rows.map(({ device, sensor, at, value_json }) => `${device}/${sensor} ${at} ${value_json}`)
    },
    /** What a job's log says. */
    lines: async (job: string) => (await jobs.lines(job)).map(({ level, text }) => `${level}: ${text}`),
  }
}
