import { expect, test } from 'vitest'
import type { FrameBody } from '../src/api/bodies.ts'
import { keysOf, stateOf } from '../src/pages/teach/keys.ts'
import type { SaveLabels } from '../src/pages/teach/labels.ts'
import { isMark, MARKS, markOf } from '../src/pages/teach/marks.ts'
import { readinessInWords } from '../src/pages/teach/readiness.ts'
import { at, moved, nextPlace, rangeOf } from '../src/pages/teach/selection.ts'
import { Sheet } from '../src/pages/teach/sheet.ts'
import { stateFault } from '../src/pages/teach/state-names.ts'

const frame = (ms: number, label: string | null = null, outcome: FrameBody['outcome'] = 'classified'): FrameBody => ({
  id: `pi/door/${ms}`,
  camera: 'pi/door',
  capturedAt: new Date(ms).toISOString(),
  receivedAt: new Date(ms).toISOString(),
  size: 1,
  outcome,
  code: null,
  label,
  result: null,
})

/** A sheet of frames, and what it had the server keep. @param save refuses what the server does not keep */
function sheetOf(frames: FrameBody[], save: SaveLabels = async (labels, onKept) => onKept(labels)) {
  const kept: Record<string, string | null>[] = []
  const failures: unknown[] = []
  const sheet = new Sheet({
    save: (labels, onKept, saidAt) =>
      save(
        labels,
        (part) => {
          kept.push(Object.fromEntries([...part].map(([id, label]) => [id.split('/')[2], label])))
          onKept(part)
        },
        saidAt,
      ),
    onFailed: (error) => failures.push(error),
  })
  sheet.show(frames)
  return { sheet, kept, failures }
}

/** The server refuses the first so many sayings. */
function refusing(count: number): SaveLabels {
  let left = count
  return async (labels, onKept) => {
    if (left-- > 0) throw new Error('the disk refuses')
    onKept(labels)
  }
}

/** As a person does who looks first. */
function label(sheet: Sheet, state: string) {
  sheet.see(sheet.current.value?.id ?? null)
  sheet.label(state)
}

const labelsOn = (sheet: Sheet) => sheet.frames.value.map(({ label }) => label)

test('each state has its place and a letter of its own; `u` takes back', () => {
  const keys = keysOf(['closed', 'closing', 'unlocked', 'c'])
  expect(keys.map(({ digit, letter }) => [digit, letter])).toEqual([
    ['1', 'c'],
    ['2', 'l'],
    ['3', 'n'],
    ['4', null],
  ])
  expect([stateOf('2', keys), stateOf('C', keys), stateOf('u', keys), stateOf('9', keys)]).toEqual([
    'closing',
    'closed',
    null,
    null,
  ])
  expect(keysOf(Array.from({ length: 10 }, (_, i) => `s${i}`))[9]?.digit).toBeNull()
})

test('a mark has keys of its own that no state takes', () => {
  const keys = keysOf(['x-ray', 'xylophone', 'unclear-sky'])
  expect(keys.map(({ letter }) => letter)).toEqual(['r', 'y', 'n'])
  expect(['0', '?', 'X', '1', 'r'].map(markOf)).toEqual(['unclear', 'unclear', 'ignore', null, null])
  for (const { keys: ofMark } of MARKS) expect(ofMark.map((key) => stateOf(key, keys))).toEqual(ofMark.map(() => null))
  expect([isMark('ignore'), isMark('open')]).toEqual([true, false])
})

test('a mark is kept, counted and taken back as a state is', async () => {
  const { sheet, kept } = sheetOf([frame(1), frame(2)])
  label(sheet, 'unclear')
  label(sheet, 'ignore')
  expect(sheet.counts.value).toEqual({ unclear: 1, ignore: 1 })
  sheet.undo()
  await sheet.kept
  expect(sheet.counts.value).toEqual({ unclear: 1, ignore: 0 })
  expect(kept).toEqual([{ 1: 'unclear' }, { 2: 'ignore' }, { 2: null }])
})

test('a range grows from where it began, and stays within the list', () => {
  const range = moved(moved(at(3), 5, 8, true), 1, 8, true)
  expect(rangeOf(range)).toEqual([1, 3])
  expect(moved(range, 99, 8, false)).toEqual(at(7))
  expect(moved(at(0), -1, 0, false)).toEqual(at(0))
  expect(nextPlace(at(0), ['open', 'open', null])).toBe(2)
  expect(nextPlace(at(2), [null, null, 'open'])).toBe(2)
})

test('a frame is labelled and the next one without a label is at hand; all is kept in order', async () => {
  const { sheet, kept } = sheetOf([frame(1), frame(2, 'open'), frame(3), frame(4)])
  await sheet.count(async () => ({ open: 1 }))
  label(sheet, 'closed')
  expect(sheet.current.value?.id).toBe('pi/door/3')
  sheet.moveBy(1, true)
  label(sheet, 'open')
  expect(labelsOn(sheet)).toEqual(['closed', 'open', 'open', 'open'])
  expect(sheet.counts.value).toEqual({ open: 3, closed: 1 })
  await sheet.kept
  expect(kept).toEqual([{ 1: 'closed' }, { 3: 'open', 4: 'open' }])
})

