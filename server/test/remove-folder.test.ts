import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { removeFolder } from '../src/remove-folder.ts'
import { someFolders } from './some-launches.ts'

const DEEP = `/usr/bin/python3 -c 'import os
for i in range(600): os.mkdir("d" * 10); os.chdir("d" * 10)'`

test('a folder deeper than a path can say is removed, and one that is closed', async () => {
  const { folder, workFolder } = await someFolders()
  spawnSync('sh', ['-c', `${DEEP}; mkdir -p closed/in; chmod 0 closed`], { cwd: workFolder })
  await removeFolder(workFolder)
  expect(readdirSync(folder)).toEqual(['out'])
  await removeFolder(workFolder)
})
