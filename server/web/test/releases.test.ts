import { expect, test } from 'vitest'
import type { ReleaseBody } from '../src/api/release-bodies.ts'
import { mayGo, restoreLine, sizeInWords } from '../src/backups/backup.ts'
import { outcomeOf } from '../src/pages/releases/outcome.ts'
import {
  choiceOf,
  firstLineOf,
  lastKept,
  originInWords,
  signerInWords,
  whyCheckout,
} from '../src/pages/releases/release.ts'
import { stepInWords, stepsAt } from '../src/pages/releases/steps.ts'

/** How a redeploy, what became of it, releases and backups are said. */

const release = (version: string, madeAt: string, more: Partial<ReleaseBody> = {}): ReleaseBody => ({
  id: `server-${version}-0123456789abcdef`,
  version,
  ref: `v${version}`,
  commit: '4c1f9a70b2d84e5c9f0a1b2c3d4e5f60718293a4',
  signer: 'mara@example.net',
  state: 'good',
  reason: null,
  madeAt,
  deployedAt: madeAt,
  isCurrent: false,
  isTrusted: false,
  ...more,
})
const NONE = { current: null, items: [] }
const failed = (phase: string, code: string) =>
  outcomeOf({ state: 'failed', phase, error: { code, message: 'this is why' }, result: null }, NONE)

test('a step is done, under way or ahead; one of a newer redeployer leaves all ahead', () => {
  const { length } = stepsAt(null)
  expect(stepsAt('verify').map(({ state }) => state)).toEqual(['done', 'now', ...Array(length - 2).fill('ahead')])
  expect(stepsAt('a-newer-step').map(({ state }) => state)).toEqual(Array(length).fill('ahead'))
  expect(stepInWords('trial')).toBe('Watch whether it answers well')
  expect(stepInWords('a-newer-step')).toBeNull()
})

test('what was refused changed nothing, and whose fault it is decides what can be done', () => {
  const forged = failed('verify', 'bad_signature')
  expect(forged).toMatchObject({ tone: 'warn', title: 'Its signature is wrong', reason: 'this is why' })
  expect(forged.text).toBe('Nothing was changed: it ended at “Check who signed them”. What ran before runs on.')
  expect(forged.advice).toContain('Do not deploy it')
  expect(failed('verify', 'not_signed').advice).toContain('AJAR_RELEASE_UNSIGNED=1')
  expect(failed('verify', 'unknown_signer').advice).toContain('If you trust that key')
  expect(failed('verify', 'no_signers').advice).toContain('missing or names no key')
  expect(failed('preflight', 'not_ready')).toMatchObject({ tone: 'warn', title: 'It was refused', advice: null })
})

test('after the switch it went back', () => {
  expect(failed('trial', 'sick')).toMatchObject({ tone: 'bad', title: 'It went back', reason: 'this is why' })
  expect(failed('pending', 'failed').title).toBe('It was refused')
  // Killed at the switch, it may have been on either side of it.
  expect(failed('switch', 'interrupted')).toMatchObject({ title: 'It was interrupted', advice: 'Ask for it again.' })
})

test('what is done was kept; only of what runs is it said that it is the release now', () => {
  const it = release('1.6.0', '2026-11-30T00:00:00.000Z')
  const kept = (
    current: string | null,
    items: ReleaseBody[],
    downMs: number | null = null,
    message: string | null = null,
  ) =>
    outcomeOf(
      { state: 'done', phase: null, error: null, result: { release: it.id, version: '1.6.0', downMs, message } },
      { current, items },
    )
  const text = '1.6.0 started, answered well, and was kept.'
  expect(kept(it.id, [it], 1234)).toMatchObject({
    ...{ tone: 'good', title: 'It is the release now', text: `${text} For 1.2 s nobody was served.` },
  })
  expect(kept(it.id, [it], null, '1.6.0 runs already')).toMatchObject({ text, reason: '1.6.0 runs already' })
  const past = { tone: 'good', title: 'It was kept then' }
  for (const current of [null, 'server-1.7.0-00112233'])
    expect(kept(current, [it])).toMatchObject({ ...past, text: `${text} It does not run any more.` })
  // The job came along in a backup.
  expect(kept(null, [])).toMatchObject({ ...past, text: `${text} It does not lie on this machine.` })
})

