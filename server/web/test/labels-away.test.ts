import { beforeEach, expect, test, vi } from 'vitest'
import type { FrameBody } from '../src/api/bodies.ts'
import { ApiError } from '../src/api/client.ts'
import { Notices } from '../src/design/notices.ts'
import { saveLabels } from '../src/pages/teach/calls.ts'
import { LostLabels } from '../src/pages/teach/lost-labels.ts'
import { Sheet } from '../src/pages/teach/sheet.ts'
import { openAt, serve } from './browser.ts'

/** What becomes of labels that are said while the server is away. */

const MINUTE_MS = 60_000

beforeEach(() => {
  vi.useFakeTimers()
  openAt('/teach/pi/door')
  return () => void vi.useRealTimers()
})

function deskOf(count: number) {
  const frames = Array.from({ length: count }, (_, i) => ({ id: `pi/door/${i}`, outcome: 'classified', label: null }))
  const notices = new Notices()
  const lost = new LostLabels(notices)
  const sheet = new Sheet({ save: saveLabels, onFailed: (error, count) => lost.tell(error, count) })
  sheet.show(frames as unknown as FrameBody[])
  const label = (state: string) => {
    sheet.see(sheet.current.value?.id ?? null)
    sheet.label(state)
  }
  return { sheet, notices, label, texts: () => notices.all.value.map(({ text }) => text) }
}

/** A server that is away, or not ready, until it is back. */
function server() {
  const kept: string[] = []
  const state = { status: 0 }
  serve((_, body) => {
    if (state.status === 0) return null
    if (state.status !== 200) return [state.status, { error: { code: 'no', message: 'it refuses' } }]
    for (const { frame, state } of (body as { labels: { frame: string; state: string }[] }).labels)
      kept.push(`${frame.split('/')[2]} ${state}`)
    return [204, {}]
  })
  return { state, kept }
}

test('labels that are said while the server is away are shown, and kept in their order when it is back', async () => {
  const { state, kept } = server()
  const { sheet, label, texts } = deskOf(3)
  label('open')
  label('closed')
  await vi.advanceTimersByTimeAsync(MINUTE_MS / 2)
  state.status = 503 // it begins
  label('open')
  await vi.advanceTimersByTimeAsync(MINUTE_MS / 2)
  expect(sheet.frames.value.map(({ label }) => label)).toEqual(['open', 'closed', 'open'])
  expect([kept, texts()]).toEqual([[], []])
  state.status = 200
  await vi.advanceTimersByTimeAsync(MINUTE_MS / 2)
  await sheet.kept
  expect(kept).toEqual(['0 open', '1 closed', '2 open'])
  expect(texts()).toEqual([])
})

test('after two minutes one notice says how many were not kept, and they are not shown any more', async () => {
  server()
  const { sheet, label, notices, texts } = deskOf(3)
  label('open')
  label('open')
  sheet.kept.catch(() => {})
  await vi.advanceTimersByTimeAsync(3 * MINUTE_MS)
  expect(texts()).toEqual(['2 labels were not kept, for the server was away: say them again.'])
  expect(sheet.frames.value.map(({ label }) => label)).toEqual([null, null, null])
  notices.reached()
  expect(texts()).toHaveLength(1)
})

test('what the server refuses is not tried again', async () => {
  const { state } = server()
  state.status = 400
  const { sheet, label, texts } = deskOf(1)
  label('open')
  sheet.kept.catch(() => {})
  await vi.advanceTimersByTimeAsync(0)
  expect(texts()).toEqual(['it refuses'])
})

test('a notice does not stand twice, and one of a server that is away goes when it is back', () => {
  const notices = new Notices()
  const away = () => new ApiError(0, 'unreachable', 'The server does not answer.')
  expect(notices.failed(away())).toBe(notices.failed(away()))
  notices.failed(new Error('it is full'))
  notices.done('Saved.')
  notices.done('Saved.')
  expect(notices.all.value.map(({ text }) => text)).toEqual(['The server does not answer.', 'it is full', 'Saved.'])
  notices.reached()
  expect(notices.all.value.map(({ text }) => text)).toEqual(['it is full', 'Saved.'])
})
