import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import type { Message } from '../src/programs/program.ts'
import { A_PROGRAM, ProgramsWire } from './programs-wire-world.ts'

/** Programs over HTTP, line by line as the older client knows them. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const line = (data: string, type: Message['type'] = 'stdout', ref?: string): Message =>
  ref === undefined ? { type, data } : { type, data, ref }
const PENDING = { status: 0, completed: false, message: 'PENDING' }

let world: ProgramsWire
beforeAll(async () => {
  world = await ProgramsWire.start(afterFile, { AJAR_PROGRAMS_PER_USER: '1000', AJAR_PROGRAMS_WAITING: '1000' })
})

describe('both forms of each path', () => {
  test.each(['', '/'])('with %j at the end', async (slash) => {
    const asked = await world.call('POST', `/run_program${slash}`, A_PROGRAM)
    expect([asked.status, asked.body]).toEqual([200, { identifier: expect.stringMatching(UUID), message: 'Pending' }])
    const { identifier } = asked.body
    const polled = await world.call('POST', `/check_output${slash}`, { identifier, read: 0 })
    expect([polled.status, polled.body]).toEqual([200, { output: [], ...PENDING }])
    const zip = await world.call('POST', `/download${slash}`, A_PROGRAM)
    expect([zip.status, zip.headers['content-type']]).toEqual([200, 'application/zip'])
  })
})

describe('output', () => {
  test('comes in order, from the cursor on, and again as often as it is asked for', async () => {
    const id = await world.run()
    const said = [line('python3 main.py', 'console'), line('1'), line('oh', 'stderr'), line('', 'stdout')]
    await world.runs.say(id, said)
    await world.runs.end(id, { isSuccess: true, status: 0, messages: [line('bye')] })
    const shown = [...said, line('bye')].map((msg) => ({ msg }))
    for (const read of [0, 0, 2, 5, 6, 1000])
      expect(await world.poll(id, read)).toEqual({
        ...{ output: shown.slice(read), status: 0, completed: true, message: 'SUCCESS' },
      })
    const { body } = await world.call('POST', '/check_output/', { identifier: id })
    expect(body.output).toHaveLength(5)
  })

  test('of a run that failed has its exit code', async () => {
    const id = await world.run()
    await world.runs.end(id, { isSuccess: false, status: 124, messages: [line('over', 'stderr')] })
    expect(await world.poll(id)).toEqual({
      ...{ output: [{ msg: line('over', 'stderr') }], status: 124, completed: true, message: 'FAILURE' },
    })
  })

  test('of a lab says which case it belongs to, and has its result as an object', async () => {
    const id = await world.run()
    const data = { success: false, cases: { 0: { in: ['a'], out: 'x', actual: 'y', status: 'Failed' } } }
    await world.runs.say(id, [line('build', 'console'), line('y', 'stdout', '0'), line(JSON.stringify(data), 'lab')])
    const { output } = await world.poll(id)
    expect(output).toEqual([
      { msg: { type: 'console', data: 'build' } },
      { msg: { type: 'stdout', data: 'y' }, ref: '0' },
      { msg: { type: 'lab', data } },
    ])
  })

  test('is waited for a moment where there is none yet', async () => {
    const id = await world.run()
    const waiting = world.poll(id)
    await world.runs.say(id, [line('late')])
    const first = await waiting
    expect(first.output.length === 0 ? await world.poll(id) : first).toEqual({
      output: [{ msg: line('late') }],
      ...PENDING,
    })
  })

  test('of many lines comes in pages, and only the last one says that it is the last', async () => {
    const id = await world.run()
    for (let i = 0; i < 12; i += 1)
      await world.runs.say(
        id,
        Array.from({ length: 1000 }, (_, n) => line(`${i * 1000 + n}`)),
      )
    await world.runs.end(id, { isSuccess: true, status: 0, messages: [] })
    const lines: string[] = []
    const states: boolean[] = []
    for (let completed = false; !completed; ) {
      const page = await world.poll(id, lines.length)
      for (const { msg } of page.output) lines.push(msg.data)
      completed = page.completed
      states.push(completed)
    }
    expect(lines).toEqual(Array.from({ length: 12_000 }, (_, n) => String(n)))
    expect(states).toEqual([false, false, true])
  })
})

/** As the older client does it: asks again 250 ms after each answer, 200 times at most, and counts what it has got. */
async function oldClient(id: string, isLost: (request: number) => boolean = () => false) {
  const lines: string[] = []
  for (let request = 1; request <= 200; request += 1) {
    const answer = await world.poll(id, lines.length)
    if (!isLost(request)) {
      for (const { msg } of answer.output) lines.push(msg.data)
      if (answer.completed) return { lines, answer }
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('Request timed out.')
}

test.each([
  ['polls as the older one', () => false],
  ['loses every third answer', (request: number) => request % 3 === 0],
  ['loses two of three answers', (request: number) => request % 3 !== 0],
])('a client that %s has every line once, in order', async (_, isLost) => {
  const id = await world.run()
  const all: string[] = []
  const speaking = (async () => {
    for (let burst = 0; burst < 12; burst += 1) {
      const messages = Array.from({ length: 40 }, (_, n) => line(`${burst}/${n}`))
      all.push(...messages.map(({ data }) => data))
      await world.runs.say(id, messages)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await world.runs.end(id, { isSuccess: true, status: 0, messages: [] })
  })()
  const { lines, answer } = await oldClient(id, isLost)
  await speaking
  expect(lines).toEqual(all)
  expect(answer).toMatchObject({ status: 0, completed: true, message: 'SUCCESS' })
})

describe('what is refused', () => {
  test.each([
    ['nothing at all', {}, /no files/],
    ['a mode that there is not', { ...A_PROGRAM, mode: 'go' }, /"go" is no mode/],
    ['50,001 characters', { ...A_PROGRAM, files: [{ basename: 'a.py', contents: 'x'.repeat(50_001) }] }, /50001/],
    ['10,000 files', { ...A_PROGRAM, files: Array(10_000).fill(A_PROGRAM.files[0]) }, /10000 files/],
    ['a path', { ...A_PROGRAM, files: [{ basename: '../a.py', contents: '' }] }, /no name for a file/],
    ['no language', { ...A_PROGRAM, files: [{ basename: 'a.txt', contents: '' }] }, /\.py/],
    ['a switch', { ...A_PROGRAM, switches: { Compiler: ['-fplugin=x.so'] } }, /-fplugin|no switches/],
  ])('%s: with a reason, and no identifier', async (_, body, why) => {
    const { status, body: answer } = await world.call('POST', '/run_program/', body)
    expect([status, answer]).toEqual([200, { identifier: '', message: expect.stringMatching(why) }])
  })

  test('programs where they are off, with the reason', async () => {
    world.off = 'bubblewrap is missing: apt-get install bubblewrap'
    const { status, body } = await world.call('POST', '/run_program/', A_PROGRAM)
    world.off = null
    expect([status, body]).toEqual([
      200,
      { identifier: '', message: 'bubblewrap is missing: apt-get install bubblewrap' },
    ])
  })

  test('more than an account may have', async () => {
    const busy = await ProgramsWire.start(afterFile, { AJAR_PROGRAMS_PER_USER: '2' })
    await busy.run()
    const id = await busy.run()
    const { body } = await busy.call('POST', '/run_program/', A_PROGRAM)
    expect(body).toEqual({ identifier: '', message: expect.stringMatching(/2 of your programs/) })
    expect(await busy.run({ token: 'bob' })).toMatch(UUID)
    await busy.runs.end(id, { isSuccess: true, status: 0, messages: [] })
    expect(await busy.run()).toMatch(UUID)
  })

  test('what is no JSON, too deep, of too many parts, or too long', async () => {
    const { length } = '{"files":[]}'
    for (const [body, status, code] of [
      ['{"files":', 400, 'bad_program'],
      ['['.repeat(1000), 400, 'bad_program'],
      [`{"files":[${'[],'.repeat(25_000)}0]}`, 400, 'bad_program'],
      [`${' '.repeat(2 * 1024 * 1024 + 1 - length)}{"files":[]}`, 413, 'too_large'],
    ] as const) {
      const answer = await world.call('POST', '/run_program/', body)
      expect([answer.status, answer.body.identifier, answer.body.error.code]).toEqual([status, '', code])
      expect(answer.body.message).toBe(answer.body.error.message)
      if (body.includes('[],')) expect(answer.body.message).toContain('at most 25000 fields and members')
    }
  })

  test.each([{}, { identifier: 5 }, { identifier: 'x', read: -1 }, { identifier: 'x', read: '0' }, null, []])(
    'a poll of %j',
    async (body) => {
      const answer = await world.call('POST', '/check_output/', body ?? 'null')
      expect([answer.status, answer.body.identifier]).toEqual([400, ''])
    },
  )

  test('a content type counts for nothing', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'nonsense', 'application/json; charset=x']) {
      const { body } = await world.call('POST', '/run_program/', A_PROGRAM, { headers: { 'content-type': type } })
      expect(body.message).toBe('Pending')
    }
  })
})