test('a checkout runs before the first release that is kept, and where it was changed or asked for', () => {
  const [older, newer] = [release('1.4.0', '2026-11-10T00:00:00.000Z'), release('1.5.0', '2026-11-20T00:00:00.000Z')]
  const bad = release('1.6.0', '2026-11-30T00:00:00.000Z', { state: 'bad', deployedAt: null })
  expect(lastKept([bad, older, newer])).toBe(newer)
  expect(lastKept([bad])).toBeUndefined()
  expect(whyCheckout([])).toMatch(/^No release was deployed here yet/)
  expect(whyCheckout([bad])).toMatch(/^No release was kept here so far/)
  expect(whyCheckout([bad, older])).toMatch(/^It has changed since the last deploy, or was asked for/)
})

test('of a reason the first line is shown, so long as a phone has room for', () => {
  expect(firstLineOf('it is sick\n')).toEqual({ first: 'it is sick', rest: '' })
  expect(firstLineOf('it crashed\nat one\nat two')).toEqual({ first: 'it crashed', rest: 'at one\nat two' })
  const words = 'word '.repeat(100).trim()
  const { first, rest } = firstLineOf(words)
  expect(first.length).toBeLessThanOrEqual(160)
  expect(`${first} ${rest}`).toBe(words)
  expect(firstLineOf('x'.repeat(161)).rest).toBe('x')
})

test('an older release that ran is gone back to; a bad one is run only by force', () => {
  const current = release('1.5.0', '2026-11-20T00:00:00.000Z', { isCurrent: true })
  const older = release('1.4.0', '2026-11-10T00:00:00.000Z')
  expect(choiceOf(older, current)).toEqual({ action: 'Go back to it', isForced: false })
  expect(choiceOf(current, older)).toEqual({ action: 'Run it', isForced: false })
  expect(choiceOf({ ...older, deployedAt: null, state: 'new' }, current).action).toBe('Run it')
  expect(choiceOf({ ...older, state: 'bad' }, current)).toEqual({ action: 'Run it all the same', isForced: true })
  expect(choiceOf(older, undefined).action).toBe('Run it')
})

test('nobody is not the same as not known', () => {
  expect(signerInWords({ signer: null, state: 'good' })).toBe('nobody')
  expect(originInWords({ signer: null, state: 'unknown' })).toBe('Installed by hand')
  expect(originInWords({ signer: 'mara', state: 'good' })).toBe('Signed by mara')
  expect(signerInWords({ signer: null, state: 'unknown' })).toBe('not known: it was installed by hand')
})

test('sizes of backups have two digits at most, in the unit that people count in', () => {
  expect([0, 999, 1000, 1_234_567, 99_900_000, 1_430_000_000, 2e13].map(sizeInWords)).toEqual([
    ...['0 bytes', '999 bytes', '1 kB', '1.2 MB', '100 MB', '1.4 GB', '20 TB'],
  ])
})

test('the last backup that can be restored stays', () => {
  const backup = (name: string, complete: boolean) =>
    ({ ...{ name, complete, at: '', bytes: 0, frames: 0, models: 0 }, kind: 'asked' }) as const
  const [whole, other, part] = [backup('a', true), backup('b', true), backup('c', false)]
  expect([mayGo(whole, [whole, part]), mayGo(part, [whole, part]), mayGo(whole, [whole, other])]).toEqual([
    ...[false, true, true],
  ])
})

test('a restore is one line for a shell, whatever the folder is called', () => {
  expect(restoreLine('/var/lib/ajar/backups', '2026-11-30')).toBe(
    'npm run restore -- /var/lib/ajar/backups/2026-11-30 DATA_DIR',
  )
  expect(restoreLine("/mnt/mara's disk", 'a')).toBe(`npm run restore -- '/mnt/mara'\\''s disk/a' DATA_DIR`)
})
