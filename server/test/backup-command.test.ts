import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DAY, Stored } from './stored.ts'
import { temporaryFolder } from './temporary-folder.ts'

const BACKUP = join(import.meta.dirname, '../src/backup-process.ts')

test('the command goes to where the settings say, and everybody else comes first', async () => {
  const stored = await Stored.open()
  await stored.put([1, DAY])
  await stored.label(DAY)
  const folder = await temporaryFolder(onTestFinished)
  const asked = join(folder, 'asked')
  // Says what it is asked for, and which niceness whoever asks has.
  const ionice = `#!/bin/sh\necho "$* $(cut -d ' ' -f 19 /proc/$PPID/stat)" >${asked}\n`
  writeFileSync(join(folder, 'ionice'), ionice, { mode: 0o755 })
  const backups = join(folder, 'backups')
  const env = { PATH: `${folder}:${process.env.PATH}`, AJAR_DATA_DIR: stored.folder, AJAR_BACKUP_DIR: backups }
  const made = spawnSync(process.execPath, [BACKUP], { env, encoding: 'utf8' })
  expect(made, made.stderr).toMatchObject({ status: 0, stdout: expect.stringContaining(`${backups}/ajar-`) })
  expect(readdirSync(backups).filter((name) => name.startsWith('ajar-'))).toHaveLength(1)
  const { PRIORITY_BELOW_NORMAL } = constants.priority
  expect(readFileSync(asked, 'utf8')).toBe(`-c 2 -n 7 -p ${made.pid} ${PRIORITY_BELOW_NORMAL}\n`)
})
