import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MOST_FILES, sizeOf } from '../src/tasks/bounds/folder-size.ts'
import { failureOf, someFolders } from './some-launches.ts'

const DEEP = `/usr/bin/python3 -c 'import os
for i in range(600): os.mkdir("d" * 10); os.chdir("d" * 10)'`

test('what has a name that is no UTF-8 counts', async () => {
  const { workFolder } = await someFolders()
  spawnSync(
    'sh',
    ['-c', `mkdir "$(printf '\\377\\376')" && head -c 3000000 /dev/zero >"$(printf '\\377\\376/\\375')"`],
    {
      cwd: workFolder,
    },
  )
  expect(sizeOf([workFolder])).toMatchObject({ files: 2, largest: 3_000_000 })
})

test('folders deeper than a path can say are a flood, for whoever is called too', async () => {
  const { workFolder } = await someFolders()
  spawnSync('sh', ['-c', DEEP], { cwd: workFolder })
  expect(sizeOf([workFolder]).files).toBeGreaterThan(MOST_FILES)
  const { code, message } = await failureOf(`${DEEP}; sleep 5`)
  expect(`${code}: ${message}`).toMatch(/^too_much_output: .*deeper/)
})

test('a link in place of a folder is not followed', async () => {
  const { folder, workFolder } = await someFolders()
  spawnSync('sh', ['-c', 'head -c 3000000 /dev/zero >work/file; ln -s work link'], { cwd: folder })
  expect(sizeOf([join(folder, 'link')])).toEqual({ bytes: 0, files: 0, largest: 0 })
  expect(sizeOf([workFolder, join(folder, 'link')]).files).toBe(1)
})
