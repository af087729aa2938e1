import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Loaded before anything else: ends this process by SIGKILL right before its operation number `KILL_AT` on files below
 * `KILL_BELOW`, or tells with the line `operations N` how many there were.
 */
const [at, below] = [Number(process.env.KILL_AT), process.env.KILL_BELOW ?? '']
const WRITES = [
  'writeFileSync',
  'appendFileSync',
  'renameSync',
  'symlinkSync',
  'rmSync',
  'fsyncSync',
  'mkdirSync',
] as const
let operations = 0

for (const name of WRITES) {
  const operation = fs[name] as (...args: unknown[]) => unknown
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      if (typeof args[0] === 'number' || String(args[0]).startsWith(below)) count()
      return operation(...args)
    },
  })
}
syncBuiltinESMExports()
process.once('exit', () => console.log(`operations ${operations}`))

function count() {
  operations += 1
  if (operations === at) process.kill(process.pid, 'SIGKILL')
}
