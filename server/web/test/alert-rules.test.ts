import { expect, test } from 'vitest'
import type { KindBody, RuleBody } from '../src/api/alert-bodies.ts'
import { changeOf, draftOf, newDraft, withKind } from '../src/pages/alerts/draft.ts'
import { entryOfDuration, length, msOf, partsOf } from '../src/pages/alerts/durations.ts'
import { entriesOf, paramsOf } from '../src/pages/alerts/params.ts'
import { proposedName } from '../src/pages/alerts/proposed-name.ts'
import { usualRules } from '../src/pages/alerts/usual.ts'
import { settingsInWords } from '../src/pages/alerts/words.ts'

/** As the server's kinds are. */
const DISK: KindBody = {
  ...{ name: 'disk', title: 'The disk fills', description: '', subject: 'server' },
  params: {
    required: ['freeBytes'],
    properties: {
      freeBytes: { type: 'integer', title: 'free', default: 1e9, minimum: 1e6, unit: 'bytes' },
      clearBytes: { type: 'integer', title: 'ends above', minimum: 1e6, unit: 'bytes' },
    },
  },
  defaults: { forMs: 90_000, clearMs: 0, severity: 'critical' },
}
const READING: KindBody = {
  ...{ name: 'reading', title: 'A sensor', description: '', subject: 'device' },
  params: {
    required: ['sensor', 'is', 'limit', 'staleMs', 'reasons'],
    properties: {
      sensor: { type: 'string', title: 'sensor', unit: 'sensor' },
      is: { enum: ['above', 'below'], title: 'is', default: 'above' },
      limit: { type: 'number', title: 'limit' },
      clear: { anyOf: [{ type: 'number' }, { type: 'null' }] },
      staleMs: { type: 'integer', title: 'older say nothing', default: 3_600_000, unit: 'ms' },
      reasons: { type: 'array', title: 'reasons', items: { enum: ['stale', 'low_confidence'] }, default: ['stale'] },
      loud: { type: 'boolean' },
    },
  },
  defaults: { forMs: 60_000, clearMs: 30_000, severity: 'warning' },
}
const RULE: RuleBody = {
  ...{ id: 'abc', name: 'Disk', kind: 'disk', subject: null, params: { freeBytes: 1.5e9 }, forMs: 90_000, clearMs: 0 },
  ...{ severity: 'critical', enabled: true, webhook: { url: 'https://a.example/x', signed: true }, author: 'mara' },
  ...{ createdAt: '', changedAt: '', standing: 0, delivery: null },
}

test('a form is made of the schema: units people count in, choices, what may be left empty', () => {
  expect(paramsOf(DISK.params)).toMatchObject([
    { label: 'Free, GB', empty: 'forbidden', initial: '1', control: { as: 'number', factor: 1e9, min: 0.001 } },
    { label: 'Ends above, GB', empty: 'omitted', initial: '' },
  ])
  const params = paramsOf(READING.params)
  expect(params.map(({ label }) => label)).toEqual([
    ...['Sensor', 'Is', 'Limit', 'Clear', 'Older say nothing', 'Reasons', 'Loud'],
  ])
  expect(params.map(({ control }) => control.as)).toEqual([
    ...['sensor', 'choice', 'number', 'number', 'duration', 'choices', 'check'],
  ])
  expect(params.map(({ initial }) => initial)).toEqual(['', 'above', '', '', '1 h', ['stale'], false])
})

test('a rule that is opened and kept is the same rule', () => {
  const params = { sensor: 'cpu', is: 'below', limit: -0.1, clear: 0.3, staleMs: 1, reasons: ['stale'], loud: true }
  const rule = { ...RULE, kind: 'reading', subject: 'pi', params, forMs: 1, clearMs: 100_000 }
  expect(changeOf(draftOf(rule, READING), READING, rule)).toEqual({
    ...{ name: 'Disk', params, forMs: 1, clearMs: 100_000, severity: 'critical' },
  })
  expect(changeOf(draftOf(RULE, DISK), DISK, RULE).params).toEqual({ freeBytes: 1.5e9 })
  // What it is about may be gone: it is named where it is another one.
  expect(changeOf({ ...draftOf(rule, READING), subject: '' }, READING, rule).subject).toBeNull()
})

test('what is left empty is null or left out', () => {
  const entries = entriesOf(paramsOf(READING.params), { sensor: 'cpu', limit: 0 })
  const { params } = changeOf({ ...newDraft(READING), entries }, READING, null)
  expect(params).toEqual({
    ...{ sensor: 'cpu', is: 'above', limit: 0, clear: null, staleMs: 3_600_000, reasons: ['stale'], loud: false },
  })
})

