import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { homeAt } from '../src/home/home.ts'
import { changePending, newPending, writePending } from '../src/home/pending.ts'
import { linkRelease } from '../src/home/releases.ts'
import type { Host } from '../src/host.ts'
import { Redeployer } from '../src/redeployer.ts'
import type { Step } from '../src/step.ts'
import { STEP_LIST } from '../src/steps/steps.ts'

const REQUEST = { v: 1 as const, job: 'job-1', ref: 'b', release: null, force: false, by: 'test' }

/** Release `b` was good on trial, and now is to be kept. */
function atKeep(keep: Step) {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-keep-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const home = homeAt(folder)
  linkRelease(home.current, 'b')
  writePending(home, newPending({ release: 'b', from: 'a', request: REQUEST, startedAt: 1, phase: 'trial' }))
  const settings = { remote: null, unsigned: true, signersFile: '', kept: 5, trialMs: 1 }
  const steps = { ...STEP_LIST, keep }
  const signal = new AbortController().signal
  const redeployer = new Redeployer({ home, host: {} as Host, settings, steps, say: () => {}, signal })
  return { home, redeployer, context: redeployer.contextOf(REQUEST) }
}

test('what could not be noted as kept is not called so: the next start may go back from it', async () => {
  const { redeployer, context } = atKeep(async () => {
    throw new Error('ENOSPC')
  })
  expect(await redeployer.goOn(context, 'keep')).toMatchObject({ state: 'running', step: 'keep', endedAt: null })
})

test('once that is noted it is kept, whatever else fails', async () => {
  const { redeployer, context } = atKeep(async ({ home }) => {
    changePending(home, { phase: 'keep' })
    throw new Error('ENOSPC')
  })
  expect(await redeployer.goOn(context, 'keep')).toMatchObject({ state: 'kept' })
})
