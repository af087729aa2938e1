import { readdirSync } from 'node:fs'
import { Api } from '@ajar/local'
import { System, until } from './system.ts'

/** Two accounts ask for many runs and for a few at once. In which order did they begin, and how many were there at a time? */

export interface FairOptions {
  /** Runs of who asks first and for many, and of who asks for a few then. */
  many: number
  few: number
  /** How many may run at a time. */
  atOnce: number
  /** Told where boxes do not hold on this machine: nothing is run then. */
  onUnavailable(reason: string): void
}

export interface FairReport {
  runs: number
  /** What who asks for one more than it may is told. */
  refused: string
  /** The most boxes that there were at any time. */
  mostBoxes: number
  /** Runs of many that began after the few were asked for, and before the last of those. */
  before: number
  /** Promises that were not held, each in words. */
  broken: string[]
}

interface Output {
  completed: boolean
  status: number
  message: string
  output: { msg: { type: string; data: string } }[]
}

const PASSWORD = 'a-password-of-the-journeys'
const PATIENCE_MS = 1_200_000
const BODY = {
  files: [{ basename: 'main.sh', contents: 'sleep 0.2\necho hello\n' }],
  mode: 'run',
  name: 'fair',
  lab: false,
}

export async function fair({ many, few, atOnce, onUnavailable }: FairOptions): Promise<FairReport> {
  const system = await System.start({
    AJAR_PROGRAMS_AT_ONCE: String(atOnce),
    AJAR_PROGRAMS_PER_USER: String(many),
    AJAR_PROGRAMS_WAITING: String(2 * (many + few)),
  })
  try {
    const { available, reason } = await system.api.get<{ available: boolean; reason: string | null }>(
      '/api/programs/languages',
    )
    if (!available) onUnavailable(String(reason))
    const [greedy, modest] = [await person(system, 'greedy'), await person(system, 'modest')]
    const boxes = watchBoxes(await workerOf(system))
    try {
      const { ids: first, refused } = await askUntilRefused(greedy, many)
      const second = (await Promise.all(Array.from({ length: few }, () => ask(modest)))).map(idOf)
      const ended = [...(await ends(greedy, first)), ...(await ends(modest, second))]
      await until(() => boxes.now() === 0)
      const report = { runs: ended.length, refused, mostBoxes: boxes.most(), before: await begunBefore(system) }
      const broken = [...ended.flatMap(wrongWith), ...wrongOrder(report, few, atOnce)]
      return { ...report, broken }
    } finally {
      boxes.end()
    }
  } finally {
    await system.close()
  }
}

async function person(system: System, name: string): Promise<Api> {
  await system.api.send('POST', '/api/users', { name, password: PASSWORD, role: 'analyst' })
  const { token } = await system.api.send<{ token: string }>('POST', '/api/sessions', { name, password: PASSWORD })
  return new Api(system.server, token)
}

async function workerOf({ api }: System): Promise<number> {
  const { items } = await api.get<{ items: { name: string; pid: number }[] }>('/api/processes')
  return items.find(({ name }) => name === 'programs')?.pid ?? 0
}

const ask = (api: Api) => api.send<{ identifier: string; message: string }>('POST', '/run_program/', BODY)

function idOf({ identifier, message }: { identifier: string; message: string }): string {
  if (identifier === '') throw new Error(message)
  return identifier
}

/** Some end while it asks: then as many more are asked for. */
async function askUntilRefused(api: Api, many: number) {
  const ids: string[] = []
  for (;;) {
    const answers = await Promise.all(Array.from({ length: many + 1 }, () => ask(api)))
    const refusals = answers.filter(({ identifier }) => identifier === '').map(({ message }) => message)
    ids.push(...answers.map(({ identifier }) => identifier).filter((id) => id !== ''))
    const [refused] = refusals
    if (refused !== undefined) return { ids, refused }
  }
}

/** How each of them has ended, once it has. */
async function ends(api: Api, ids: string[]): Promise<Output[]> {
  const found: Output[] = []
  for (const identifier of ids)
    found.push(
      await until(async () => {
        const answer = await api.send<Output>('POST', '/check_output/', { identifier, read: 0 })
        return answer.completed && answer
      }, PATIENCE_MS),
    )
  return found
}

function wrongWith({ status, message, output }: Output): string[] {
  const said = output.filter(({ msg }) => msg.type !== 'console').map(({ msg }) => `${msg.type} ${msg.data}`)
  const came = `${status} ${message} ${said.join('; ')}`
  return came === '0 SUCCESS stdout hello' ? [] : [`a run came to ${came}`]
}

/** Of who asked for many: what began when all of the few were asked for, and the last of those had not begun. */
async function begunBefore({ api }: System): Promise<number> {
  const jobs: { owner: string | null; createdAt: string; startedAt: string | null }[] = []
  for (let next: string | null = ''; next !== null; ) {
    const page: { items: typeof jobs; next: string | null } = await api.get(
      `/api/jobs?kind=program&limit=500${next ? `&cursor=${encodeURIComponent(next)}` : ''}`,
    )
    jobs.push(...page.items)
    next = page.next
  }
  const few = jobs.filter(({ owner }) => owner === 'modest')
  const from = Math.max(...few.map(({ createdAt }) => Date.parse(createdAt)))
  const to = Math.max(...few.map(({ startedAt }) => Date.parse(startedAt ?? '')))
  const begun = jobs.filter(({ owner }) => owner === 'greedy').map(({ startedAt }) => Date.parse(startedAt ?? ''))
  return begun.filter((at) => at > from && at < to).length
}

/** They take turns: for each of the few one of the many, and as many as run already. */
function wrongOrder({ before, mostBoxes }: Pick<FairReport, 'before' | 'mostBoxes'>, few: number, atOnce: number) {
  return [
    ...(before > few + atOnce ? [`${before} of many began before the last of ${few}`] : []),
    ...(mostBoxes > atOnce ? [`there were ${mostBoxes} boxes at a time`] : []),
    ...(mostBoxes === 0 ? ['there was no box'] : []),
  ]
}

/** Cgroups of boxes that a worker has, as they come and go. */
function watchBoxes(worker: number) {
  let [most, now] = [0, 0]
  const timer = setInterval(() => {
    now = boxesIn('/sys/fs/cgroup', worker, 6)
    most = Math.max(most, now)
  }, 50)
  return { most: () => most, now: () => now, end: () => clearInterval(timer) }
}

/** In that hierarchy which has most of them: of version 1 there are several. */
function boxesIn(folder: string, worker: number, depth: number): number {
  const entries = foldersIn(folder)
  const own = entries.filter((name) => name.startsWith(`ajar-box-${worker}-`)).length
  const below = depth > 1 ? entries.map((name) => boxesIn(`${folder}/${name}`, worker, depth - 1)) : []
  return Math.max(own, ...below)
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return [] // it went meanwhile
  }
}
