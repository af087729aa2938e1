import { beforeEach, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { attack, attempt, leftBy } from './attacks/attack.ts'
import { Caller, callerFor, KINDS } from './attacks/caller.ts'
import { compiled } from './attacks/compiled.ts'
import { until } from './running-server.ts'

describe.each(KINDS)('In a box that is made by: %s', (kind) => {
  let caller: Caller
  beforeEach(async (context) => {
    caller = await callerFor(kind, context)
  })

  test.each(['leaves', 'holds', 'many', 'runs-away'])(
    'a daemon does not outlive its parent, nor is it waited for: %s',
    async (daemon) => {
      const { end, stdout } = await attack(caller, 'daemons', [daemon], { limits: { ms: 10_000 } })
      expect(stdout).toBe('done\n')
      expect(end).toMatchObject({ code: 0, exceeded: null })
    },
  )

  test('signals to all end nobody but who sends them', async () => {
    const bystander = caller.run({ command: ['/bin/sh', '-c', 'sleep 2.5; echo unhurt'], limits: { ms: 20_000 } })
    const sent = ['kill', 'stop', 'all', 'own-group', 'segfault', 'stopped-child']
    const ends = await Promise.all(
      sent.map((signals) => attempt(caller, 'signals', [signals], { limits: { ms: 1500 } })),
    )
    for (const { end, error, stdout } of ends) {
      expect(error).toBeNull()
      expect(end?.exceeded ?? 'ended').toMatch(/^(ended|time)$/)
      expect(stdout).toMatch(/^begun\n(done\n)?$/)
    }
    expect(await bystander).toMatchObject({ stdout: 'unhurt\n', end: { code: 0 } })
    expect(await leftBy(caller)).toBe('')
  })

  test('whoever is ended by the signal of its caller leaves nothing', async () => {
    for (const abortAfterMs of [0, 5, 15, 40, 300]) {
      const { error } = await attempt(caller, 'bombs', ['spins'], { abortAfterMs, limits: { ms: 20_000 } })
      expect(error).toBe('Error: enough')
      expect(await leftBy(caller)).toBe('')
    }
  })

  test('its caller has as little open after a hundred of them as after one', async () => {
    const one = () => caller.run({ command: ['/bin/true'] })
    await one()
    await one()
    const before = caller.traces.descriptors
    for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 10 }, one))
    await until(() => caller.traces.descriptors.length <= before.length)
    expect(await leftBy(caller)).toBe('')
  })

  test('kill -9 of its caller ends all of it, and the next caller removes its cgroups', async () => {
    const doomed = await Caller.start(kind, afterFile)
    const mark = `ajar-attack-killed-${doomed.pid}`
    void doomed.run({ command: ['/box/attack', 'daemons', mark], files: compiled('daemons') })
    void doomed.run({
      command: ['/bin/sh', '-c', `/box/attack many ${mark}; sleep 25; : ${mark}`],
      files: compiled('daemons'),
      limits: { ms: 20_000 },
    })
    void doomed.run({ command: ['/box/attack', 'spins', mark], files: compiled('bombs'), limits: { ms: 20_000 } })
    const processes = () => doomed.traces.found(mark).filter((trace) => trace.startsWith('process'))
    await until(() => processes().length > 20)
    await doomed.kill()
    await until(() => processes().length === 0)
    const next = await Caller.start(kind, afterFile, { before: doomed })
    await next.run({ command: ['/bin/true'] })
    await until(() => doomed.traces.found(mark).filter((trace) => !trace.startsWith('file')).length === 0)
    expect(await leftBy(next, mark)).toBe('')
  })
})
