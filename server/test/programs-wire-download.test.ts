import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { beforeAll, expect, test } from 'vitest'
import { fromBufferPromise } from 'yauzl'
import { afterFile } from '../../test/setup/after-file.ts'
import { LANGUAGES } from '../src/programs/languages.ts'
import { zipOf } from '../src/programs/wire/download.ts'
import { ProgramsWire } from './programs-wire-world.ts'

/** A program as a zip: what is in it, under which names, and what the zip is called. */

let world: ProgramsWire
beforeAll(async () => {
  world = await ProgramsWire.start(afterFile)
})

/** Calls as a client does, and reads bytes. */
async function download(body: object): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${world.url}/download/`,
      { method: 'POST', headers: { authorization: 'Token ann', 'content-type': 'application/json' } },
      async (answer) =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes: await buffer(answer) }),
    )
    call.on('error', reject)
    call.end(JSON.stringify(body))
  })
}

/** Its files by name, as another program reads them. */
async function filesIn(zip: Buffer): Promise<Map<string, string>> {
  const opened = await fromBufferPromise(zip)
  const files = new Map<string, string>()
  for await (const entry of opened.eachEntry())
    files.set(entry.fileName, (await buffer(await opened.openReadStreamPromise(entry))).toString())
  return files
}

/** The older client's own pattern takes quotes for a part of the name. */
const nameIn = (headers: Record<string, unknown>) =>
  /filename[^;=\n]*=((['"]).*?\2|[^;\n]*)/.exec(String(headers['content-disposition']))?.[1]

test.each(LANGUAGES.map((language) => [language.title, language] as const))(
  'a program in %s comes with what builds it elsewhere',
  async (_, { example, base }) => {
    const program = { files: [example], main: '', switches: {}, name: 'Intro.Greet' }
    const { status, headers, bytes } = await download(program)
    expect(status, bytes.toString()).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': 'attachment; filename=Intro.Greet.zip',
      'access-control-expose-headers': 'Content-Disposition',
      'access-control-allow-origin': '*',
      'content-length': String(bytes.length),
    })
    const files = await filesIn(bytes)
    expect(files.get(example.basename)).toBe(example.contents)
    const project = base({ ...program, files: [example] })
    expect(project.length).toBeGreaterThan(0)
    expect([...files.keys()].sort()).toEqual([...project.map(({ basename }) => basename), example.basename].sort())
  },
)

test.each([
  ['N', 'N.zip'],
  [null, 'program.zip'],
  ['', 'program.zip'],
  ['../../etc/passwd', 'etc_passwd.zip'],
  ['a"; filename="evil.exe', 'a_filename_evil.exe.zip'],
  ['a\r\nset-cookie: x=1', 'a_set-cookie_x_1.zip'],
  ['T\u00fcr', 'Tur.zip'],
  ['-rf', 'rf.zip'],
  ['\u{1F6AA}', 'program.zip'],
])('of the name %j the file is called %s', async (name, expected) => {
  const { status, headers } = await download({ files: [{ basename: 'a.py', contents: '' }], name })
  expect([status, nameIn(headers)]).toEqual([200, expected])
  expect(headers['set-cookie']).toBeUndefined()
})

test('files that a person has himself are his', async () => {
  const own = [
    { basename: 'main.py', contents: 'print(1)' },
    { basename: 'readme.md', contents: 'mine' },
  ]
  const files = await filesIn((await download({ files: own, name: 'N' })).bytes)
  expect(Object.fromEntries(files)).toEqual({ 'main.py': 'print(1)', 'readme.md': 'mine' })
})

test.each([
  ['../a.py', /no name for a file/],
  ['/a.py', /no name for a file/],
  ['a\\b.py', /no name for a file/],
  ['con.py', /device on Windows/],
  ['a.txt', /\.py/],
])('an archive with %s is refused, with a status that says so', async (basename, why) => {
  const { status, bytes } = await download({ files: [{ basename, contents: '' }], name: 'N' })
  const { identifier, message } = JSON.parse(bytes.toString())
  expect([status, identifier]).toEqual([400, ''])
  expect(message).toMatch(why)
})

test('a name that leads out of an archive is never written, whoever gave it', async () => {
  const program = { files: [], main: '', mode: 'run' as const, switches: {}, name: 'N', lab: false }
  for (const basename of ['../x', '/x', 'a/../x', 'a//x', './x', 'a\\x', '..', ''])
    await expect(zipOf(program, () => [{ basename, contents: '' }], 0)).rejects.toThrow(/lead out of an archive/)
  const { bytes } = await zipOf(program, () => [{ basename: '.vscode/tasks.json', contents: '{}' }], 0)
  expect([...(await filesIn(bytes)).keys()]).toEqual(['.vscode/tasks.json'])
})
