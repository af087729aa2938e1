import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

/** Loaded before anything else: below the folder `FULL` nothing can be written as long as `current` leads to release `b` there. */
const folder = process.env.FULL ?? ''
const { readlinkSync } = fs

function isFull(): boolean {
  return readlinkSync(join(folder, 'current')).endsWith('/b')
}

for (const name of ['writeFileSync', 'appendFileSync'] as const) {
  const operation = fs[name] as (...args: unknown[]) => unknown
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      if (isFull()) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      return Reflect.apply(operation, fs, args)
    },
  })
}
syncBuiltinESMExports()
