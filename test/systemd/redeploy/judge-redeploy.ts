import type { Job } from '@ajar/local'
import { until } from '../../journeys/system.ts'
import type { InstalledServer } from '../installed-server.ts'
import type { Downtime } from './downtime.ts'
import type { Story } from './play.ts'
import { CAMERA, type CameraState, type Stage } from './stage.ts'
import { type RunFile, standing, wordOf } from './standing.ts'

/** What has to hold when a story is over. Each tells the promises that were broken, in words. */

const JOB_LIMIT_MS = 60_000
const MOST_TOLD = 10

/** The job as the server tells of it in the end; null where nobody asked for it over HTTP. */
export async function jobEnd({ api }: InstalledServer, run: RunFile): Promise<Job | null> {
  const { job } = await until(async () => {
    const job = await api.get<Job>(`/api/jobs/${run.job}`).catch((error: { status?: number }) => error.status ?? null)
    if (job === 404) return { job: null }
    if (job === null || typeof job === 'number') return null
    return job.state === 'queued' || job.state === 'running' ? null : { job }
  }, JOB_LIMIT_MS)
  return job
}

export function judgeEnd({ ends, code }: Story, runs: RunFile[], job: Job | null): string[] {
  if (ends === 'nothing') return runs.map((run) => `a redeploy was begun: ${run.state}, ${run.message}`)
  const [run] = runs
  if (!run) return ['nothing was begun']
  const broken: string[] = []
  const demand = (holds: boolean, text: string) => holds || broken.push(text)
  demand(runs.length === 1 || run.state === 'refused', `${runs.length} redeploys were begun`)
  for (const one of runs) {
    demand([ends].flat().includes(one.state), `it ended as ${one.state}, not as ${ends}: ${one.message}`)
    demand(code === undefined || one.code === code, `its code is ${one.code}, not ${code}: ${one.message}`)
  }
  if (job === null) return broken
  const wanted = run.state === 'kept' ? 'done' : 'failed'
  demand(job.state === wanted, `its job is ${job.state}, not ${wanted}: ${job.error?.message}`)
  demand(!job.error || job.error.code === run.code, `the code of its job is ${job.error?.code}, not ${run.code}`)
  return broken
}

export interface Played {
  story: Story
  run: RunFile | undefined
  /** The release that ran before. */
  before: string
}

/** The right release runs, and all who could tell agree. */
export async function judgeStanding({ server, machine }: Stage, { story, run, before }: Played): Promise<string[]> {
  const isKept = run?.state === 'kept'
  const release = isKept ? run.release : before
  const { isPending, ...told } = await standing(server)
  const broken = Object.entries(told)
    .filter(([, tells]) => tells !== release)
    .map(([who, tells]) => `${who}: ${tells} instead of ${release}`)
  if (isPending) broken.push('a switch is still under way')
  if (isKept && release === before) broken.push('no other release runs than before')
  if (story.word !== undefined && run?.release) {
    const word = await wordOf(server, run.release)
    if (word !== story.word) broken.push(`${run.release} is said to be ${word}, not ${story.word}`)
  }
  const failed = await machine.shell("systemctl list-units --state=failed --plain --no-legend 'ajar-*'")
  if (failed !== '') broken.push(`units that gave up: ${failed}`)
  return broken
}

/** What was there before is as it was, and what was acknowledged meanwhile is there once. */
export async function judgeData({ server, traffic, cameraState }: Stage): Promise<string[]> {
  const now = await server.api.get<CameraState>(`/api/cameras/${CAMERA}/state`)
  const keys = ['state', 'since', 'model'] as const
  const changed = keys.filter((key) => now[key] !== cameraState[key])
  const { broken } = await traffic.verdict()
  return [
    ...changed.map((key) => `${CAMERA}: ${key} is ${now[key]}, not ${cameraState[key]}`),
    ...broken.slice(0, MOST_TOLD),
  ]
}

/** Nobody finds nobody there, and at most 1 of 500 is lost with the process that was about to answer it. */
export function judgeRequests(seen: Downtime | null): string[] {
  if (seen === null) return []
  const broken: string[] = []
  if (seen.refused > 0) broken.push(`${seen.refused} of ${seen.requests} requests were refused`)
  if (seen.cut > Math.ceil(seen.requests / 500)) broken.push(`${seen.cut} of ${seen.requests} requests were cut off`)
  return broken
}
