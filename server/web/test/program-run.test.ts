import { expect, onTestFinished, test, vi } from 'vitest'
import type { FrameBody, ProgramBody } from '../src/api/program-bodies.ts'
import { keepRun, readRun } from '../src/pages/programs/run/kept-run.ts'
import { ProgramRun } from '../src/pages/programs/run/program-run.ts'
import { openAt, serve, stub } from './browser.ts'

const PROGRAM: ProgramBody = { files: [], main: '', mode: 'run', switches: {}, name: 'P', lab: false }
const PENDING = { output: [], status: 0, completed: false, message: 'PENDING' }
const said = (data: string) => ({ type: 'stdout' as const, data })

/** The other end of a WebSocket. */
class Socket {
  static last: Socket
  readonly url: string
  readonly sent: unknown[] = []
  onopen = () => {}
  onmessage = (_: { data: string }) => {}
  onclose = () => {}
  isClosed = false

  constructor(url: string) {
    this.url = url
    Socket.last = this
  }
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    if (this.isClosed) return
    this.isClosed = true
    this.onclose()
  }
  tell(frame: Partial<FrameBody>) {
    this.onmessage({ data: JSON.stringify({ ...PENDING, ...frame }) })
  }
}

function begin() {
  openAt('/programs')
  stub('WebSocket', Socket)
  const run = new ProgramRun()
  onTestFinished(() => run.leave())
  run.begin(PROGRAM)
  return { run, socket: Socket.last, over: () => vi.waitFor(() => expect(run.state.value.isOver).toBe(true)) }
}

test('a run is asked for and heard over a WebSocket, to its end', async () => {
  const { run, socket } = begin()
  expect(socket.url).toBe('ws://console/run_program/ws')
  socket.onopen()
  expect(socket.sent).toEqual([{ action: 'execute', data: PROGRAM }])
  socket.tell({ identifier: 'one' })
  socket.tell({ output: [said('a'), said('b')], ref: '0' })
  await vi.waitFor(() => expect(run.state.value.lines.length).toBe(2))
  expect(run.state.value.isOver).toBe(false)
  socket.tell({ output: [said('c')], completed: true, status: 3, message: 'FAILURE' })
  expect(run.state.value).toMatchObject({ isOver: true, status: 3, outcome: 'FAILURE', fault: null })
  expect(run.state.value.lines).toEqual([{ ...said('a'), ref: '0' }, { ...said('b'), ref: '0' }, said('c')])
  expect(socket.isClosed).toBe(true)
})

test('why a program is not run is said', () => {
  const { run, socket } = begin()
  socket.onopen()
  const why = 'no file is longer than 50000 characters'
  const output = [{ type: 'internal_error' as const, data: why }]
  socket.tell({ identifier: '', message: why, completed: true, status: 1, output })
  expect(run.state.value).toMatchObject({
    isOver: true,
    wasRefused: true,
    lines: [],
    outcome: null,
    fault: 'no file is longer than 50000 characters',
  })
})

test('a line that breaks goes on by plain calls, from what came last, also past answers that are lost', async () => {
  const { run, socket, over } = begin()
  let asked = 0
  const reads: unknown[] = []
  serve((call, body) => {
    if (call !== 'POST /check_output/') return [404, {}]
    reads.push(body)
    asked++
    if (asked === 1) return null
    if (asked === 2) return [200, { ...PENDING, output: [{ msg: said('b'), ref: '1' }] }]
    return [200, { output: [{ msg: said('c') }], completed: true, status: 0, message: 'SUCCESS' }]
  })
  socket.onopen()
  socket.tell({ identifier: 'one', output: [said('a')] })
  socket.close()
  await over()
  expect(reads).toEqual([1, 1, 2].map((read) => ({ identifier: 'one', read })))
  expect(run.state.value.lines).toEqual([said('a'), { ...said('b'), ref: '1' }, said('c')])
  expect(run.state.value).toMatchObject({ status: 0, outcome: 'SUCCESS' })
})

