import { fstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const STANDARD_OUTPUT = 1

/**
 * The machine line that tells the admin token of a first start. Where standard output is the journal of systemd, which keeps
 * what it is told and shows it to others, the token stands in a file for the operator's eyes and the line names that file.
 */
export function tokenLine(token: string, dataDir: string): object {
  if (!isJournal(process.env.JOURNAL_STREAM)) return { admin: { token } }
  const file = join(dataDir, 'run', 'admin-token')
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${token}\n`, { mode: 0o600 })
  return { admin: { file } }
}

/** systemd names the device and the inode of the journal's stream; whoever redirects the output keeps only the name. */
function isJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false
  const { dev, ino } = fstatSync(STANDARD_OUTPUT)
  return stream === `${dev}:${ino}`
}
