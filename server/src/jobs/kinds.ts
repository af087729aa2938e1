import { type TObject, Type } from 'typebox'
import { TaskParams } from '../http/task-params.ts'
import { TrainingParams } from '../http/training-params.ts'
import type { Component } from '../logging/levels.ts'

/**
 * Lanes go on side by side, and so do at most `LANES[lane]` jobs of each. `worker`: what a job worker does, which takes a
 * core. `laboratory`: the same for analysts, who wait rather than hold up who runs the place (`room.ts`). `programs`: what
 * users write, in a worker of their own, at most so many at once as the settings say. `server`: slices
 * of work in our own files and databases, which only the server may write. `outward`: what waits for somebody else's machine
 * most of the time, and nobody is to wait for that. `deploy`: what the redeployer does, which waits for nobody.
 */
export const LANES = { worker: 1, laboratory: 2, programs: 16, server: 1, outward: 1, deploy: 1 } as const
export type Lane = keyof typeof LANES

/** One kind of long work, whatever does it. */
export interface JobKind {
  name: string
  /** For people: stands before "of device/camera". */
  title: string
  lane: Lane
  /** From its begin; what takes longer ends as `timeout`. Less than 24 days. */
  timeLimitMs: number
  /** How often it is tried where the machine is at fault: a full disk, a worker that was killed. */
  attempts: number
  /** The part of the server whose log has its lines too. */
  component: Component
  /** What a schedule may say of its jobs; null: it is nothing to be done again and again. */
  scheduled: TObject | null
  /**
   * Somebody else does it, whatever becomes of this server, and logs it: its ends are not held against the job, it cannot
   * be cancelled here, and the server's log tells only that it failed.
   */
  isFollowed?: true
  /** Many come in a day, for their users alone: a list of all jobs leaves them out, and is not swamped by them. */
  isPassing?: true
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const strict = { additionalProperties: false }

/** Every kind of job. Each has exactly one handler, which `app.ts` hands in: the start fails otherwise. */
export const JOB_KINDS: readonly JobKind[] = [
  {
    name: 'training',
    title: 'training',
    lane: 'worker',
    timeLimitMs: 20 * MINUTE,
    attempts: 4,
    component: 'training',
    scheduled: Type.Object(TrainingParams, strict),
  },
  {
    name: 'import',
    title: 'import of labelled pictures or readings',
    lane: 'worker',
    timeLimitMs: 4 * HOUR,
    attempts: 10,
    component: 'training',
    scheduled: null,
  },
  {
    name: 'embedding',
    title: 'embedding',
    lane: 'worker',
    timeLimitMs: HOUR,
    attempts: 4,
    component: 'training',
    scheduled: null,
  },
  {
    name: 'deletion',
    title: 'deletion',
    lane: 'server',
    timeLimitMs: 6 * HOUR,
    attempts: 10,
    component: 'devices',
    scheduled: null,
  },
  {
    name: 'purge',
    title: 'purge',
    lane: 'server',
    timeLimitMs: 6 * HOUR,
    attempts: 10,
    component: 'devices',
    scheduled: null,
  },
  {
    name: 'influx_backfill',
    title: 'backfill of InfluxDB',
    lane: 'outward',
    timeLimitMs: 20 * 24 * HOUR,
    attempts: 10,
    component: 'influx',
    scheduled: null,
  },
  {
    name: 'redeploy',
    title: 'redeploy',
    lane: 'deploy',
    // The redeployer has limits of its own for each step.
    timeLimitMs: 24 * HOUR,
    attempts: 10,
    component: 'releases',
    scheduled: null,
    isFollowed: true,
  },
  {
    name: 'operation',
    title: 'operation',
    lane: 'laboratory',
    timeLimitMs: HOUR,
    attempts: 4,
    component: 'laboratory',
    scheduled: null,
  },
  {
    name: 'task',
    title: 'task',
    lane: 'laboratory',
    timeLimitMs: HOUR,
    attempts: 4,
    component: 'laboratory',
    scheduled: TaskParams,
  },
  {
    name: 'program',
    title: 'program',
    lane: 'programs',
    timeLimitMs: 10 * MINUTE,
    // What a program did before its worker ended is done: its user is told, and runs it again.
    attempts: 1,
    component: 'programs',
    scheduled: null,
    isPassing: true,
  },
  {
    name: 'backup',
    title: 'backup',
    lane: 'worker',
    timeLimitMs: 12 * HOUR,
    attempts: 6,
    component: 'jobs',
    scheduled: null,
  },
]
