import { chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import server from '../package.json' with { type: 'json' }
import { BackupError } from './backup/backup-error.ts'
import { stateBytes } from './backup/copy-state.ts'
import { counted } from './backup/counted.ts'
import { become, type Owner } from './backup/data-folder-owner.ts'
import { giveWay } from './backup/give-way.ts'
import { makeBackup } from './backup/make-backup.ts'
import { megabytes } from './backup/megabytes.ts'
import { runCommand, terminalProgress } from './backup/run-command.ts'
import { settleJournals } from './backup/settle-journals.ts'
import { settingsOrExit } from './read-settings.ts'
import { diskOf, limitsFor } from './retention/limits.ts'
import { readSettings } from './settings.ts'

/** `npm run backup [-- FOLDER]`: a backup of the data folder, beside a running server or without one. */

const USAGE = `Usage: npm run backup [-- [FOLDER] [--all-frames]]

Makes a folder ajar-TIME in FOLDER (AJAR_BACKUP_DIR, or "backups" in the data folder) that holds state, kept frames and models
of AJAR_DATA_DIR. The server may run meanwhile. With --all-frames every other frame is in it too.
Run it as the user whose data it is, or as root.`

process.umask(0o077)
await runCommand('backup', USAGE, async () => {
  const options = { 'all-frames': { type: 'boolean', default: false } } as const
  const { positionals, values } = parseArgs({ allowPositionals: true, options })
  const settings = settingsOrExit(() => readSettings(process.env))
  const { dataDir } = settings
  await stateBytes(dataDir) // else a folder of a wrong name would be made
  const folder = resolve(positionals[0] ?? settings.backupDir ?? join(dataDir, 'backups'))
  beOwner(statSync(dataDir), folder)
  giveWay()
  const isAlone = settleJournals(dataDir)
  const { show, end } = terminalProgress()
  const { freeBytes } = limitsFor(settings, await diskOf(dataDir))
  const made = await makeBackup(
    {
      ...{ dataDir, folder, kind: 'asked', allFrames: values['all-frames'] },
      ...{ leastFreeBytes: freeBytes, release: server.version, rests: !isAlone },
    },
    async (phase, fraction) => show(phase, fraction),
  ).finally(end)
  const { kept, others, gone, models, modelsGone } = made.counts
  console.log(
    `${join(folder, made.name)}: ${megabytes(made.bytes)} (${megabytes(made.newBytes)} of it new), ` +
      `${counted(kept + others, 'frame')}, ${counted(models, 'model')}`,
  )
  if (gone > 0) console.log(`${counted(gone, 'kept frame')} without a picture any more: removed, or pruned before`)
  if (modelsGone > 0) console.log(`${counted(modelsGone, 'model')} without files any more`)
  console.log(`Restore it into an empty machine: npm run restore -- ${join(folder, made.name)} DATA_DIR`)
})

/**
 * Root makes a folder for whoever has the data, and goes on as that user: what is the server's to write, root never follows.
 * @throws BackupError `not_owned`
 */
function beOwner({ uid, gid }: Owner, folder: string) {
  if (process.getuid?.() !== 0 || uid === 0) return
  if (!existsSync(folder) && statSync(dirname(folder)).uid === 0) {
    mkdirSync(folder, { mode: 0o700 })
    chownSync(folder, uid, gid)
  } else if (existsSync(folder) && statSync(folder).uid !== uid) {
    const message = `${folder} is not of the user of the data: chown ${uid}:${gid} ${folder}, or name a folder that does not exist yet`
    throw new BackupError('not_owned', message)
  }
  become({ uid, gid })
}
