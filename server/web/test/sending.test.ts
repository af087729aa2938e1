import { expect, test } from 'vitest'
import { shortTime, timeOfDay } from '../src/design/words.ts'
import {
  DIFFERENCES,
  nearestStep,
  sendingInWords,
  sendSettingsOf,
  tooSeldom,
  withSendSettings,
} from '../src/pages/devices/send-settings.ts'
import { camerasOf, countsInWords, countsOf, factsOf } from '../src/pages/devices/status.ts'

const gate = { difference: 0.02, heartbeatMs: 20_000 }

test('settings of one camera are changed, and nothing else of the device', () => {
  const settings = { intervalMs: 500, cameras: { cam: { intervalMs: 2000 }, yard: { gate: null } } }
  expect(withSendSettings(settings, 'cam', { gate })).toEqual({
    intervalMs: 500,
    cameras: { cam: { gate }, yard: { gate: null } },
  })
  expect(settings.cameras.cam).toEqual({ intervalMs: 2000 })
  expect(withSendSettings(null, 'cam', { intervalMs: 1000, gate: null })).toEqual({
    cameras: { cam: { intervalMs: 1000, gate: null } },
  })
})

test('a camera that is to do as its config file says is left out', () => {
  expect(withSendSettings({ cameras: { cam: { gate }, yard: { gate } } }, 'cam', {})).toEqual({
    cameras: { yard: { gate } },
  })
  expect(withSendSettings({ cameras: { cam: { gate } } }, 'cam', {})).toEqual({})
  expect(withSendSettings({ intervalMs: 500 }, 'cam', {})).toEqual({ intervalMs: 500 })
})

test('what is set of a camera is read again, and said in words', () => {
  const settings = withSendSettings(null, 'cam', { intervalMs: 2500, gate })
  expect(sendingInWords(sendSettingsOf(settings, 'cam'))).toBe(
    'takes a picture every 2.5 s, sends what changed, at least every 20 s',
  )
  expect(sendingInWords({ gate: null })).toBe('sends every picture')
  for (const without of [null, {}, { cameras: null }, { cameras: { other: { gate } } }])
    expect(sendingInWords(sendSettingsOf(without, 'cam'))).toBeNull()
})

test('a camera cannot be told to send less often than it counts as stale', () => {
  expect([0.05, 59.999, Number.NaN].map((every) => tooSeldom(every, 60_000))).toEqual([null, null, null])
  for (const every of [60, 90]) expect(tooSeldom(every, 60_000)).toMatch(/stale after 60 s, .* choose less, or change/)
  expect(tooSeldom(90, 120_000)).toBeNull()
})

test('any share has its place on the scale of the form', () => {
  expect(DIFFERENCES.map(nearestStep)).toEqual(DIFFERENCES.map((_, i) => i))
  expect([1, 0.013, 0].map(nearestStep)).toEqual([0, DIFFERENCES.indexOf(0.01), DIFFERENCES.length - 1])
})

test('what became of the pictures is said in words', () => {
  const counts = { driver: 'rpicam', captured: 1204, gated: 1100, sent: 104, dropped: 0 }
  expect(countsInWords(counts)).toBe('1,204 taken, 1,100 unchanged and not sent, 104 sent; 0 dropped in all')
  expect(countsInWords({ ...counts, gated: 0, dropped: 3 })).toBe('1,204 taken, 104 sent; 3 dropped in all')
  const startedAtMs = new Date().setHours(7, 12, 30)
  expect(countsInWords(counts, { startedAtMs })).toBe(
    `since ${shortTime(startedAtMs)}: 1,204 taken, 1,100 unchanged and not sent, 104 sent; 0 dropped in all`,
  )
  const status = { state: 'online', cameras: ['cam'], captures: { cam: counts } }
  expect([countsOf(status, 'cam'), countsOf(status, 'yard'), countsOf(null, 'cam'), countsOf({}, 'cam')]).toEqual([
    counts,
    null,
    null,
    null,
  ])
  expect([camerasOf(status), camerasOf({ state: 'offline' }), camerasOf(null)]).toEqual([['cam'], null, null])
})

test('what waits on the Pi is told, and what waits for its clock', () => {
  const named = (status: Record<string, unknown>) => factsOf(status).map(({ name, value }) => `${name}: ${value}`)
  const at = Date.now() - 60_000
  expect(named({ outboxFrames: 12, outboxReadings: 1500, oldestWaitingMs: at, untimed: 3, droppedFrames: 2 })).toEqual([
    'Waiting on the Pi: 12 frames',
    'Readings waiting there: 1,500',
    `They wait since: ${timeOfDay(at)}`,
    'Waits for the clock: 3 pictures and readings',
    'Dropped there in all: 2 frames and readings',
  ])
  expect(named({ outboxFrames: 1, outboxReadings: 0, oldestWaitingMs: at, untimed: 0, parkedFrames: 1 })).toEqual([
    'Waiting on the Pi: 1 frame',
    'Set aside there: 1 frame',
  ])
})
