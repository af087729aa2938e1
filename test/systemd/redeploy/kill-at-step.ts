import type { StepName } from '@ajar/redeploy'
import type { Machine } from '../machine.ts'

/**
 * Has the redeployer kill itself at a step: when its run file is about to say so, or has just said so; `counted`: when it has
 * noted that a trial is under way, as it does before each. No line of the product
 * knows of it: a script is loaded into its process before its own code, and stands between it and node:fs.
 */
export interface KillAt {
  step: StepName | 'counted'
  when: 'before' | 'after'
  /** So often: a redeployer that was started again comes to the same step. */
  times: number
}

const UNIT = 'ajar-redeploy.service'
const SCRIPT = '/opt/kill-at-step.mjs'
const ORDER = '/opt/kill-at-step.json'
/** Its children, such as Debian's own Node, read it as well. */
const TEXT = `
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

if (process.argv[1]?.endsWith('/deploy/redeploy/src/main.ts')) {
  const { existsSync, readFileSync, renameSync, writeFileSync } = fs
  const read = (path) => JSON.parse(readFileSync(path, 'utf8'))
  const said = new Set()
  const stepIn = (path, { step, phase }) => {
    if (/\\/runs\\/[^/]+\\.json$/.test(path)) return step
    return path.endsWith('/pending.json') && phase === 'trial' ? 'counted' : null
  }
  fs.renameSync = (from, to) => {
    const isJson = to.endsWith('.json')
    const written = isJson ? read(from) : {}
    const step = isJson ? stepIn(to, written) : null
    const isFirst = step !== null && !said.has(written.job + step)
    said.add(written.job + step)
    const order = isFirst && existsSync('${ORDER}') ? read('${ORDER}') : null
    const isDue = order?.step === step && order.times > 0
    if (isDue) writeFileSync('${ORDER}', JSON.stringify({ ...order, times: order.times - 1 }))
    if (isDue && order.when === 'before') process.kill(process.pid, 'SIGKILL')
    renameSync(from, to)
    if (isDue) process.kill(process.pid, 'SIGKILL')
  }
  syncBuiltinESMExports()
}
`

export async function armKills(machine: Machine): Promise<void> {
  await machine.write(SCRIPT, TEXT)
  const dropIn = `[Service]\nEnvironment=NODE_OPTIONS=--import=${SCRIPT}\n`
  await machine.write(`/etc/systemd/system/${UNIT}.d/test.conf`, dropIn)
  await machine.shell('systemctl daemon-reload')
}

export async function killAt(machine: Machine, order: KillAt): Promise<void> {
  await machine.write(ORDER, JSON.stringify(order))
}

/** @returns how many of the kills that were ordered did not come */
export async function killsLeft(machine: Machine): Promise<number> {
  const { times } = JSON.parse(await machine.shell(`cat ${ORDER}`)) as KillAt
  await machine.shell(`rm ${ORDER}`)
  return times
}
