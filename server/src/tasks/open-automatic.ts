import { newestOf } from '../database/chosen-frames.ts'
import type { Archive } from '../database/frames/archive.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import { badRequest } from '../http/errors.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Log } from '../logging/levels.ts'
import type { RecorderPorts } from '../record/recorder-ports.ts'
import { TaskReadings, type TaskReadingsPorts } from './readings/task-readings.ts'
import { Writers } from './readings/writers.ts'
import { AutomaticRuns } from './runs/automatic.ts'
import { type Automatic, type CheckAutomaticPorts, cameraPicture, checkAutomatic } from './runs/check-automatic.ts'
import type { Task } from './task.ts'
import { TriggerFiring, type TriggerFiringPorts } from './triggers/firing.ts'
import { Triggers } from './triggers/triggers.ts'

export interface AutomaticParts extends CheckAutomaticPorts {
  database: StateDatabase
  archive: Pick<Archive, 'described'>
  cameras: Pick<Sources, 'find'>
  jobs(): Pick<Jobs, 'add' | 'isFull' | 'wake'>
  takeReading: TaskReadingsPorts['take']
  /** Told what became of each transition that a trigger is for. */
  onTriggered: TriggerFiringPorts['onOutcome']
  log: Pick<Log, 'info' | 'warn'>
  /** Nothing is asked for: the server only shows that it starts. */
  isRehearsal: boolean
}

/** Of the newest frames of a camera so many are looked through for one whose picture is there. */
const LOOKED_AT = 100

/** Tasks that are run by themselves: on schedules, whose rows jobs have, and on transitions. */
export function openAutomatic(parts: AutomaticParts) {
  const { database, archive, cameras, isRehearsal } = parts
  const now = () => Date.now()
  const writers = new Writers(database)
  const firing = new TriggerFiring({ jobs: parts.jobs, log: parts.log, onOutcome: parts.onTriggered })
  /** A task that looks at a picture is for cameras; any other may be for sensors and doors too. */
  const refusePictureless = (task: Task, { params = {} }: Automatic, source: string) => {
    const kind = cameras.find(source)?.kind ?? 'camera'
    if (kind === 'camera' || !cameraPicture(task, params)) return
    throw badRequest(
      'no_pictures',
      `${task.name} looks at a picture, and ${source} is a ${kind}: name a camera`,
      'camera',
    )
  }
  const followUp: RecorderPorts['followUp'] = (...transition) => firing.fire(...transition)
  return {
    triggers: new Triggers({
      ...{ database, now },
      async check({ id, camera, ...automatic }) {
        refusePictureless(await checkAutomatic(parts, automatic), automatic, camera)
        await writers.check({ id, camera, ...automatic })
      },
      statesOf: (camera) => cameras.find(camera)?.states ?? null,
    }),
    runs: new AutomaticRuns({
      ...{ ...parts, now },
      readings: new TaskReadings({ take: parts.takeReading, writers }),
      newestFrame: (camera) => newestFrame(database, archive, camera),
    }),
    /** Asks for the jobs of triggers, in the transaction of a transition. */
    ...(isRehearsal ? {} : { followUp }),
    /**
     * Whether such a schedule can be done.
     * @param params as `TaskParams` declares them
     * @param of its camera, and its id where it is there already
     * @throws HttpError
     */
    async checkScheduled(
      kind: string,
      params: Record<string, unknown>,
      of: { id?: string; camera: string },
    ): Promise<void> {
      if (kind !== 'task') return
      const automatic = params as Automatic
      refusePictureless(await checkAutomatic(parts, automatic, 'params.'), automatic, of.camera)
      await writers.check({ ...automatic, ...of }, 'params.')
    },
  }
}

/** One that was refused is no picture, though it is kept for whoever wants to know why. */
async function newestFrame(database: StateDatabase, archive: Pick<Archive, 'described'>, camera: string) {
  const rows = await newestOf(database, { camera, stored: true }, LOOKED_AT)
  const frames = rows
    .filter(({ outcome }) => outcome !== 'refused')
    .map(({ captured_at: capturedAt }) => ({ camera, capturedAt }))
  const there = await archive.described(frames)
  const times = there.map(({ capturedAt }) => capturedAt)
  return times.length === 0 ? null : `${camera}/${Math.max(...times)}`
}
