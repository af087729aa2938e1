import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { counted } from './backup/counted.ts'
import { ownerNamed } from './backup/data-folder-owner.ts'
import { restore } from './backup/restore.ts'
import { runCommand, terminalProgress } from './backup/run-command.ts'
import { readAll, SHARED, settingsOrExit } from './read-settings.ts'

/** `npm run restore -- BACKUP [DATA_DIR]`: makes a data folder of a backup. */

const USAGE = `Usage: npm run restore -- BACKUP [DATA_DIR] [--owner USER] [--brief]

BACKUP is one folder ajar-TIME. DATA_DIR (AJAR_DATA_DIR) is made, or is there and empty: nothing is ever overwritten. Every
digest is compared before and after. Root gives all of it to USER, or to whoever has DATA_DIR or the folder around it. With
--brief it does not say what to do next.`

const OPTIONS = { owner: { type: 'string' }, brief: { type: 'boolean', default: false } } as const

/** What a full disk leaves to everybody else. */
const LEAST_FREE_BYTES = 64 * 1024 ** 2

process.umask(0o077)
await runCommand('restore', USAGE, async () => {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: OPTIONS })
  const [backup, named, ...rest] = positionals
  if (backup === undefined || rest.length > 0)
    throw Object.assign(new Error('name a backup, and perhaps a data folder'), { code: 'bad_use' })
  const dataDir = named === undefined ? settingsOrExit(() => readAll(SHARED, process.env)).dataDir : resolve(named)
  const owner = values.owner === undefined ? null : ownerNamed(values.owner)
  console.log(`Restoring ${resolve(backup)} into ${dataDir}`)
  const { show, end } = terminalProgress()
  const order = { backup: resolve(backup), dataDir, owner, leastFreeBytes: LEAST_FREE_BYTES }
  const { counts, startedAt, release, allFrames } = await restore(order, show).finally(end)
  const frames = allFrames ? `all ${counted(counts.kept + counts.others, 'frame')}` : counted(counts.kept, 'kept frame')
  console.log(
    `${dataDir} is as it was at ${startedAt} (release ${release}): ${frames}, ${counted(counts.models, 'model')}.`,
  )
  if (values.brief) return
  console.log(`
Next:
- Settings are not in a backup: bring /etc/ajar/ajar.env, or what you start ajar with, and certificates and keys.
- Start ajar on it: AJAR_DATA_DIR=${dataDir} npm start, or install.sh server where it is a service.
- Tokens and passwords are those of then. Devices connect with theirs: give this machine the old one's name or address.
- Never let the old machine run beside this one: each would know what the other does not.`)
})
