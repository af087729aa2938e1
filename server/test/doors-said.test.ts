import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { Events } from '../src/database/events.ts'
import type { ResultsTable } from '../src/database/schema.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Sources } from '../src/devices/sources.ts'
import type { DoorDetails } from '../src/doors/door.ts'
import { Doors } from '../src/doors/doors.ts'
import { createLog } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** What results of members make of a door, one after the other, on a real database. */

const STATES = ['closed', 'open']
const START = 1_790_000_000_000

let doors: Doors
let sources: Sources
/** How long reading a model takes. */
let modelRead = () => Promise.resolve()

/** Members `pi/cam`, right on 19 of 20 held-out frames of each state, and `pi/csi`, whose states are angles, on as many. */
beforeEach(async () => {
  modelRead = () => Promise.resolve()
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  sources = new Sources(database)
  await sources.ensure({ device: 'pi', camera: 'cam' }, 9, { threshold: 0.6, states: STATES })
  sources.activated('pi/cam', 'pi/cam@1')
  await sources.ensure({ device: 'pi', camera: 'new' }, 9, { states: STATES })
  const angles = { kind: 'sensor', states: ['0', '90', 'broken'], staleAfterMs: 10_000 } as const
  await sources.ensure({ device: 'pi', camera: 'csi' }, 9, { ...angles, states: [...angles.states] })
  sources.activated('pi/csi', 'pi/csi@1')
  await sources.ensure({ device: 'doors', camera: 'front' }, 9, { kind: 'door', states: STATES })
  doors = new Doors({
    ...{ database, sources, events: new Events(), log: createLog('error') },
    modelOf: async (id) => {
      await modelRead()
      const names = id === 'pi/cam@1' ? STATES : ['0', '90']
      const testSet = Array.from({ length: 40 }, (_, i) => {
        const truth = names[i % 2] ?? ''
        const said = i < 2 ? (names[(i + 1) % 2] ?? '') : truth
        return { frame: `${id.slice(0, 6)}/${i}`, truth, said, confidence: 0.9 }
      })
      return { createdAtMs: START, testSet }
    },
  })
  await doors.start()
  onTestFinished(() => doors.close())
  await doors.setMembers('doors/front', [
    { source: 'pi/cam', states: {} },
    { source: 'pi/csi', states: { '0': 'closed', '90': 'open' } },
    { source: 'pi/new', states: {} },
  ])
})

function result(camera: string, after: number, best: string | null, more: Partial<ResultsTable> = {}): ResultsTable {
  return {
    ...{ camera, captured_at: START + after, model: `${camera}@1`, state: best ?? 'unknown', best, confidence: 0.9 },
    ...{ probabilities_json: null, reason: null, latency_ms: 1, late: 0, novelty: null, signature: null },
    ...{ details_json: null, ...more },
  }
}

function say(...given: Parameters<typeof result>) {
  const [, after] = given
  return arrives(after, ...given)
}
/** @param received when it came in, by the server's clock */
function arrives(received: number, ...given: Parameters<typeof result>) {
  return doors.joined(result(...given), START + received).map((row) => ({
    ...row,
    details: JSON.parse(row.details_json ?? '') as DoorDetails,
  }))
}
const leftOf = ({ members }: DoorDetails) => Object.fromEntries(members.map(({ source, left }) => [source, left]))

test('one member alone is taken at its word; whoever says nothing, or has no model, is left out', () => {
  const [row] = say('pi/cam', 0, 'open')
  expect(row).toMatchObject({
    camera: 'doors/front',
    captured_at: START,
    model: '',
    state: 'open',
    best: 'open',
    late: 0,
  })
  expect(row?.confidence).toBeGreaterThan(0.8)
  expect(leftOf(row?.details as DoorDetails)).toEqual({ 'pi/cam': null, 'pi/csi': 'stale', 'pi/new': 'no_model' })
})

test('two that say the same are surer than one; two that differ are not sure of anything', () => {
  const [one] = say('pi/cam', 0, 'open')
  const [both] = say('pi/csi', 1000, '90')
  expect(both?.confidence).toBeGreaterThan(one?.confidence ?? 1)
  const [apart] = say('pi/csi', 2000, '0')
  expect(apart).toMatchObject({ state: 'unknown', reason: 'low_confidence' })
})

test.each([
  ['covered', { reason: 'covered', state: 'unknown' }, 'unknown'],
  ['unlike_training', { reason: 'unlike_training', state: 'unknown' }, 'unknown'],
] as const)('a member that is %s is left out', (reason, more, left) => {
  say('pi/cam', 0, 'open')
  const [row] = say('pi/csi', 1000, '90', more)
  expect(leftOf(row?.details as DoorDetails)['pi/csi']).toBe(left)
  expect(say('pi/cam', 2000, null, { reason, state: 'unknown', confidence: null })[0]).toMatchObject({
    ...{ state: 'unknown', best: null, reason },
  })
})

test('a state that says nothing of the door is left out, and so is what is old', () => {
  expect(leftOf(say('pi/csi', 0, 'broken')[0]?.details as DoorDetails)['pi/csi']).toBe('unmapped')
  say('pi/csi', 1000, '0')
  const [row] = say('pi/cam', 11_500, 'open')
  expect(leftOf(row?.details as DoorDetails)['pi/csi']).toBe('stale')
  expect(row?.state).toBe('open')
})

