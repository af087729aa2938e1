import { expect, test } from 'vitest'
import { Gate, type GateOptions, type Look } from '../../src/trial/gate.ts'
import type { Health } from '../../src/trial/health.ts'

const EVERY_MS = 250
const OPTIONS: GateOptions = {
  release: 'b',
  readyLimitMs: 2000,
  trialMs: 1000,
  failingBefore: ['influx'],
  mayStand: false,
  takesWithinMs: null,
  mayCrash: false,
}
const GOOD: Health = { failing: [], release: 'b', frames: { taken: 9, ended: 9, waiting: 0 } }
const SICK: Health = { ...GOOD, failing: [{ name: 'state', text: 'the disk is full' }] }
const STANDS: Health = { ...GOOD, frames: { taken: 9, ended: 5, waiting: 4 } }

/** The verdict on looks that come one after another, and at which of them it came; the last one is looked at for ever. */
function judged(looks: (Health | string)[], options: Partial<GateOptions> = {}, process: Look['process'] = null) {
  const gate = new Gate({ ...OPTIONS, ...options }, 0)
  for (let look = 0; look < 200; look += 1) {
    const verdict = gate.take({ at: look * EVERY_MS, health: looks[Math.min(look, looks.length - 1)] ?? '', process })
    if (verdict.is !== 'waiting') return { look, ...verdict }
  }
  throw new Error('no verdict, ever')
}

test('good is what answers well for the whole trial', () => {
  expect(judged([GOOD])).toEqual({ look: 4, is: 'good' })
  expect(judged(['nobody listens', GOOD])).toEqual({ look: 5, is: 'good' })
})

test('a bad look starts the trial anew; three in a row end it', () => {
  expect(judged([GOOD, GOOD, SICK, SICK, GOOD])).toEqual({ look: 8, is: 'good' })
  expect(judged([GOOD, SICK])).toMatchObject({
    look: 3,
    is: 'sick',
    code: 'sick',
    message: expect.stringMatching('disk is full'),
  })
  expect(judged([GOOD, 'no answer', SICK, 'no answer'])).toMatchObject({ look: 3, code: 'sick' })
})

test('one that is not ready in time is told apart from one that fell ill', () => {
  expect(judged(['nobody listens'])).toMatchObject({
    look: 8,
    code: 'not_ready',
    message: expect.stringMatching('nobody listens'),
  })
  expect(judged([{ ...GOOD, release: 'a' }])).toMatchObject({
    code: 'not_ready',
    message: expect.stringMatching('a answers'),
  })
  expect(judged([{ ...GOOD, release: null }])).toMatchObject({ message: expect.stringMatching('a checkout answers') })
})

test('another release in the middle of a trial is no good answer', () => {
  expect(judged([GOOD, { ...GOOD, release: 'a' }])).toMatchObject({ look: 3, code: 'sick' })
})

test('what failed before does not count, what else fails does', () => {
  const influx = { name: 'influx', text: '' }
  expect(judged([{ ...GOOD, failing: [influx] }]).is).toBe('good')
  expect(judged([{ ...SICK, failing: [influx, ...SICK.failing] }])).toMatchObject({ code: 'not_ready' })
})

test('frames that wait have to be ended', () => {
  expect(judged([STANDS])).toMatchObject({ is: 'sick', code: 'frames_stand' })
  expect(judged([STANDS], { mayStand: true }).is).toBe('good')
  const moving = Array.from({ length: 9 }, (_, ended) => ({ ...GOOD, frames: { taken: 9, ended, waiting: 3 } }))
  expect(judged(moving)).toEqual({ look: 4, is: 'good' })
})

test('frames that stand at the end of the trial are looked at for longer', () => {
  expect(judged([STANDS, STANDS, STANDS, STANDS, STANDS, GOOD])).toEqual({ look: 5, is: 'good' })
})

test('where frames have to come, one that gets none is waited for, and then sick', () => {
  const none = { ...GOOD, frames: { taken: 0, ended: 0, waiting: 0 } }
  const options = { takesWithinMs: 3000 }
  expect(judged([none], options)).toMatchObject({ look: 12, is: 'sick', code: 'no_frames' })
  expect(judged([none, none, none, none, none, none, GOOD], options)).toEqual({ look: 6, is: 'good' })
  expect(judged([GOOD], options)).toEqual({ look: 4, is: 'good' })
  expect(judged([none]).is).toBe('good')
})

test('its time runs from the moment when it has a process, as after a boot', () => {
  const gate = new Gate(OPTIONS, 0)
  const look = (at: number, pid: number | null, state: 'starting' | 'stopped' = 'starting') =>
    gate.take({ at, health: 'nobody listens', process: { pid, state, crashes: 0 } })
  expect(look(30_000, null).is).toBe('waiting')
  expect(look(30_250, 7).is).toBe('waiting')
  expect(look(31_750, 7).is).toBe('waiting')
  // Once it has had one, it is not waited for anew.
  expect(look(32_000, null)).toMatchObject({ is: 'sick', code: 'not_ready' })
  // Nobody is about to start it.
  const stopped = { pid: null, state: 'stopped' as const, crashes: 0 }
  expect(judged(['nobody listens'], {}, stopped)).toMatchObject({ look: 8, code: 'not_ready' })
  const queued = new Gate(OPTIONS, 0).take({ at: 11 * 60_000, health: '', process: { ...stopped, state: 'starting' } })
  expect(queued).toMatchObject({ code: 'not_ready' })
})

test('now good, now bad, for ever: there is an end', () => {
  const flutter = Array.from({ length: 100 }, (_, at) => (at % 2 ? GOOD : SICK))
  expect(judged(flutter)).toMatchObject({ is: 'sick', code: 'unsteady' })
})

test('a crash counts at once, as does a process that is not started any more', () => {
  const gate = new Gate(OPTIONS, 0)
  const look = (crashes: number) => gate.take({ at: 0, health: GOOD, process: { pid: 1, state: 'running', crashes } })
  expect([look(0), look(0)].map(({ is }) => is)).toEqual(['waiting', 'waiting'])
  expect(look(1)).toMatchObject({ is: 'sick', code: 'crashed' })
  const failed = { pid: null, crashes: 0, state: 'failed' as const }
  expect(judged([GOOD], {}, failed)).toMatchObject({ look: 0, code: 'crashed' })
  expect(judged([GOOD], { mayCrash: true, trialMs: 0 }, failed)).toMatchObject({ is: 'good' })
})
