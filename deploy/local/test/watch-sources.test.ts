import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { watchSources } from '../src/watch-sources.ts'

const FOLDERS = ['server/src/tasks', 'broker/src', 'broker/protocol/src', 'images/src', 'models/src']
const MORE = ['deploy/supervised/src', 'server/web/src/pages', 'server/web/public', 'server/tasks']

test('an edit of the server is told once, one of the console apart; tasks count by themselves', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ajar-watched-'))
  for (const folder of [...FOLDERS, ...MORE]) mkdirSync(join(root, folder), { recursive: true })
  const told: string[] = []
  const end = watchSources({ onServer: () => told.push('server'), onConsole: () => told.push('console') }, root)
  onTestFinished(() => {
    end()
    rmSync(root, { recursive: true })
  })
  const edit = (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${Math.random()}`)
  }
  edit('server/tasks/mine.ts')
  for (const name of ['a', 'b', 'c']) edit(`server/src/tasks/${name}.ts`)
  await vi.waitUntil(() => told.length > 0, 10_000)
  edit('server/web/src/pages/page.tsx')
  await vi.waitUntil(() => told.length > 1, 10_000)
  edit('images/src/image.ts')
  await vi.waitUntil(() => told.length > 2, 10_000)
  expect(told).toEqual(['server', 'console', 'server'])
  end()
  edit('server/src/tasks/a.ts')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(told).toHaveLength(3)
})
