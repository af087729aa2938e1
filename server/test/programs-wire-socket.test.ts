import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import type { Message } from '../src/programs/program.ts'
import { A_PROGRAM, ProgramsWire } from './programs-wire-world.ts'

/** Programs over a WebSocket, as a later client has them run. */

const EXECUTE = { action: 'execute', data: A_PROGRAM }
const line = (data: string, type: Message['type'] = 'stdout', ref?: string): Message =>
  ref === undefined ? { type, data } : { type, data, ref }

let world: ProgramsWire
beforeAll(async () => {
  world = await ProgramsWire.start(afterFile, { AJAR_PROGRAMS_PER_USER: '1000', AJAR_PROGRAMS_WAITING: '1000' })
})

type How = Parameters<ProgramsWire['socket']>[0]

function open(how: How = {}, path?: string) {
  const listener = world.socket(how, path)
  onTestFinished(() => void listener.socket.terminate())
  return listener
}

/** A run that goes on, and who listens to it. */
async function begun(how?: How) {
  const listener = open(how)
  await listener.send(EXECUTE)
  const [{ identifier }] = await listener.until(1)
  return { listener, identifier: String(identifier) }
}

const END = { isSuccess: true, status: 0, messages: [] }

test.each(['/run_program/ws', '/run_program/ws/'])(
  '%s tells the run first, then what it says as it comes',
  async (path) => {
    const listener = open({}, path)
    await listener.send(EXECUTE)
    const [first] = await listener.until(1)
    expect(first).toEqual({
      ...{ identifier: expect.any(String), output: [], status: 0, completed: false, message: 'PENDING' },
    })
    await world.runs.say(first.identifier, [line('python3 main.py', 'console'), line('1')])
    await listener.until(2)
    await world.runs.say(first.identifier, [line('oh', 'stderr')])
    await listener.until(3)
    await world.runs.end(first.identifier, { isSuccess: false, status: 3, messages: [line('end', 'internal_error')] })
    expect((await listener.until('completed')).slice(1)).toEqual([
      {
        output: [
          { type: 'console', data: 'python3 main.py' },
          { type: 'stdout', data: '1' },
        ],
        ...{ status: 0, completed: false, message: 'PENDING' },
      },
      { output: [{ type: 'stderr', data: 'oh' }], status: 0, completed: false, message: 'PENDING' },
      { output: [{ type: 'internal_error', data: 'end' }], status: 3, completed: true, message: 'FAILURE' },
    ])
  },
)

test('lines of one case of a lab come together, with its number; the result belongs to none', async () => {
  const { listener, identifier } = await begun()
  const data = { success: true, cases: {} }
  await world.runs.say(identifier, [
    ...[line('gcc', 'console'), line('a', 'stdout', '0'), line('b', 'stdout', '0'), line('c', 'stdout', '1')],
    line(JSON.stringify(data), 'lab'),
  ])
  await world.runs.end(identifier, { ...END, messages: [line('d', 'stdout', '1')] })
  const frames = await listener.until('completed')
  expect(
    frames.slice(1).map(({ ref, output, completed }) => [ref, output.map((one: Message) => one.data), completed]),
  ).toEqual([
    [undefined, ['gcc'], false],
    ['0', ['a', 'b'], false],
    ['1', ['c'], false],
    [undefined, [data], false],
    ['1', ['d'], false],
    [undefined, [], true],
  ])
})

test('every line comes once, in order, however many there are', async () => {
  const { listener, identifier } = await begun()
  for (let i = 0; i < 12; i += 1)
    await world.runs.say(
      identifier,
      Array.from({ length: 1000 }, (_, n) => line(`${i * 1000 + n}`)),
    )
  await world.runs.end(identifier, END)
  const frames = await listener.until('completed')
  const lines = frames.flatMap(({ output }) => output.map(({ data }: Message) => data))
  expect(lines).toEqual(Array.from({ length: 12_000 }, (_, n) => String(n)))
  expect(frames.filter(({ completed }) => completed)).toHaveLength(1)
})

test('one socket has one program run after the other', async () => {
  const { listener, identifier } = await begun()
  await world.runs.end(identifier, END)
  await listener.until('completed')
  const had = listener.frames.length
  await listener.send(EXECUTE)
  const next = (await listener.until(had + 1)).at(-1)
  expect(next.identifier).not.toBe(identifier)
  await listener.send(EXECUTE) // while it runs: whose output would be whose?
  expect(await listener.closed).toMatchObject({ code: 1008 })
  expect(await world.poll(next.identifier)).toMatchObject({ message: 'PENDING' })
})

