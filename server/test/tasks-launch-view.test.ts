import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { boundsOfMachine } from '../src/tasks/bounds/machine.ts'
import { executable, LIMITS, launchIn, someFolders } from './some-launches.ts'

const CHILD = fileURLToPath(new URL('tasks-launch-child.ts', import.meta.url))
const isRoot = process.geteuid?.() === 0
/** What it sees, in place of a result. */
const LOOKS = `{
cat "$DATA/state.db" 2>&1; echo x >"$DATA/state.db" || echo refused; ls -A "$DATA" "$DATA/tasks"; ls "$OTHERS" || echo none; cat "$DATA/tasks/beside"
echo left >/tmp/ajar-view; echo left >/dev/shm/ajar-view; echo left >/var/tmp/ajar-view
umount "$DATA" && echo uncovered; unshare --user --map-root-user --mount umount "$DATA" && echo uncovered
cat "$DATA/state.db"; [ $(ls /proc | grep -c '^[0-9]') -lt 9 ] && echo few; umount /proc && echo uncovered; ipcmk -M 1000 >/dev/null || :
touch "$4/moved" && mv "$4/moved" "$6/moved" && id -u; } >"$6/result" 2>/dev/null
echo '___TASK STATUS___'
echo "{\\"outfile\\": \\"$6/result\\"}"`

test.skipIf(!isRoot)(
  'data that is hidden is not there for a task, nor are files of others in temporary folders',
  async (context) => {
    if (!(await boundsOfMachine()).containment.mounted) return context.skip('nothing can be mounted here')
    const { launch, looked } = await prepared()
    await launchIn(launch, launch.command, launch)
    looked()
  },
)

test.skipIf(!isRoot)('the same for an ordinary user, who stays one', async (context) => {
  const { launch, looked, folder } = await prepared()
  const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const child = spawn(user[0] as string, [...user.slice(1), process.execPath, CHILD, JSON.stringify([launch])])
  onTestFinished(() => void child.kill('SIGKILL'))
  const [outcome, bounds] = (await child.stdout.toArray())
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  if (
    !bounds.some(({ name, enforced }: { name: string; enforced: string }) => name === 'view' && enforced === 'kernel')
  )
    return context.skip('no user may mount here')
  expect(outcome).toMatchObject({ code: 'fine' })
  looked('65534')
  expect(existsSync(folder)).toBe(true)
})

async function prepared() {
  const folders = await someFolders()
  const { folder: others } = await someFolders()
  const data = join(folders.folder, 'data of ajar')
  mkdirSync(join(data, 'tasks'), { recursive: true })
  writeFileSync(join(data, 'state.db'), 'SQLite')
  chmodSync(join(data, 'state.db'), 0o666)
  writeFileSync(join(data, 'tasks', 'beside'), 'beside\n')
  const task = executable(join(data, 'tasks'), 'task.sh', `#!/bin/sh\nDATA='${data}' OTHERS='${others}'\n${LOOKS}`)
  const { folder, workFolder, outFolder } = folders
  const common = { name: 'some', params: null, workFolder, outFolder, limits: LIMITS }
  const launch = { ...common, folder, command: [task], view: { hidden: [data], shown: [join(data, 'tasks')] } }
  return {
    folder,
    launch,
    looked(uid = '0') {
      const text = readFileSync(join(outFolder, 'result'), 'utf8')
      expect(text.split('\n')).toEqual([
        `cat: '${data}/state.db': No such file or directory`,
        'refused',
        `${data}:`,
        'tasks',
        '',
        `${data}/tasks:`,
        ...['beside', 'task.sh', 'none', 'beside', 'few', uid, ''],
      ])
      expect(readFileSync(join(data, 'state.db'), 'utf8')).toBe('SQLite')
      for (const left of ['/tmp', '/dev/shm', '/var/tmp']) expect(existsSync(`${left}/ajar-view`)).toBe(false)
    },
  }
}
