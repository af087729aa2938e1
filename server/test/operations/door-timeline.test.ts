import { expect, onTestFinished, test } from 'vitest'
import type { CameraThen, InputFile } from '../../src/datasessions/operation.ts'
import { fileAt, frameAt, type Made, run } from './in-memory.ts'

const START = Date.UTC(2026, 10, 21, 8)
const SECOND = 1000

/** A frame each ten seconds: `c` closed, `o` open, `u` unknown, `-` not recorded, a space: none came. */
function day(pattern: string, camera = 'pi/door'): InputFile[] {
  const states: Record<string, string> = { c: 'closed', o: 'open', u: 'unknown' }
  return [...pattern].flatMap((letter, i) => {
    if (letter === ' ') return []
    return [frameAt(camera, START + 10 * i * SECOND, states[letter] ?? null)]
  })
}

function spansOf(made: Made): [unknown, number, number, unknown][] {
  const secondsOf = (time: unknown) => (Date.parse(String(time)) - START) / SECOND
  return (made.tables.get('timeline')?.rows ?? []).map((row) => [
    row.state,
    secondsOf(row.from),
    secondsOf(row.to),
    row.seconds,
  ])
}

test('spans of states, time in each, openings and the longest of them', async () => {
  const made = await run('Door Timeline', { input_files: day('ccccoocccoooooc').reverse() }, onTestFinished)
  expect(spansOf(made)).toEqual([
    ['closed', 0, 40, 40],
    ['open', 40, 60, 20],
    ['closed', 60, 90, 30],
    ['open', 90, 140, 50],
    ['closed', 140, 140, 0],
  ])
  const [lane] = made.data[0].files
  expect(lane).toMatchObject({
    camera: 'pi/door',
    seconds: { closed: 70, open: 70 },
    openings: 2,
    open_at_start: false,
  })
  expect(lane.longest_open).toEqual({ from: '2026-11-21T08:01:30.000Z', to: '2026-11-21T08:02:20.000Z', seconds: 50 })
  expect(lane).toMatchObject({ gaps: 0, gap_seconds: 0 })
})

test('what nobody saw is no state: a gap ends a span at its last frame, and an opening in it is counted once', async () => {
  const made = await run(
    'Door Timeline',
    { input_files: day('ccoo          ooo         ccc        oo') },
    onTestFinished,
  )
  expect(spansOf(made)).toEqual([
    ['closed', 0, 20, 20],
    ['open', 20, 30, 10],
    ['open', 140, 160, 20],
    ['closed', 260, 280, 20],
    ['open', 370, 380, 10],
  ])
  expect(made.data[0].files[0]).toMatchObject({
    ...{ openings: 2, gaps: 3, gap_seconds: 110 + 100 + 90, seconds: { open: 40, closed: 40 } },
    longest_open: { seconds: 20 },
  })
})

test('a gap is as long as it is told to be', async () => {
  const files = day('cc   oo')
  const [usual, told] = await Promise.all([
    run('Door Timeline', { input_files: files }, onTestFinished),
    run('Door Timeline', { input_files: files, gap: 15 }, onTestFinished),
  ])
  expect(spansOf(usual)).toEqual([
    ['closed', 0, 50, 50],
    ['open', 50, 60, 10],
  ])
  expect(spansOf(told)[0]).toEqual(['closed', 0, 10, 10])
})

test('unknown says nothing of the door, and a single wrong frame opens none where so many are asked for', async () => {
  const unknown = await run('Door Timeline', { input_files: day('oouuoocuuc') }, onTestFinished)
  expect(unknown.data[0].files[0]).toMatchObject({ openings: 0, open_at_start: true, seconds: { unknown: 40 } })
  const flicker = day('ccocccooocc')
  expect((await run('Door Timeline', { input_files: flicker }, onTestFinished)).data[0].files[0].openings).toBe(2)
  const settled = await run('Door Timeline', { input_files: flicker, frames: 2 }, onTestFinished)
  expect(spansOf(settled)).toEqual([
    ['closed', 0, 60, 60],
    ['open', 60, 90, 30],
    ['closed', 90, 100, 10],
  ])
})

test('each camera has a lane; what was not recorded is told', async () => {
  const settings: CameraThen = { activeModel: null, states: ['shut', 'open'], threshold: 0.8, masks: [] }
  const files = [...day('cco-', 'pi/z'), ...day('oo', 'pi/a'), fileAt('/upload.png')]
  const made = await run('Door Timeline', { input_files: files, time_zone: 'Europe/Vienna' }, onTestFinished, {
    cameras: { 'pi/z': settings },
  })
  expect(made.data[0].files.map(({ camera }: { camera: string }) => camera)).toEqual(['pi/a', 'pi/z'])
  expect(made.data[0].left_out.map(({ basename }: { basename: string }) => basename)).toEqual([
    `pi_z_${START + 30_000}`,
    'upload.png',
  ])
  const chart = made.pictures.get('timeline-chart')
  expect(chart).toMatchObject({ width: 1400, height: 20 + 2 * 96 + 44 })
  // The colours of its own states come first: closed, which is none of them, has the third; nothing is drawn beyond its end.
  const levels = (x: number, y: number) =>
    [0, 1, 2].map((plane) => chart?.samples[(plane * (chart?.height ?? 0) + y) * 1400 + x])
  const shown = new Set(Array.from({ length: 1400 }, (_, x) => levels(x, 20 + 96 + 50).join()))
  expect(shown).toContain('0,128,92')
  expect(shown).toContain('196,106,0')
  expect(shown.size).toBeGreaterThan(1)
})

test('a zone that there is not, and files of which nothing was recorded', async () => {
  const zone = run('Door Timeline', { input_files: day('co'), time_zone: 'Mars/Olympus' }, onTestFinished)
  await expect(zone).rejects.toThrow(/Mars\/Olympus is no time zone/)
  await expect(run('Door Timeline', { input_files: day('---') }, onTestFinished)).rejects.toThrow(
    /no result was recorded/,
  )
})
