import { randomBytes } from 'node:crypto'
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file without a name, for a process that is started with its descriptor: that reads what is written later. */
export interface NamelessFile {
  descriptor: number
  /** From its beginning. */
  write(text: string): void
  /** May be called more than once. */
  close(): void
}

export function namelessFile(): NamelessFile {
  const path = join(tmpdir(), `ajar-${randomBytes(12).toString('hex')}`)
  const descriptor = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  let isOpen = true
  return {
    descriptor,
    write(text) {
      if (!isOpen) throw new Error('whoever would read it has ended')
      writeSync(descriptor, text, 0)
    },
    close() {
      if (isOpen) closeSync(descriptor)
      isOpen = false
    },
  }
}