describe('runs are read by who has them run', () => {
  const GONE = { completed: true, status: 1, message: 'FAILURE', output: [{ msg: { type: 'internal_error' } }] }

  test('and by admins; to everybody else they are as those that there are not', async () => {
    const id = await world.run()
    await world.runs.say(id, [line('mine')])
    expect((await world.poll(id)).output).toHaveLength(1)
    expect((await world.poll(id, 0, { token: 'root' })).output).toHaveLength(1)
    for (const answer of [
      await world.poll(id, 0, { token: 'bob' }),
      await world.poll('no-such-run'),
      await world.poll(''),
    ])
      expect(answer).toMatchObject(GONE)
  })

  test('who shows no token, or one of a viewer, is refused', async () => {
    const id = await world.run()
    for (const [token, status] of [
      [null, 401],
      ['wrong', 401],
      ['viewer', 403],
    ] as const)
      for (const path of ['/run_program/', '/check_output/', '/download/', `/api/programs/runs/${id}`]) {
        const answer = await world.call(path.includes('runs') ? 'DELETE' : 'POST', path, { identifier: id }, { token })
        expect([path, answer.status]).toEqual([path, status])
        expect(answer.body.error.code).toMatch(/unauthenticated|bad_token|forbidden/)
      }
  })

  test('and ended by them', async () => {
    const id = await world.run()
    const path = `/api/programs/runs/${id}`
    expect((await world.call('DELETE', path, undefined, { token: 'bob' })).status).toBe(404)
    expect(await world.poll(id)).toMatchObject(PENDING)
    expect((await world.call('DELETE', path)).status).toBe(204)
    expect(await world.poll(id)).toMatchObject({ completed: true, message: 'FAILURE', status: 130 })
    expect((await world.call('DELETE', path)).status).toBe(204)
    expect((await world.call('DELETE', '/api/programs/runs/none')).status).toBe(404)
  })
})

test('what bounds programs is told to the console', async () => {
  const { status, body } = await world.call('GET', '/api/programs/languages')
  expect([status, body]).toEqual([
    200,
    {
      ...{ available: true, reason: null, items: [] },
      limits: {
        ...{ ms: 10_000, memoryBytes: 256_000_000, processes: 100 },
        ...{ fileCharacters: 50_000, files: 100, totalBytes: 1_048_576 },
        ...{ printedBytes: 1_000_000, printedLines: 20_000 },
      },
    },
  ])
})