test('a run goes on without its socket, and is read on over HTTP', async () => {
  const { listener, identifier } = await begun()
  await world.runs.say(identifier, [line('1')])
  await listener.until(2)
  listener.socket.terminate()
  await world.runs.end(identifier, { ...END, messages: [line('2')] })
  expect(await world.poll(identifier, 1)).toMatchObject({ output: [{ msg: line('2') }], completed: true })
})

test('a run that is ended over HTTP ends here, too', async () => {
  const { listener, identifier } = await begun()
  expect((await world.call('DELETE', `/api/programs/runs/${identifier}`)).status).toBe(204)
  expect((await listener.until('completed')).at(-1)).toMatchObject({ status: 130, message: 'FAILURE' })
})

describe('what is refused is told as something that has ended', () => {
  test.each([
    ['no JSON', '{"action"', /no JSON/],
    ['too deep', '['.repeat(1000), /within each other/],
    ['another action', { action: 'stop' }, /one action/],
    ['nothing', 'null', /one action/],
    ['a bad program', { action: 'execute', data: { ...A_PROGRAM, mode: 'go' } }, /"go" is no mode/],
    ['no program', { action: 'execute' }, /no object/],
    [
      '50,001 characters',
      { action: 'execute', data: { ...A_PROGRAM, files: [{ basename: 'a.py', contents: 'x'.repeat(50_001) }] } },
      /50001/,
    ],
  ])('%s', async (_, message, why) => {
    const listener = open()
    await listener.send(message)
    const [frame] = await listener.until(1)
    expect(frame).toEqual({
      ...{ identifier: '', status: 1, completed: true, message: expect.stringMatching(why) },
      output: [{ type: 'internal_error', data: frame.message }],
    })
    await listener.send(EXECUTE)
    expect((await listener.until(2)).at(-1).identifier).not.toBe('')
  })

  test('programs where they are off', async () => {
    world.off = 'no bubblewrap'
    const listener = open()
    await listener.send(EXECUTE)
    const [frame] = await listener.until(1)
    world.off = null
    expect(frame).toMatchObject({ identifier: '', message: 'no bubblewrap' })
  })

  test('too long a message ends the connection', async () => {
    const listener = open()
    await listener.send(' '.repeat(2 * 1024 * 1024 + 1))
    expect(await listener.closed).toMatchObject({ code: 1009 })
  })
})

describe('who may', () => {
  test.each([
    ['nobody', { token: null }, 401, 'unauthenticated'],
    ['a wrong token', { token: 'wrong' }, 401, 'unauthenticated'],
    ['a viewer', { token: 'viewer' }, 403, 'forbidden'],
    ['a page of another server, token or not', { headers: { origin: 'https://evil.example' } }, 403, 'cross_origin'],
    [
      'a page of another server with the cookie of the console',
      { token: null, headers: { cookie: 'ajar_session=ann', origin: 'https://evil.example' } },
      403,
      'cross_origin',
    ],
    [
      'a cookie that no page of ours shows',
      { token: null, headers: { cookie: 'ajar_session=ann' } },
      401,
      'unauthenticated',
    ],
  ])('not %s', async (_, how, status, code) => {
    expect(await open(how as How).closed).toMatchObject({ status, body: { error: { code } } })
  })

  test('a page of the console, with its cookie', async () => {
    const { identifier } = await begun({ token: null, headers: { cookie: 'ajar_session=ann', origin: world.url } })
    expect(await world.poll(identifier)).toMatchObject({ message: 'PENDING' })
    expect(await world.poll(identifier, 0, { token: 'bob' })).toMatchObject({ message: 'FAILURE' })
  })

  test('nobody any more whose token was taken away, also while a program runs', async () => {
    const { listener, identifier } = await begun({ token: 'bob' })
    const other = open({ token: 'bob' })
    await other.send({ action: 'x' })
    await other.until(1)
    world.revoked.add('bob')
    await world.runs.say(identifier, [line('secret')])
    expect(await listener.closed).toMatchObject({ code: 1008 })
    await other.send(EXECUTE)
    expect((await other.until(2)).at(-1)).toMatchObject({ identifier: '', message: expect.stringMatching(/token/) })
    world.revoked.delete('bob')
    expect(listener.frames).toHaveLength(1)
  })

  test('one account has 20 of them at most, and gets another when one is closed', async () => {
    const many = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const listener = open({ token: 'root' })
        await listener.send({ action: 'x' })
        await listener.until(1)
        return listener
      }),
    )
    expect(await open({ token: 'root' }).closed).toMatchObject({
      status: 429,
      body: { error: { code: 'too_many_sockets' } },
    })
    await begun({ token: 'ann' })
    const [first] = many
    first?.socket.close()
    await first?.closed
    for (;;) {
      const again = open({ token: 'root' })
      const isOpen = await Promise.race([again.closed.then(() => false), again.send(EXECUTE).then(() => true)])
      if (isOpen) break
    }
  })
})
