import { readdirSync } from 'node:fs'
import { Api } from '@ajar/local'
import { expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../setup/needs.ts'
import { System, until } from './system.ts'

interface Output {
  completed: boolean
  status: number
  message: string
  output: { msg: { type: string; data: string } }[]
}

const PASSWORD = 'a-password-of-the-journeys'
const [AT_ONCE, MANY, FEW] = [2, 40, 10]

test('50 runs at once: no more run than may, who asked for ten is not behind who asked for forty, and what is too much is told', {
  timeout: 180_000,
}, async (context) => {
  needsProgram('bwrap', 'bubblewrap', context)
  const system = await System.start({
    AJAR_PROGRAMS_AT_ONCE: String(AT_ONCE),
    AJAR_PROGRAMS_PER_USER: String(MANY),
    AJAR_PROGRAMS_WAITING: '60',
  })
  onTestFinished(() => system.close())
  const greedy = await person(system, 'greedy')
  const modest = await person(system, 'modest')
  // As many boxes as there are at any time, looked for all the while.
  const boxes = watchBoxes()
  onTestFinished(async () => void boxes.end())
  const first = await Promise.all(Array.from({ length: MANY }, () => ask(greedy)))
  const [refused] = await Promise.all([ask(greedy)])
  expect(refused).toMatchObject({
    identifier: '',
    message: expect.stringMatching(/busy|may wait|at a time|later|already/i),
  })
  const second = await Promise.all(Array.from({ length: FEW }, () => ask(modest)))
  const ids = { greedy: first.map(({ identifier }) => identifier), modest: second.map(({ identifier }) => identifier) }
  expect([...ids.greedy, ...ids.modest].filter((id) => id === '')).toEqual([])
  await until(async () => (await states(modest, ids.modest)).every(({ completed }) => completed), 120_000)
  // They took turns: the forty cannot be done by then.
  const rest = (await states(greedy, ids.greedy)).filter(({ completed }) => !completed)
  expect(rest.length).toBeGreaterThan(MANY / 3)
  const all = await until(async () => {
    const list = [...(await states(greedy, ids.greedy)), ...(await states(modest, ids.modest))]
    return list.every(({ completed }) => completed) && list
  }, 150_000)
  for (const { status, message, output } of all) {
    expect({ status, message }).toEqual({ status: 0, message: 'SUCCESS' })
    expect(output.filter(({ msg }) => msg.type === 'stdout').map(({ msg }) => msg.data)).toEqual(['hello'])
  }
  expect(boxes.most()).toBeGreaterThan(0)
  expect(boxes.most()).toBeLessThanOrEqual(AT_ONCE)
  await until(() => boxes.now() === 0)
})

async function person(system: System, name: string): Promise<Api> {
  await system.api.send('POST', '/api/users', { name, password: PASSWORD, role: 'analyst' })
  const { token } = await system.api.send<{ token: string }>('POST', '/api/sessions', { name, password: PASSWORD })
  return new Api(system.server, token)
}

const BODY = {
  files: [{ basename: 'main.sh', contents: 'sleep 0.2\necho hello\n' }],
  mode: 'run',
  name: 'fair',
  lab: false,
}
const ask = (api: Api) => api.send<{ identifier: string; message: string }>('POST', '/run_program/', BODY)

const states = (api: Api, ids: string[]) =>
  Promise.all(ids.map((identifier) => api.send<Output>('POST', '/check_output/', { identifier, read: 0 })))

/** Cgroups of boxes that this test's worker has: others run theirs beside it, so the most of any one process counts. */
function watchBoxes() {
  let [most, now] = [0, 0]
  const timer = setInterval(() => {
    const counts = new Map<string, number>()
    for (const name of boxNames('/sys/fs/cgroup/pids', 4)) {
      const pid = name.split('-')[2] ?? ''
      counts.set(pid, (counts.get(pid) ?? 0) + 1)
    }
    now = Math.max(0, ...counts.values())
    most = Math.max(most, now)
  }, 50)
  return { most: () => most, now: () => now, end: () => clearInterval(timer) }
}

function boxNames(folder: string, depth: number): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => [
        ...(name.startsWith('ajar-box-') ? [name] : []),
        ...(depth > 1 ? boxNames(`${folder}/${name}`, depth - 1) : []),
      ])
  } catch {
    return []
  }
}
