import { until } from '../../journeys/system.ts'
import { type Downtime, downtime } from './downtime.ts'
import { jobEnd, judgeData, judgeEnd, judgeRequests, judgeStanding } from './judge-redeploy.ts'
import type { Stage } from './stage.ts'
import { logOf, type RunFile, runFiles, standing } from './standing.ts'

/** A redeploy and how it has to end. */
export interface Story {
  name: string
  /** Asks for it, and does to it whatever happens meanwhile. Resolves when it was asked for. */
  play(stage: Stage): Promise<void>
  /** Whether its release runs, or could not be tried, or was tried; several where chance decides; `nothing`: none is begun. */
  ends: RunFile['state'] | RunFile['state'][] | 'nothing'
  /** Why it is not kept. */
  code?: string
  /** What is said of the release in the end: of one that is no good `bad`. */
  word?: 'good' | 'bad'
  /** Nobody can poll a machine that is off. */
  powerFails?: boolean
  /** Puts back what it changed. @returns promises that were broken, in words */
  afterwards?(stage: Stage): Promise<string[]>
}

export interface Report {
  name: string
  /** How it ended, and why. */
  outcome: string
  /** Null where nobody polled. */
  seen: Downtime | null
  /** Every promise that was broken, in words. */
  broken: string[]
  /** What the redeployer said, where a promise was broken. */
  log: string
}

const END_LIMIT_MS = 120_000

/** Plays a story while frames are published and the server is polled, and holds what is there then against what has to be. */
export async function play(stage: Stage, story: Story): Promise<Report> {
  const { server, traffic } = stage
  const known = new Set((await runFiles(server)).map(({ job }) => job))
  const before = (await standing(server)).current
  if (story.powerFails) traffic.publish()
  else traffic.begin()
  const trouble = await story.play(stage).then(
    () => [],
    (error: Error) => [error.message],
  )
  const mayBeNone = story.ends === 'nothing' || trouble.length > 0
  const ended = until(async () => {
    const now = (await runFiles(server)).filter(({ job }) => !known.has(job))
    const isOver = now.every(({ state }) => state !== 'running') && (mayBeNone || now.length > 0)
    return isOver ? now : null
  }, END_LIMIT_MS)
  const runs = await ended.catch(async (error) => {
    await traffic.end() // the next story begins its own
    throw error
  })
  const [run] = runs
  const job = run ? await jobEnd(server, run) : null
  await until(() => server.isReady(), END_LIMIT_MS)
  const asked = await traffic.end()
  const seen = story.powerFails ? null : downtime(asked)
  const broken = [
    ...trouble,
    ...((await story.afterwards?.(stage)) ?? []),
    ...judgeEnd(story, runs, job),
    ...(await judgeStanding(stage, { story, run, before })),
    ...(await judgeData(stage)),
    ...judgeRequests(seen),
  ]
  const outcome = run ? [run.state, run.code].filter(Boolean).join(': ') : 'nothing'
  return { name: story.name, outcome, seen, broken, log: run && broken.length > 0 ? await logOf(server, run.job) : '' }
}
