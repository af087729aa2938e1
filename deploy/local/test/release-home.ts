import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Home, homeAt } from '@ajar/redeploy'
import { onTestFinished } from 'vitest'

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ajar-local-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export function put(file: string, text: string) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** A home of releases in a data folder, as a redeployer leaves it. */
export function homeIn(dataDir: string): Home {
  const home = homeAt(join(dataDir, 'deploy'))
  mkdirSync(home.releases, { recursive: true })
  return home
}

/** A release with these scripts, which run with our Node. */
export function release(home: Home, id: string, scripts: Record<string, string>) {
  const path = join(home.releases, id)
  for (const [file, text] of Object.entries(scripts)) put(join(path, file), text)
  put(join(path, 'package.json'), '{"type":"module"}')
  mkdirSync(join(path, 'bin'))
  symlinkSync(process.execPath, join(path, 'bin/node'))
  put(join(path, 'complete'), `${id}\n`)
}

export function link(place: string, id: string) {
  rmSync(place, { force: true })
  symlinkSync(join('releases', id), place)
}