test('what is far behind the others, late, or of no member makes nothing', () => {
  say('pi/cam', 60_000, 'open')
  expect(say('pi/csi', 1000, '0')).toEqual([])
  expect(say('pi/cam', 0, 'closed', { late: 1 })).toEqual([])
  expect(say('pi/other', 61_000, 'open')).toEqual([])
})

test('as many results in a row as debounce asks for come at once, whatever their times; then one a second', () => {
  say('pi/csi', 0, '90')
  for (const after of [100, 200]) expect(say('pi/csi', after, '90')).toMatchObject([{ details: { due: false } }])
  expect(say('pi/csi', 300, '90')).toEqual([])
  // Asked again, since the transaction did not go through, nothing is counted twice.
  for (const _ of [1, 2]) expect(say('pi/csi', 400, '0')).toHaveLength(1)
  for (const after of [410, 420]) expect(say('pi/csi', after, '0')).toHaveLength(1)
  expect(say('pi/csi', 430, '0')).toEqual([])
  // Silent for longer than the door waits, it is forgotten, and earned again.
  expect(say('pi/csi', 100_000, '0')).toHaveLength(1)
  for (const after of [100_100, 100_200]) expect(say('pi/csi', after, '0')).toHaveLength(1)
  expect(say('pi/csi', 100_300, '0')).toEqual([])
})

test('while nothing changes there is one result a second; asked again for the same one, it is given again', async () => {
  await sources.change('doors/front', { debounce: 1 })
  expect(say('pi/csi', 0, '90')).toHaveLength(1)
  for (const after of [100, 200, 300]) expect(say('pi/csi', after, '90')).toEqual([])
  expect(say('pi/csi', 400, '0')).toMatchObject([{ best: 'closed', details: { due: false } }])
  expect(say('pi/csi', 500, '0')).toEqual([])
  const due = say('pi/csi', 1000, '0')
  expect(due).toMatchObject([{ details: { due: true } }])
  expect(say('pi/csi', 1000, '0')).toEqual(due)
})

test('a door that moves between two members is no disagreement; one that stays is', () => {
  say('pi/cam', 0, 'closed')
  say('pi/csi', 100, '0')
  const [moved] = say('pi/csi', 1100, '90')
  expect(moved?.details).toMatchObject({ disagreement: 0, members: [{ agreed: null }, { agreed: null }, {}] })
  const [seen] = say('pi/cam', 1200, 'open')
  expect(seen?.details.disagreement).toBe(0)
  say('pi/cam', 2200, 'open')
  say('pi/csi', 2300, '0')
  const [again] = say('pi/cam', 3300, 'open')
  expect(again?.details).toMatchObject({ disagreement: 0.9, members: [{ agreed: false }, { agreed: false }, {}] })
  const [same] = say('pi/csi', 3300, '90')
  expect(same?.details.members[0]).toMatchObject({ agreed: true })
})

test('a member whose clock is ahead silences nobody, and the door keeps to our clock', () => {
  say('pi/cam', 0, 'open')
  const [ahead] = arrives(100, 'pi/csi', 280_000, '0')
  expect(ahead?.captured_at).toBe(START + 100)
  expect(leftOf(ahead?.details as DoorDetails)).toMatchObject({ 'pi/cam': null, 'pi/csi': null })
  expect(ahead?.details.members[1]?.at).toBe(START + 280_000)
  // Its next times are made up after that one: a millisecond later each.
  expect(arrives(1100, 'pi/csi', 280_001, '0')).toMatchObject([{ captured_at: START + 1100 }])
  const [right] = say('pi/cam', 2100, 'open')
  expect(right).toMatchObject({ captured_at: START + 2100 })
  expect(leftOf(right?.details as DoorDetails)).toMatchObject({ 'pi/cam': null, 'pi/csi': null })
  expect(right?.details).toMatchObject({ disagreement: 0.9, members: [{ agreed: false }, { agreed: false }, {}] })
  // It says nothing more that is not late: what it said then grows old.
  const [alone] = say('pi/cam', 12_000, 'open')
  expect(alone).toMatchObject({ state: 'open', captured_at: START + 12_000 })
  expect(leftOf(alone?.details as DoorDetails)['pi/csi']).toBe('stale')
})

test('before its first result a door is stale where a member has a model, and without one it has none', async () => {
  const nothing = {
    state: 'unknown',
    reason: 'no_model',
    confidence: null,
    since: null,
    frame: null,
    model: null,
  } as const
  expect(doors.told('doors/front', nothing)).toEqual({ ...nothing, reason: 'stale' })
  expect(doors.told('pi/cam', nothing)).toEqual(nothing)
  const later = { ...nothing, since: START }
  expect(doors.told('doors/front', later)).toEqual(later)
  await doors.setMembers('doors/front', [{ source: 'pi/new', states: {} }])
  expect(doors.told('doors/front', nothing)).toEqual(nothing)
})

test('closing waits for every measurement that is under way', async () => {
  const open: (() => void)[] = []
  let isHeld = false
  const ended: string[] = []
  modelRead = () => (isHeld ? new Promise<void>((resolve) => open.push(resolve)) : Promise.resolve())
  isHeld = true
  sources.activated('pi/new', 'pi/new@1')
  void doors.refresh().then(() => ended.push('first'))
  void doors.refresh('doors/other').then(() => ended.push('second'))
  await expect.poll(() => open.length).toBe(1)
  const closed = doors.close().then(() => ended.push('closed'))
  isHeld = false
  for (const one of open) one()
  await closed
  expect(ended.at(-1)).toBe('closed')
  expect(ended).toContain('first')
})
