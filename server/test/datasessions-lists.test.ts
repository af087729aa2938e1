import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { tokenOf, wire } from './laboratory-client.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer } from './running-server.ts'

/** Pages and filters of data sessions, as the older server had them. */

/** The newest last; each is made some milliseconds after the one before. */
const NAMES = ['Alpha', 'beta', 'Tür ÖFFNET', '100%_sure', 'a*b?c[d]e', 'BETA']
let server: RunningServer
let token: string
const ids: Record<string, number> = {}
const times: Record<string, string> = {}
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  token = await tokenOf(server, 'Ann of [the] Lab')
  for (const name of NAMES) {
    const { body } = await wire(server, 'POST', '/api/datasessions/', { name }, { token })
    ids[name] = body.id
    times[name] = body.created
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await wire(server, 'POST', '/api/datasessions/', { name: 'beta' }, { token: await tokenOf(server, 'Bob') })
})

const list = async (query: string, as = token, path = '/api/datasessions/') => {
  const { status, body } = await wire(server, 'GET', `${path}${query}`, undefined, { token: as })
  return { status, body, names: body.results?.map(({ name }: { name: string }) => name) }
}
const NEWEST_FIRST = NAMES.toReversed()

describe('pages', () => {
  const link = (query: string) => `${server.url}/api/datasessions/${query}`

  test.each<[query: string, names: string[], next: string | null, previous: string | null]>([
    ['', NEWEST_FIRST, null, null],
    ['?limit=2', NEWEST_FIRST.slice(0, 2), '?limit=2&offset=2', null],
    ['?limit=2&offset=2', NEWEST_FIRST.slice(2, 4), '?limit=2&offset=4', '?limit=2'],
    ['?limit=2&offset=3', NEWEST_FIRST.slice(3, 5), '?limit=2&offset=5', '?limit=2&offset=1'],
    ['?limit=2&offset=4', NEWEST_FIRST.slice(4, 6), null, '?limit=2&offset=2'],
    ['?limit=2&offset=5', NEWEST_FIRST.slice(5), null, '?limit=2&offset=3'],
    ['?limit=2&offset=6', [], null, '?limit=2&offset=4'],
    ['?limit=2&offset=600', [], null, '?limit=2&offset=598'],
    ['?limit=1', NEWEST_FIRST.slice(0, 1), '?limit=1&offset=1', null],
    ['?limit=6', NEWEST_FIRST, null, null],
    ['?limit=5', NEWEST_FIRST.slice(0, 5), '?limit=5&offset=5', null],
    ['?limit=0', NEWEST_FIRST, null, null],
    ['?limit=-1&offset=-1', NEWEST_FIRST, null, null],
    ['?limit=abc&offset=abc', NEWEST_FIRST, null, null],
    ['?limit=1.5', NEWEST_FIRST, null, null],
    ['?limit=&offset=', NEWEST_FIRST, null, null],
    ['?limit=1e99&offset=Infinity', NEWEST_FIRST, null, null],
    ['?limit=99999999999999999999999', NEWEST_FIRST, null, null],
    ['?offset=99999999999999', [], null, '?limit=100&offset=99999999999899'],
    ['?limit=4&limit=2', NEWEST_FIRST.slice(0, 2), '?limit=2&offset=2', null],
    ['?offset=1', NEWEST_FIRST.slice(1), null, '?limit=100'],
    ['?limit=1000000&unknown=1', NEWEST_FIRST, null, null],
    ['?name=beta&limit=1', ['BETA'], '?limit=1&name=beta&offset=1', null],
  ])('%s', async (query, names, next, previous) => {
    const { status, body, ...page } = await list(query)
    expect(status).toBe(200)
    expect(Object.keys(body)).toEqual(['count', 'next', 'previous', 'results'])
    expect(body.count).toBe(query.includes('name=') ? 2 : NAMES.length)
    expect(page.names).toEqual(names)
    expect(body.next).toBe(next === null ? null : link(next))
    expect(body.previous).toBe(previous === null ? null : link(previous))
  })

  test('links lead from end to end, in both forms of the path', async () => {
    for (const path of ['/api/datasessions', '/api/datasessions/']) {
      const seen: string[] = []
      let next: string | null = `${server.url}${path}?limit=4`
      while (next !== null) {
        expect(next.startsWith(`${server.url}${path}?`)).toBe(true)
        const page = await list(next.slice(server.url.length), token, '')
        seen.push(...page.names)
        next = page.body.next
      }
      expect(seen).toEqual(NEWEST_FIRST)
    }
  })

  test('what was changed last comes first', async () => {
    const own = await tokenOf(server, 'changes')
    const made = []
    for (const name of ['first', 'second', 'third'])
      made.push((await wire(server, 'POST', '/api/datasessions/', { name }, { token: own })).body.id)
    await new Promise((resolve) => setTimeout(resolve, 5))
    await wire(server, 'PATCH', `/api/datasessions/${made[0]}/`, { name: 'first again' }, { token: own })
    expect((await list('', own)).names).toEqual(['first again', 'third', 'second'])
  })

  test('a page ends early where it would be too long, and the next one goes on there', async () => {
    const own = await tokenOf(server, 'long')
    const note = 'x'.repeat(900_000)
    const frame = await server.send('pi/door', await plainJpeg(), 1_795_286_400_000)
    for (let i = 0; i < 6; i += 1)
      await wire(
        server,
        'POST',
        '/api/datasessions/',
        { name: `${i}`, input_data: [{ source: 'archive', basename: frame, note }] },
        { token: own },
      )
    const first = await list('', own)
    expect(first.names).toEqual(['5', '4', '3', '2'])
    expect(first.body.count).toBe(6)
    const second = await list(first.body.next.slice(server.url.length), own, '')
    expect(second.names).toEqual(['1', '0'])
    expect(second.body.next).toBeNull()
  })
})

