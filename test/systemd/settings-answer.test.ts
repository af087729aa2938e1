import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/**
 * What install.sh, which is root, takes from the process that it asks for the settings: that one runs as the server's user, and
 * a server in somebody else's hands could have it say anything.
 */
const SCRIPT = `set -eu
part=server release=/opt/ajar/releases/x settings=$1 answer=$2
fail() { echo "$*" >&2; exit 1; }
. ./deploy/release/settings.sh
check_answer`

const GOOD = ['data=/var/lib/ajar', 'kept=5', 'http=[::]:20002', 'mqtt=127.0.0.1:1883', 'link=http://door-7.lan:20002']

function taken(answer: string[], environment = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const settings = join(folder, 'ajar.env')
  writeFileSync(settings, environment)
  const { status, stderr } = spawnSync('sh', ['-c', SCRIPT, 'sh', settings, answer.join('\n')], { encoding: 'utf8' })
  return status === 0 ? 'taken' : stderr
}

test('an answer as the server gives it is taken, and folders as the settings write them', () => {
  expect(taken(GOOD)).toBe('taken')
  const folders = ['data=/srv/ajar data', 'backups=/srv/backups', ...GOOD.slice(1)]
  const written = 'X=1\n AJAR_DATA_DIR = "/srv//ajar data/"\nAJAR_BACKUP_DIR=/srv/./backups/\n'
  expect(taken(folders, written)).toBe('taken')
})

test.each([
  ['ListenStream=/etc/x', /not what it should be/],
  ['http=/run/x', /not what it should be/],
  ['data=relative', /not what it should be/],
  ['[Socket]', /not what it should be/],
  ['ExecStartPre=/var/lib/ajar/evil', /not what it should be/],
  ['http=127.0.0.1:22', /twice/],
  ['data=/srv/ajar', /twice/],
  ['backups=/lib/systemd/system/ssh.service.d', /is not named there/],
  ['backups=/srv', /is not named there/],
])('one that also says %s is not', (line, why) => {
  expect(taken([...GOOD, line], 'AJAR_BACKUP_DIR=/srv/backups\n')).toMatch(why)
})
