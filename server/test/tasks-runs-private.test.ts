import { expect, test } from 'vitest'
import { sh, startTasks } from './some-task-runs.ts'

test('what a call prints, and why it fails, is told to whoever called, to operators and to admins', {
  timeout: 60_000,
}, async () => {
  const { server, write, call, ended, token } = await startTasks()
  write('talks.sh', sh('echo "it was told a secret: $(cat "$in")"; echo "because of a secret" >&2; exit 3'))
  await server.call('POST', '/api/users', { name: 'anna', password: 'a long password', role: 'analyst' })
  const signIn = async () =>
    (await server.call('POST', '/api/sessions', { name: 'anna', password: 'a long password' }, null)).body.token
  const [anna, ben, viewer, operator] = [
    await signIn(),
    await token('ben'),
    await token('vera', 'viewer'),
    await token('olga', 'operator'),
  ]
  const { id } = (await call('talks', { a: 'word' }, anna)).body
  expect((await ended(id, anna)).error.message).toContain('because of a secret')
  const shownTo = async (who: string | undefined) => {
    const [list, one, log] = [
      await server.call('GET', '/api/jobs?kind=task', undefined, who),
      await server.call('GET', `/api/jobs/${id}`, undefined, who),
      await server.call('GET', `/api/jobs/${id}/log`, undefined, who),
    ]
    expect([list.status, one.status, log.status]).toEqual([200, 200, 200])
    expect(list.body.items).toEqual([one.body])
    expect(one.body).toMatchObject({ id, kind: 'task', state: 'failed', owner: 'anna', error: { code: 'task_failed' } })
    return JSON.stringify([one.body, log.body])
  }
  for (const who of [anna, operator, undefined]) {
    const shown = await shownTo(who)
    for (const secret of ['because of a secret', 'it was told a secret', 'word']) expect(shown).toContain(secret)
  }
  for (const who of [ben, viewer]) {
    const shown = await shownTo(who)
    expect(shown).not.toMatch(/secret|word/)
    expect(shown).toContain('the task talks failed: whoever asked for it is told why')
    expect(shown).toContain('shown to whoever asked for it')
    expect((await server.call('GET', `/api/jobs/${id}/log?after=1`, undefined, who)).body.items).toEqual([])
  }
  // Whoever gets the name later is somebody else.
  expect((await server.call('DELETE', '/api/users/anna')).status).toBe(204)
  await server.call('POST', '/api/users', { name: 'anna', password: 'a long password', role: 'analyst' })
  expect(await shownTo(await signIn())).not.toMatch(/secret|word/)
})
