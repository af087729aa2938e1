import { expect, test } from 'vitest'
import { until } from './running-server.ts'
import { startJobs, stateOf } from './some-jobs.ts'

test('what a job says stands in its log, and in the log of its part of the server', async () => {
  const said: string[] = []
  const write = (level: string) => (fields: object, text: string) =>
    void said.push(`${level} ${JSON.stringify(fields)} ${text}`)
  const log = { info: write('info'), warn: write('warn'), error: write('error') }
  const { jobs, add } = await startJobs(
    async ({ log }) => {
      log('info', 'the first of them')
      log('warn', 'with the secret word')
      return {}
    },
    { logOf: () => log as never, clean: (text) => text.replace('secret', '***') },
  )
  const { id } = await add()
  await until(async () => (await stateOf(jobs, id)) === 'done')
  const lines = await jobs.lines(id)
  expect(lines.map(({ seq, level, text }) => [seq, level, text])).toEqual([
    [1, 'info', 'began'],
    [2, 'info', 'the first of them'],
    [3, 'warn', 'with the *** word'],
    [4, 'info', 'done'],
  ])
  expect((await jobs.lines(id, 3)).map(({ text }) => text)).toEqual(['done'])
  expect(said[0]).toBe(`info ${JSON.stringify({ job: id, camera: null })} the first of them`)
  await expect(jobs.lines('no-such-job')).rejects.toMatchObject({ status: 404 })
})

test('a job that says much keeps what it said first, and how it ended', async () => {
  const { jobs, add } = await startJobs(async ({ id, log }) => {
    for (let i = 0; i < 2000; i++) log('info', `line ${i} ${'x'.repeat(5000)}`)
    jobs.said(id, 'warn', 'printed by its process')
    throw Object.assign(new Error('no door in sight'), { code: 'no_door' })
  })
  const { id } = await add()
  await until(async () => (await stateOf(jobs, id)) === 'failed')
  const lines = await jobs.lines(id)
  expect(lines.length).toBeLessThanOrEqual(500)
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1))
  expect(lines[1]?.text).toMatch(/^line 0 x+$/)
  expect(lines[1]?.text).toHaveLength(2000)
  const ends = lines.slice(-2).map(({ text }) => text)
  expect(ends).toEqual(['(what the job says after this is not kept)', 'failed (no_door): no door in sight'])
})

test('begun again after a stop it goes on with its log; what its process prints late is still its own', async () => {
  const first = await startJobs(({ log, signal }) => {
    log('info', 'once')
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
  })
  const { id } = await first.add()
  await until(async () => (await stateOf(first.jobs, id)) === 'running')
  await first.close()
  const { jobs } = await startJobs(async () => ({}), { folder: first.dataDir })
  await until(async () => (await stateOf(jobs, id)) === 'done')
  jobs.said(id, 'warn', 'a last word')
  jobs.said('no-such-job', 'warn', 'of nobody')
  const texts = await until(async () => {
    const lines = await jobs.lines(id)
    return lines.at(-1)?.text === 'a last word' && lines.map(({ text }) => text)
  })
  expect(texts).toEqual([
    'began',
    'once',
    'the server stops; it runs again after the next start',
    'began',
    'done',
    'a last word',
  ])
})