test('what was said is taken back, the last first, to what stood there before', async () => {
  const { sheet, kept } = sheetOf([frame(1, 'open'), frame(2)])
  await sheet.count(async () => ({ open: 1 }))
  sheet.moveTo(0)
  sheet.moveTo(1, true)
  label(sheet, 'closed')
  sheet.undo()
  expect(labelsOn(sheet)).toEqual(['open', null])
  expect(sheet.counts.value).toEqual({ open: 1 })
  expect(sheet.canUndo).toBe(false)
  sheet.undo()
  await sheet.kept
  expect(kept).toEqual([
    { 1: 'closed', 2: 'closed' },
    { 1: 'open', 2: null },
  ])
})

test('what the server did not keep is not shown as kept', async () => {
  const { sheet, failures } = sheetOf([frame(1), frame(2)], refusing(1))
  label(sheet, 'open')
  label(sheet, 'open')
  await expect(sheet.kept).rejects.toThrow('the disk refuses')
  expect(labelsOn(sheet)).toEqual([null, 'open'])
  expect(sheet.counts.value.open).toBe(1)
  expect(failures).toHaveLength(1)
  await sheet.kept // of what was said since
})

test('a label said over one that failed stays, and taking it back goes to what is kept', async () => {
  const { sheet, kept } = sheetOf([frame(1, 'closed')], refusing(1))
  await sheet.count(async () => ({ closed: 1 }))
  sheet.moveTo(0)
  label(sheet, 'open')
  label(sheet, 'ajar')
  expect(sheet.counts.value).toEqual({ closed: 0, ajar: 1 })
  await sheet.kept.catch(() => {})
  expect(labelsOn(sheet)).toEqual(['ajar'])
  expect(sheet.counts.value).toMatchObject({ closed: 0, ajar: 1 })
  sheet.undo()
  await sheet.kept
  expect(labelsOn(sheet)).toEqual(['closed'])
  expect(sheet.counts.value).toMatchObject({ closed: 1, ajar: 0 })
  expect(kept).toEqual([{ 1: 'ajar' }, { 1: 'closed' }])
})

test('of labels that were kept in part, that part is shown', async () => {
  const { sheet } = sheetOf([frame(1), frame(2)], async (labels, onKept) => {
    onKept(new Map([...labels].slice(0, 1)))
    throw new Error('the disk is full')
  })
  sheet.moveTo(1, true)
  label(sheet, 'open')
  await sheet.kept.catch(() => {})
  expect(labelsOn(sheet)).toEqual(['open', null])
  expect(sheet.counts.value.open).toBe(1)
})

test('counts that are asked for while labels are on their way count each once', async () => {
  const onServer = { open: 0 }
  const { sheet } = sheetOf([frame(1), frame(2)], async (labels, onKept) => {
    onServer.open += labels.size
    onKept(labels)
  })
  label(sheet, 'open')
  const counted = sheet.count(async () => ({ ...onServer }))
  label(sheet, 'open')
  expect(sheet.counts.value.open).toBe(2)
  await counted
  expect(sheet.counts.value.open).toBe(2)
  await sheet.kept
  expect(sheet.counts.value.open).toBe(2)
})

test('a frame whose picture was not seen yet takes no label', async () => {
  const { sheet, kept } = sheetOf([frame(1), frame(2)])
  sheet.label('open')
  label(sheet, 'open')
  sheet.label('open') // the next one is still on its way
  sheet.see('pi/door/1')
  sheet.label('open') // what is seen is another one
  await sheet.kept
  expect(kept).toEqual([{ 1: 'open' }])
})

test('frames that cannot be looked at are left out, and no frame comes twice', () => {
  const { sheet } = sheetOf([frame(1), frame(2, null, 'refused'), frame(1)])
  sheet.append([frame(1), frame(3)])
  expect(sheet.frames.value.map(({ id }) => id)).toEqual(['pi/door/1', 'pi/door/3'])
})

test('what is missing is said by state', () => {
  const said = (counts: Record<string, number>, borrowed = {}, isJudged = false) =>
    readinessInWords(['closed', 'open'], { counts, borrowed }, { least: 2, good: 20 }, isJudged)
  expect(said({ open: 1 })).toEqual({
    text: 'To train, label 2 more frames of closed; 1 more frame of open.',
    canTrain: false,
  })
  expect(said({ open: 12, closed: 20 })).toEqual({
    text: 'Enough to try. Better with 8 more frames of open.',
    canTrain: true,
  })
  expect(said({ open: 25, closed: 20 }).canTrain).toBe(true)
  // Labels of other cameras are learned from as well.
  expect(said({ open: 1 }, { open: 1, closed: 17 }).canTrain).toBe(true)
  // What a training said is needed stands below: no other figure beside it, but for what makes training impossible.
  expect(said({ open: 12, closed: 20 }, {}, true).text).not.toMatch(/more|\d/)
  expect(said({ open: 1 }, {}, true).text).toBe('To train, label 2 more frames of closed; 1 more frame of open.')
})

test('names of states that the server would refuse are told before', () => {
  expect(stateFault(['closed', 'open'])).toBeNull()
  expect(stateFault(['closed'])).toMatch(/Two states/)
  expect(stateFault(['closed', 'closed'])).toMatch(/twice/)
  expect(stateFault(['closed', 'unknown'])).toMatch(/unknown/)
  expect(stateFault(['closed', 'unclear'])).toMatch(/teach nothing/)
  expect(stateFault(['closed', 'Half open'])).toMatch(/"Half open"/)
})