describe('filters', () => {
  test.each<[query: string, names: string[]]>([
    ['name=beta', ['BETA', 'beta']],
    ['name=ET', ['BETA', 'Tür ÖFFNET', 'beta']],
    ['name=t%C3%BCr', ['Tür ÖFFNET']],
    ['name=T%C3%9CR%20%C3%B6ff', ['Tür ÖFFNET']],
    ['name=%25_', ['100%_sure']],
    ['name=_', ['100%_sure']],
    ['name=*', ['a*b?c[d]e']],
    ['name=b%3Fc%5Bd%5D', ['a*b?c[d]e']],
    ['name=%5E', []],
    ['name=', NEWEST_FIRST],
    [`name=${'x'.repeat(5000)}`, []],
    ['name_exact=beta', ['beta']],
    ['name_exact=bet', []],
    ['name_exact=T%C3%BCr%20%C3%96FFNET', ['Tür ÖFFNET']],
    ['user=ann', NEWEST_FIRST],
    ['user=%5BTHE%5D', NEWEST_FIRST],
    ['user=bob', []],
    ['user_exact=Ann%20of%20%5Bthe%5D%20Lab', NEWEST_FIRST],
    ['user_exact=ann', []],
    ['name=a&name_exact=Alpha&user=ann', ['Alpha']],
    ['created_after=2020-01-01', NEWEST_FIRST],
    ['created_before=2020-01-01T00:00:00Z', []],
    ['modified_after=2999-12-31T23:59:59.999999%2B02:00', []],
    ['modified_before=2999-12-31%2023:59', NEWEST_FIRST],
  ])('%s', async (query, names) => {
    const page = await list(`?${query}`)
    expect(page.status).toBe(200)
    expect(page.names).toEqual(names)
    expect(page.body.count).toBe(names.length)
  })

  test('times are inclusive, to the millisecond, in any zone', async () => {
    const at = times['Tür ÖFFNET'] as string
    const from = NEWEST_FIRST.slice(0, NEWEST_FIRST.indexOf('Tür ÖFFNET') + 1)
    expect((await list(`?created_after=${at}`)).names).toEqual(from)
    expect((await list(`?created_before=${at}`)).names).toEqual(NEWEST_FIRST.slice(from.length - 1))
    expect((await list(`?modified_after=${at}&modified_before=${at}`)).names).toEqual(['Tür ÖFFNET'])
    const elsewhere = new Date(Date.parse(at) + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30')
    expect((await list(`?created_after=${encodeURIComponent(elsewhere)}`)).names).toEqual(from)
  })

  test.each(['yesterday', '1795286400000', '2026-02-30', '2026-13-01', '2026-01-01T25:00:00Z', '2026-01-01T10', 'Z'])(
    '%s is no time',
    async (text) => {
      const page = await list(`?created_after=${text}&modified_before=${text}`)
      expect(page).toMatchObject({
        status: 400,
        body: { created_after: ['Enter a valid date/time.'], modified_before: ['Enter a valid date/time.'] },
      })
    },
  )

  test("an admin finds everybody's by their names", async () => {
    const { body } = await wire(server, 'GET', '/api/datasessions/?name_exact=beta')
    expect(body.results.map(({ user }: { user: string }) => user).sort()).toEqual(['Ann of [the] Lab', 'Bob'])
    expect((await wire(server, 'GET', '/api/datasessions/?user=bob')).body.count).toBe(1)
  })
})