test('where there is no WebSocket the program is sent by a plain call', async () => {
  const { run, socket, over } = begin()
  const calls = serve((call) =>
    call === 'POST /run_program/'
      ? [200, { identifier: 'one', message: 'Pending' }]
      : [200, { output: [], completed: true, status: 0, message: 'SUCCESS' }],
  )
  socket.close()
  await over()
  expect(calls).toEqual(['POST /run_program/', 'POST /check_output/'])
  expect(run.state.value.fault).toBeNull()
})

test.each([
  [200, { identifier: '', message: 'you have 4 runs already' }, 'you have 4 runs already'],
  [413, { identifier: '', message: 'too much', error: { code: 'x', message: 'large' } }, 'too much'],
  [500, { error: { code: 'internal', message: 'our fault' } }, 'our fault'],
])('a plain call that is answered %i says why', async (status, body, why) => {
  const { run, socket, over } = begin()
  serve(() => [status, body])
  socket.close()
  await over()
  expect(run.state.value.fault).toBe(why)
})

test('a line that breaks before the server named the run is not sent twice', () => {
  const { run, socket } = begin()
  const calls = serve(() => [200, {}])
  socket.onopen()
  socket.close()
  expect(run.state.value.fault).toMatch(/run it again/)
  expect(calls).toEqual([])
})

test('a run is stopped by its name, and says so at its end', async () => {
  const { run, socket } = begin()
  const calls = serve(() => [204, {}])
  socket.onopen()
  socket.tell({ identifier: 'one/2' })
  await run.stop()
  expect(calls).toEqual(['DELETE /api/programs/runs/one%2F2'])
  expect(run.state.value).toMatchObject({ isOver: false, wasStopped: true })
  socket.tell({ completed: true, status: 1, message: 'FAILURE' })
  expect(run.state.value).toMatchObject({ isOver: true, wasStopped: true })
})

test('a run that is stopped before it has a name is ended as soon as it has', async () => {
  const { run, socket } = begin()
  const calls = serve(() => [204, {}])
  socket.onopen()
  await run.stop()
  expect([calls, run.state.value.isOver, run.state.value.wasStopped]).toEqual([[], false, true])
  socket.tell({ identifier: 'one' })
  await vi.waitFor(() => expect(calls).toEqual(['DELETE /api/programs/runs/one']))
})

test('a run of before is heard again from its first line', async () => {
  openAt('/programs')
  const run = new ProgramRun()
  onTestFinished(() => run.leave())
  const reads: unknown[] = []
  serve((_, body) => {
    reads.push(body)
    return [200, { output: [{ msg: said('a') }], completed: true, status: 1, message: 'FAILURE' }]
  })
  run.resume('one', true)
  await vi.waitFor(() => expect(run.state.value.isOver).toBe(true))
  expect(reads).toEqual([{ identifier: 'one', read: 0 }])
  expect(run.state.value).toMatchObject({ lines: [said('a')], wasStopped: true, outcome: 'FAILURE' })
})

test('which run a tab looks at is known to it, for as long as the server knows the run', () => {
  openAt('/programs')
  const run = { identifier: 'one', at: 1000, wasStopped: false }
  keepRun('mara', run)
  expect(readRun('mara', 2000)).toEqual(run)
  expect(readRun('eve', 2000)).toBeNull()
  expect(readRun('mara', 1000 + 3_600_001)).toBeNull()
  keepRun('mara', null)
  expect(readRun('mara', 2000)).toBeNull()
})

test('who leaves the page hears no more', () => {
  const { run, socket } = begin()
  const calls = serve(() => [200, {}])
  socket.onopen()
  socket.tell({ identifier: 'one' })
  run.leave()
  expect([socket.isClosed, calls, run.state.value.isOver]).toEqual([true, [], false])
})
