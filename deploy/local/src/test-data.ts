import { renderDoor } from '@ajar/edge-agent'
import { Api } from './api.ts'
import type { RunningAddress } from './running.ts'

/** What the laboratory is tried with: known to clients of the older server, whose sample data had the same names. */
export const TEST_USER = { name: 'test_user', password: 'test_pass', token: '123456789abcdefg' }

const WIDTH = 320
const HEIGHT = 180
const SEED = 9
/** Any time will do that is always the same: so are the pictures then, and what was uploaded is not uploaded again. */
const FIRST = Date.UTC(2026, 0, 5, 12)
const POLL_MS = 1000

interface Entry {
  type: 'image'
  source: 'datalab'
  basename: string
}

interface Operation {
  id: number
  name: string
  status: 'PENDING' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  message: string
}

interface Session {
  id: number
  operations: Operation[]
}

interface Planned {
  name: string
  pictures: string[]
  /** Of each the input data, of the pictures of the session. */
  operations: Record<string, (pictures: Entry[]) => object>
}

const CLOSED = ['closed-1', 'closed-2', 'closed-3', 'closed-4', 'closed-5']
const OPEN = ['open-1', 'open-2']

/** The sessions that there are in the end. */
export const SESSIONS: Planned[] = [
  {
    name: 'Test session: a closed door',
    pictures: CLOSED,
    operations: {
      Median: (input_files) => ({ input_files }),
      Stacking: (input_files) => ({ input_files }),
    },
  },
  {
    name: 'Test session: what opened',
    pictures: [...OPEN, CLOSED[0] as string],
    operations: {
      Subtraction: (pictures) => ({ input_files: pictures.slice(0, 2), subtraction_file: pictures.slice(2) }),
      Normalization: (pictures) => ({ input_files: pictures.slice(0, 2) }),
    },
  },
]

export interface PopulateOptions {
  /** Told of each thing that was made. */
  say(line: string): void
  /** So long operations may take in all. */
  limitMs: number
}

/**
 * Makes the test user, and sessions with operations, in a running server that has no other users; what is there already stays as it is.
 * @returns whether anything was made
 * @throws Error in words for whoever typed the command
 */
export async function populate(server: RunningAddress, { say, limitMs }: PopulateOptions): Promise<boolean> {
  const admin = new Api(server.address, server.token)
  const { items: users } = await admin.get<{ items: { name: string }[] }>('/api/users')
  const others = users.map(({ name }) => name).filter((name) => name !== TEST_USER.name)
  if (others.length > 0)
    throw new Error(
      `${others.join(', ')} ${others.length === 1 ? 'is' : 'are'} there: test data has a password that everybody knows, and goes ` +
        'into a server without users of its own only. Nothing was changed',
    )
  let made = await makeUser(admin, users.length > 0, say)
  const user = new Api(server.address, TEST_USER.token)
  const ids: number[] = []
  for (const planned of SESSIONS) {
    const { id, changed } = await makeSession(user, planned, say)
    ids.push(id)
    made = changed || made
  }
  await completed(user, ids, limitMs)
  return made
}

async function makeUser(admin: Api, isThere: boolean, say: (line: string) => void): Promise<boolean> {
  const { name, password, token } = TEST_USER
  if (!isThere) {
    await admin.send('POST', '/api/users', { name, password, role: 'analyst' })
    say(`made the user ${name} with the password ${password}`)
  }
  const { items } = await admin.get<{ items: { user: string | null; name: string }[] }>('/api/tokens')
  if (items.some((one) => one.user === name && one.name === 'test data')) return !isThere
  await admin.send('POST', '/api/tokens', { name: 'test data', user: name, token })
  say(`made the token ${token} of ${name}`)
  return true
}

async function makeSession(user: Api, planned: Planned, say: (line: string) => void) {
  const query = `name_exact=${encodeURIComponent(planned.name)}&user_exact=${TEST_USER.name}`
  const { results } = await user.get<{ results: Session[] }>(`/api/datasessions/?${query}`)
  const pictures: Entry[] = []
  const [there] = results
  const missing = Object.entries(planned.operations).filter(
    ([name]) => !there?.operations.some((operation) => operation.name === name),
  )
  if (there && missing.length === 0) return { id: there.id, changed: false }
  for (const name of planned.pictures) pictures.push(await upload(user, name))
  const session =
    there ?? (await user.send<Session>('POST', '/api/datasessions/', { name: planned.name, input_data: pictures }))
  if (!there) say(`made the data session ${session.id}, ${planned.name}, with ${pictures.length} pictures`)
  for (const [name, inputs] of missing) {
    await user.send('POST', `/api/datasessions/${session.id}/operations/`, { name, input_data: inputs(pictures) })
    say(`asked for ${name} in it`)
  }
  return { id: session.id, changed: true }
}

/** The same bytes are the same file, however often they are sent. */
async function upload(user: Api, name: string): Promise<Entry> {
  const [state, number] = name.split('-') as ['open' | 'closed', string]
  const atMs = FIRST + Number(number) * 60_000
  const jpeg = await renderDoor({ seed: SEED, atMs, state, width: WIDTH, height: HEIGHT })
  const { basename } = await user.sendJpeg<{ basename: string }>(`/api/laboratory/uploads?name=test-${name}.jpg`, jpeg)
  return { type: 'image', source: 'datalab', basename }
}

/** Waits until all operations of the sessions have ended well. */
async function completed(user: Api, sessions: number[], limitMs: number): Promise<void> {
  for (const end = performance.now() + limitMs; ; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    const all: Operation[] = []
    for (const id of sessions) all.push(...(await user.get<Session>(`/api/datasessions/${id}/`)).operations)
    const failed = all.find(({ status }) => status === 'FAILED')
    if (failed) throw new Error(`${failed.name} failed: ${failed.message}`)
    const waiting = all.filter(({ status }) => status !== 'COMPLETED')
    if (waiting.length === 0) return
    if (performance.now() > end)
      throw new Error(
        `${waiting.map(({ name }) => name).join(', ')}: not done after ${Math.round(limitMs / 1000)} s, is a job worker there? ` +
          'Run this again later: it goes on where it is',
      )
  }
}
