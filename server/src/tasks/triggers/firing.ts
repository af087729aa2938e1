import { type Kysely, sql } from 'kysely'
import { isBeingRenamed } from '../../database/camera-rows.ts'
import type { StateTables } from '../../database/schema.ts'
import type { TaskTriggerRow } from '../../database/schema-tasks.ts'
import { ThreadClosedError } from '../../database/thread-calls.ts'
import { isDiskTrouble } from '../../database/until-written.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Log } from '../../logging/levels.ts'
import { SparingLog } from '../../logging/sparing-log.ts'
import type { Transition } from '../../record/debounce.ts'
import type { AutomaticJob } from '../runs/automatic.ts'

export interface TriggerFiringPorts {
  jobs(): Pick<Jobs, 'add' | 'isFull' | 'wake'>
  log: Pick<Log, 'info' | 'warn'>
  /** Told what became of each transition that a trigger is for. */
  onOutcome(outcome: 'asked' | 'left_out'): void
}

/** Of one trigger: whose door flaps more often than its task ends has the newest of it left out. */
export const MOST_WAITING = 10

/** What came of one transition for one trigger; null: it was asked for before. */
type Fired = { trigger: string } & ({ job: string } | { leftOut: string })

/** Asks for the jobs of triggers, in the transaction of the transition: there are both, or neither. */
export class TriggerFiring {
  readonly #ports: TriggerFiringPorts
  readonly #sparingLog: SparingLog

  constructor(ports: TriggerFiringPorts) {
    this.#ports = ports
    this.#sparingLog = new SparingLog(ports.log)
  }

  /**
   * For a transition that is told now. One that is told again, since late frames changed what is known of the past, is none
   * of these: whoever waits for a door to open is not told of yesterday. Pictures of an import make no transitions; those of
   * a replay do, for they come as frames do.
   * @returns to be called once it is committed
   * @throws where the disk refuses, and never for anything else: what is recorded of a door does not hang on a task
   */
  async fire(transaction: Kysely<StateTables>, camera: string, transition: Transition): Promise<() => void> {
    try {
      const fired = await this.#fire(transaction, camera, transition)
      return () => this.#tell(camera, fired)
    } catch (err) {
      if (isDiskTrouble(err) || err instanceof ThreadClosedError) throw err
      this.#sparingLog.warn(
        'fault',
        { err, camera },
        'tasks cannot be run on a transition; a fault of ajar, please report it',
      )
      return () => this.#ports.onOutcome('left_out')
    }
  }

  async #fire(transaction: Kysely<StateTables>, camera: string, transition: Transition): Promise<Fired[]> {
    const all = await transaction
      .selectFrom('task_triggers')
      .selectAll()
      .where('camera', '=', camera)
      .where('paused', '=', 0)
      .orderBy('created_at')
      .execute()
    const fired: Fired[] = []
    for (const trigger of all) {
      const states: string[] = JSON.parse(trigger.states_json)
      if (states.length > 0 && !states.includes(transition.to_state)) continue
      const one = await this.#decide(transaction, trigger, transition)
      if (one) fired.push({ trigger: trigger.id, ...one })
    }
    return fired
  }

  async #decide(
    transaction: Kysely<StateTables>,
    { id, camera, owner, params_json }: TaskTriggerRow,
    { at, frame_at }: Transition,
  ): Promise<{ job: string } | { leftOut: string } | null> {
    const jobs = this.#ports.jobs()
    const onceKey = `trigger:${id}@${camera}/${at}`
    const { rows } = await sql<{ waiting: number; known: number }>`
      select count(*) filter (where state = 'queued') as waiting, count(*) filter (where once_key = ${onceKey}) as known
        from jobs where once_key >= ${`trigger:${id}@`} and once_key < ${`trigger:${id}A`}`.execute(transaction)
    const { waiting = 0, known = 0 } = rows[0] ?? {}
    if (known > 0) return null
    if (waiting >= MOST_WAITING) return { leftOut: `${waiting} jobs of this trigger wait already` }
    if (await jobs.isFull(transaction, 'laboratory')) return { leftOut: 'too many jobs of the laboratory wait already' }
    if (await isBeingRenamed(transaction, camera)) return { leftOut: 'its camera is being renamed' }
    const frame = frame_at === null ? {} : { frame: `${camera}/${frame_at}` }
    const params: AutomaticJob = { ...JSON.parse(params_json), ...frame, trigger: id }
    const job = await jobs.add(transaction, 'task', camera, { ...params }, { owner, onceKey })
    await transaction.updateTable('task_triggers').set({ last_job: job.id }).where('id', '=', id).execute()
    return { job: job.id }
  }

  #tell(camera: string, fired: Fired[]) {
    const { jobs, log, onOutcome } = this.#ports
    for (const one of fired) {
      const { trigger } = one
      onOutcome('job' in one ? 'asked' : 'left_out')
      if ('job' in one) log.info({ trigger, camera, job: one.job }, 'a task was asked for by a transition')
      else this.#sparingLog.warn('left out', { trigger, camera }, `a task was not run on a transition: ${one.leftOut}`)
    }
    if (fired.some((one) => 'job' in one)) jobs().wake()
  }
}
