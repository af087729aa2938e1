import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { boxOfMachine } from '../src/sandbox/machine.ts'
import { describeBounds } from '../src/tasks/bounds/machine.ts'
import { launch } from '../src/tasks/launch/launch.ts'
import { boxed, shell } from './boxed.ts'

/**
 * Run in the place of a worker, under what its unit allows: launches tasks, which get so many milliseconds, and a box where
 * there can be one, and prints what came of it as a line of JSON.
 */
const limits = { ms: Number(process.argv[2] ?? 5000), memoryBytes: 200e6, processes: 30, outputBytes: 20e6 }
const scripts = {
  fine: '(setsid sh -c "sleep 300; : left-by-a-task" &)\necho x >"$6/x"; echo "___TASK STATUS___"; echo "{\\"outfile\\": \\"$6/x\\"}"',
  memory: `/usr/bin/python3 -c 'a = []
for i in range(100): a.append(b"x" * 10_000_000)'`,
  processes: 'i=0; while [ $((i += 1)) -lt 200 ]; do sleep 8 & done; sleep 8',
  output: 'head -c 10000000000 /dev/zero >big',
}
const outcomes: Record<string, string> = {}
for (const [name, script] of Object.entries(scripts)) {
  const folder = mkdtempSync(join(tmpdir(), 'probe-'))
  const [workFolder, outFolder, task] = [join(folder, 'work'), join(folder, 'out'), join(folder, 'task.sh')]
  for (const each of [workFolder, outFolder]) mkdirSync(each)
  writeFileSync(task, `#!/bin/sh\n${script}\n`, { mode: 0o700 })
  const start = {
    command: [task],
    name,
    params: null,
    workFolder,
    outFolder,
    limits,
    signal: new AbortController().signal,
  }
  outcomes[name] = await launch(start).then(
    () => 'fine',
    (error) => error.code,
  )
}
const commands = readdirSync('/proc')
  .filter((name) => /^\d+$/.test(name))
  .map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      return ''
    }
  })
/** What a task that nobody trusts finds, or why there is no box for one. */
async function boxHere() {
  const { missing, hierarchies } = await boxOfMachine()
  if (missing.length > 0) return missing.map(({ what }) => what)
  const { code, stdout } = await boxed(shell('id -u; ls /var/lib /etc/ajar 2>/dev/null; exit 2'), { limits })
  return { code, stdout, cgroups: hierarchies.map(({ base }) => base) }
}
const left = commands.filter((words) => words.includes('left-by-a-task')).length
console.log(
  JSON.stringify({ uid: process.getuid?.(), outcomes, left, bounds: await describeBounds(), box: await boxHere() }),
)
