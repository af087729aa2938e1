import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ajar-redeploy-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A release whose server is this program. */
export function releaseOf(server: string): string {
  const release = folder()
  for (const [file, text] of Object.entries({ 'server/src/main.ts': server, 'package.json': '{"type":"module"}' })) {
    mkdirSync(dirname(join(release, file)), { recursive: true })
    writeFileSync(join(release, file), text)
  }
  mkdirSync(join(release, 'bin'))
  symlinkSync(process.execPath, join(release, 'bin/node'))
  return release
}
