import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { CAMERA, FRAME_BYTES, Stored } from './stored.ts'
import { temporaryFolder } from './temporary-folder.ts'

const TIMES = [1, 2, 3, 4, 5]
const PENDING = 2
const LABELLED = [1, 3, 5]
const CHILD = new URL('./retention-child.ts', import.meta.url).pathname

/** Runs retention on the folder in a process of its own, which is killed after so many steps. @returns these */
async function killAfter(folder: string, steps: number): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, folder, String(steps)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (said.length === steps) child.kill('SIGKILL')
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, 'exit')
  return said
}

/** How often each of the frames is stored, all files together. */
function copies(folder: string): Map<number, number> {
  const count = new Map<number, number>()
  for (const name of readdirSync(`${folder}/frames`).filter((one) => one.endsWith('.db'))) {
    const file = new DatabaseSync(`${folder}/frames/${name}`) // it may have a transaction to undo
    for (const { time } of file.prepare('select captured_at as time from frames').all() as { time: number }[])
      count.set(time, (count.get(time) ?? 0) + 1)
    file.close()
  }
  return count
}

test('killed at any step of pruning, every kept frame is there, and after the next start it is there once', {
  timeout: 240_000,
}, async () => {
  const before = await Stored.open()
  for (const time of TIMES) await before.put([time], { pending: time === PENDING })
  for (const time of LABELLED) await before.label(time)
  await before.close()
  const steps: string[] = []
  for (let step = 1; ; step++) {
    const folder = await temporaryFolder(onTestFinished)
    cpSync(before.folder, folder, { recursive: true })
    const said = await killAfter(folder, step)
    if (said.length < step) break
    steps.push(said.at(-1) ?? '')
    const there = copies(folder)
    expect(LABELLED.filter((time) => !there.has(time))).toEqual([])
    const again = await Stored.open({ bytes: 1 }, folder)
    await again.retention.sweep()
    expect(copies(folder)).toEqual(new Map(LABELLED.map((time) => [time, 1])))
    expect(readdirSync(`${folder}/frames`).filter((name) => name.endsWith('.gone'))).toEqual([])
    expect(await again.left(TIMES)).toEqual(LABELLED)
    expect((await again.archive.find(CAMERA, 1))?.size).toBe(FRAME_BYTES)
    const ended = await again.database.read.selectFrom('frames').select('captured_at').orderBy('captured_at').execute()
    expect(ended.map(({ captured_at }) => captured_at)).toEqual(TIMES)
    await again.close()
  }
  const ofTheFirst = ['before it is skipped', 'recorded as skipped', 'skipped', 'kept 1', 'out of sight']
  expect(steps.slice(0, 7)).toEqual([...ofTheFirst, 'before its room goes back', 'after'])
  expect(steps.filter((step) => step === 'after')).toHaveLength(3)
})
