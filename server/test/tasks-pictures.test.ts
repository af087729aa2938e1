import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { plainJpeg } from './pictures.ts'
import { sh, startTasks } from './some-task-runs.ts'

const picture = { type: 'string', format: 'picture' }
const LIST = { type: 'array', items: picture, minItems: 2, maxItems: 3, uniqueItems: true }

test('how many pictures a task takes is one rule for calls, operations, schedules and triggers', {
  timeout: 60_000,
}, async () => {
  const { server, write, call, archiveDir } = await startTasks()
  const properties = { _imageURL: picture, list: LIST, free: { type: 'array', items: picture } }
  write('look.sh', sh('value=$(cat "$in")'))
  write('look.task.json', JSON.stringify({ params: { type: 'object', properties } }))
  for (const name of ['b', 'c', 'd']) copyFileSync(join(archiveDir, 'ramp.fits'), join(archiveDir, `${name}.fits`))
  const at = Date.now() - 60_000
  for (let i = 0; i < 4; i += 1) await server.ended(await server.send('pi/door', await plainJpeg(i + 1), at + i * 1000))
  const query = { source: 'archive', query: { camera: 'pi/door' } }
  const session = (await server.call('POST', '/api/datasessions/', { name: 'a', input_data: [] })).body.id
  /** A sensor has one meaning. */
  let sensors = 0
  const another = () => ({ [`sensor-${sensors++}`]: '/n' })
  const doors: [string, (list: unknown) => Promise<{ status: number; body: unknown }>][] = [
    ['call', (list) => call('look', { list })],
    [
      'operation',
      (list) =>
        server.call('POST', `/api/datasessions/${session}/operations/`, {
          name: 'look',
          input_data: { list: entries(list) },
        }),
    ],
    [
      'trigger',
      (list) =>
        server.call('POST', '/api/task-triggers', {
          ...{ camera: 'pi/door', task: 'look', params: { list }, readings: another() },
        }),
    ],
    [
      'schedule',
      (list) =>
        server.call('POST', '/api/schedules', {
          ...{ kind: 'task', camera: 'pi/door', cron: '0 3 * * *', timezone: 'UTC' },
          params: { task: 'look', params: { list }, readings: another() },
        }),
    ],
  ]
  // Of a list that says nothing of its length, none is looked for where they are too many.
  const many = await call('look', { free: Array.from({ length: 1000 }, (_, i) => `none-${i}`) })
  expect(many).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringMatching(/at most 999, and 1000/) } },
  })
  for (const [door, ask] of doors) {
    const said = async (list: unknown) => {
      const { status, body } = await ask(list)
      return `${door}: ${status} ${JSON.stringify(body)}`
    }
    expect(await said(['ramp'])).toMatch(/: 400 .*list.* at least 2/)
    expect(await said(['ramp', 'b', 'c', 'd'])).toMatch(/: 400 .*list.*(at most 3|no more than 3)/)
    expect(await said(['ramp', 'b', 'ramp'])).toMatch(/: 400 .*list.*no picture twice/)
    expect(await said(['ramp', '/etc/passwd'])).toMatch(/: 400 .*list.*\/etc\/passwd is not there/)
    expect(await said(['ramp', 'b'])).toMatch(/: 20\d /)
    // Four frames are meant now; what they are when a schedule or a trigger asks, nobody knows yet.
    if (door === 'call' || door === 'operation') expect(await said([query])).toMatch(/: 400 .*list.* at most 3/)
    else expect(await said([query])).toMatch(/: 20\d /)
  }
})

function entries(list: unknown) {
  return (list as unknown[]).map((one) => (typeof one === 'string' ? { source: 'archive', basename: one } : one))
}