test('a webhook is named where it changes only, and a new secret is made where one asks for it', () => {
  const draft = draftOf(RULE, DISK)
  expect(changeOf(draft, DISK, RULE)).not.toHaveProperty('webhook')
  expect(changeOf({ ...draft, webhook: '' }, DISK, RULE)).toMatchObject({ webhook: null })
  expect(changeOf({ ...draft, webhook: ' https://b.example ' }, DISK, RULE)).toMatchObject({
    webhook: { url: 'https://b.example' },
  })
  expect(changeOf({ ...draft, rotateSecret: true }, DISK, RULE)).toMatchObject({ rotateSecret: true })
  expect(changeOf({ ...draft, rotateSecret: true, webhook: '' }, DISK, RULE)).not.toHaveProperty('rotateSecret')
})

test('another kind brings its own settings; what is the same of both stays', () => {
  const named = { ...newDraft(READING), name: 'Hot', subject: 'pi', webhook: 'https://a.example' }
  const other = withKind(named, DISK, READING)
  expect(other).toMatchObject({ name: 'Hot', webhook: 'https://a.example', subject: '', kind: 'disk' })
  expect(other).toMatchObject({ entries: { freeBytes: '1', clearBytes: '' }, forTime: '90 s', severity: 'critical' })
  expect(withKind(named, READING, READING).subject).toBe('pi')
})

test('a rule in words', () => {
  expect(settingsInWords(RULE, DISK)).toBe('free 1.5 GB · for 1 min 30 s')
  const params = { sensor: 'cpu', is: 'above', limit: 70, staleMs: 3_600_000, reasons: ['low_confidence'] }
  expect(settingsInWords({ ...RULE, params, forMs: 0, clearMs: 5_400_000 }, READING)).toBe(
    'sensor cpu · is above · limit 70 · older say nothing 1 h · reasons low confidence · at once · over after 1 h 30 min',
  )
  expect(settingsInWords(RULE, undefined)).toBe('for 1 min 30 s')
  expect([0, 250, 86_400_000].map(length)).toEqual(['0 ms', '250 ms', '1 d'])
})

test('a duration is a number and a unit, and what was typed is what is kept', () => {
  expect([0, 1, 26_000, 90_000, 600_000, 5_400_000, 7_200_000, 86_400_000].map(entryOfDuration)).toEqual([
    ...['0 min', '0.001 s', '26 s', '90 s', '10 min', '90 min', '2 h', '1 d'],
  ])
  for (const ms of [0, 1, 100, 26_000, 5_400_000, 31 * 86_400_000]) expect(msOf(entryOfDuration(ms))).toBe(ms)
  expect(['0.1 s', '1.5 h', '0.05 min', ' min'].map(msOf)).toEqual([100, 5_400_000, 3000, null])
  expect(partsOf('')).toEqual({ number: '', unit: 'min' })
  const params = entriesOf(paramsOf(READING.params), { sensor: 'cpu', staleMs: 2000 })
  expect(params.staleMs).toBe('2 s')
})

test('a name is proposed that no other rule has, and the one that somebody typed is kept', () => {
  const state: KindBody = { ...READING, name: 'state', subject: 'camera' }
  const open = { state: 'open' }
  expect(proposedName(state, 'demo-pi/front-door', open, [])).toBe('front-door open for too long')
  expect(proposedName(state, '', open, [])).toBe('A camera open for too long')
  const taken = ['front-door open for too long', 'front-door open for too long 2']
  expect(proposedName(state, 'other/front-door', open, taken)).toBe('front-door open for too long 3')
  expect(proposedName(READING, 'pi', { sensor: 'cpu', is: 'below' }, [])).toBe('pi cpu too low')
  expect(proposedName({ ...DISK, name: 'weather', title: 'It rains' }, '', {}, [])).toBe('It rains')
  const draft = newDraft(DISK)
  expect(changeOf(draft, DISK, null, 'Server disk nearly full').name).toBe('Server disk nearly full')
  expect(changeOf({ ...draft, name: ' Mine ' }, DISK, null, 'Server disk nearly full').name).toBe('Mine')
})

test('of the usual rules those are offered that the server knows', () => {
  expect(usualRules([DISK]).map(({ kind }) => kind)).toEqual(['disk'])
})
