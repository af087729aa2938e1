import { expect, test } from 'vitest'
import { frameId, isName, parseCameraId, parseFrameId, parseMilliseconds, parseTopic, topics } from '../src/index.ts'

test('a topic built for a frame is read back as the same frame', () => {
  const frame = { device: 'pi-1', camera: 'front-door', capturedAtMs: 1795286400000 }
  const topic = parseTopic(topics.frame(frame))
  expect(topic).toMatchObject({ device: 'pi-1', source: 'front-door', time: '1795286400000' })
  expect(topic?.rule.kind).toBe('frame')
  expect(parseFrameId(frameId(frame))).toEqual(frame)
})

test('a frame topic without a time has none', () => {
  expect(parseTopic('ajar/pi-1/cam/frame')).toMatchObject({ source: 'cam', time: null })
})

test.each([
  ['pi-1/front-door', 'pi-1', 'front-door'],
  ['pi-1/alert', 'pi-1', 'alert'],
  ['pi-1', 'pi-1', null],
  ['server', 'server', null],
])('an alert about %s is a topic of the server, and no other one', (subject, device, source) => {
  expect(parseTopic(topics.alert(subject, 'a1b2c3d4e5'))).toMatchObject({
    ...{ device, source },
    rule: { kind: 'alert', publisher: 'server', retained: true, subscribable: true },
  })
})

test('a camera that is called alert has frames and a state all the same', () => {
  expect(parseTopic('ajar/pi-1/alert/frame')?.rule.kind).toBe('frame')
  expect(parseTopic('ajar/pi-1/alert/state')?.rule.kind).toBe('state')
  expect(parseTopic('ajar/pi-1/alert/frame/1795286400000')?.rule.kind).toBe('frame')
})

test('topics without a source have none', () => {
  expect(parseTopic('ajar/pi-1/config/desired')).toMatchObject({ device: 'pi-1', source: null, time: null })
})

test.each(['', 'ajar', 'ajar/', 'ajar//status', 'other/pi-1/status', 'ajar/pi-1/cam/frame/1/2', 'ajar/pi-1/nothing'])(
  '%j is no topic of ours',
  (topic) => expect(parseTopic(topic)).toBeNull(),
)

test.each(['', '-a', 'A', 'a_b', 'a/b', 'ä', 'a'.repeat(33), 'a\n'])('%j is no name', (name) =>
  expect(isName(name)).toBe(false),
)

test.each(['-1', '1.5', '', '01', '1e3', '99999999999999999', '8640000000000001'])('%j is no time', (time) =>
  expect(parseMilliseconds(time)).toBeNull(),
)

test('ids with other parts are refused', () => {
  expect(parseFrameId('a/b')).toBeNull()
  expect(parseFrameId('a/b/1/2')).toBeNull()
  expect(parseCameraId('a')).toBeNull()
})
