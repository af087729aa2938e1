import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import type { Story } from '../../../test/gpio/stories.ts'
import { boxOfMachine } from '../../src/sandbox/machine.ts'
import { selfTest } from '../../src/sandbox/self-test/self-test.ts'
import { boxed, shell } from '../boxed.ts'

/** What holds in the units of the programs worker, and of the job worker, where cgroups are of version 2. */

const DELEGATED = '/sys/fs/cgroup/system.slice/ajar-programs.service'
const WORKER = '/sys/fs/cgroup/system.slice/ajar-worker.service'
const MIB = 1024 * 1024
/** Each process there costs as much as a hundred here. */
const SLOW = { ms: 90_000 }

export const stories: Record<string, Story> = {
  'tasks are bounded by the kernel, and there are boxes for those that nobody trusts': async ({ saw }) => {
    const text = readFileSync('/run/ajar-worker.out', 'utf8')
    const { outcomes, left, bounds, box } = JSON.parse(text)
    for (const { name, enforced, text } of bounds) saw(`${name}: ${enforced}, ${text}`)
    assert.deepEqual(outcomes, {
      fine: 'fine',
      memory: 'too_much_memory',
      processes: 'too_many_processes',
      output: 'too_much_output',
    })
    assert.equal(left, 0)
    for (const name of ['memory', 'processes'])
      assert.equal(bounds.find((bound: { name: string }) => bound.name === name)?.enforced, 'kernel')
    // Those that nobody trusts have boxes there.
    assert.deepEqual(box, { code: 2, stdout: '1002\n', cgroups: [WORKER] })
  },

  'boxes can be had, and each has users that nobody else has': async ({ saw }) => {
    const { missing, users, hierarchies } = await boxOfMachine()
    saw(`users ${users.first} to ${users.first + users.count - 1}; cgroups in ${hierarchies.map(({ base }) => base)}`)
    assert.deepEqual(missing, [])
    assert.deepEqual(
      hierarchies.map(({ base }) => base),
      [DELEGATED],
    )
    assert.equal(users.kind, 'root')
  },

  'the attacks of the self-test fail': async () => {
    assert.deepEqual(await selfTest(), { ok: true })
  },

  'a program runs in a box, and says what it has to say': async () => {
    const end = await boxed(shell('echo out; echo err >&2; id -u; exit 3'))
    assert.deepEqual([end.code, end.exceeded, end.stderr], [3, null, 'err\n'])
    assert.match(end.stdout, /^out\n\d+\n$/)
  },

  'one that takes more memory than it may is ended for that': async () => {
    // It looks for the end of a line that has none.
    const end = await boxed(shell('tail -n 1 /dev/zero'), { limits: { ...SLOW, memoryBytes: 64 * MIB } })
    assert.equal(end.exceeded, 'memory')
  },

  'the files that it writes count as its memory': async () => {
    const end = await boxed(shell('head -c 100000000 /dev/zero >big'), {
      limits: { ...SLOW, memoryBytes: 32 * MIB, folderBytes: 200 * MIB },
    })
    assert.equal(end.exceeded, 'memory')
  },

  'one that starts more processes than it may is ended for that': async () => {
    const end = await boxed(shell('i=0; while [ $((i += 1)) -lt 60 ]; do sleep 20 & done; sleep 20'), {
      limits: { ...SLOW, processes: 20 },
    })
    assert.equal(end.exceeded, 'processes')
  },

  'one that sleeps is ended when its time is over, with all that it left': async () => {
    const end = await boxed(shell('setsid sleep 300 & sleep 300'), { limits: { ms: 1500 } })
    assert.equal(end.exceeded, 'time')
  },

  'nothing is left of all these: no cgroup, no process': async () => {
    assert.deepEqual(
      readdirSync(DELEGATED).filter((name) => name.startsWith('ajar-box-')),
      [],
    )
    const commands = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
        } catch {
          return '' // it has just ended
        }
      })
    assert.deepEqual(
      commands.filter((command) => /^(sleep|bwrap|\/usr\/bin\/bwrap)\0/.test(command)),
      [],
    )
  },
}
