import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { toJpeg, toPng, writeFits } from '@ajar/images'
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest'
import { needs } from '../../test/setup/needs.ts'
import type { Cell } from '../src/datasessions/operation.ts'
import { readResult } from '../src/tasks/results/read-result.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PYTHON = '/usr/bin/python3'
const hasAstropy = spawnSync(PYTHON, ['-c', 'import astropy']).status === 0

interface Expected {
  columns: { name: string; unit: string | null; description: string | null }[]
  rows: Cell[][]
}

let folder = ''
let expected: Record<string, Expected> = {}
beforeAll(async () => {
  folder = await temporaryFolder((undo) => afterAll(undo))
  if (!hasAstropy) return
  execFileSync(PYTHON, [join(import.meta.dirname, 'tasks-tables.py'), folder])
  expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'))
}, 60_000)

function needsAstropy(context: TestContext) {
  needs(hasAstropy, 'astropy is not installed: apt-get install python3-astropy', context)
}

/** A file that a task wrote, read as a table. */
async function tableOf(path: string) {
  const result = await readResult(path)
  if (result.kind !== 'table') throw new Error(`it is ${result.kind}`)
  const { format, columns } = result
  return { format, columns, rows: await Array.fromAsync(result.rows()) }
}

function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const read = (name: string, content: string | Uint8Array) => tableOf(written(name, content))
/** Why a file is refused, read to its end. */
async function refused(content: string | Uint8Array, name = 'result'): Promise<string> {
  const error = await read(name, content).then(
    () => null,
    (thrown) => thrown,
  )
  expect(error).toMatchObject({ code: 'bad_result', fault: 'caller' })
  return error.message
}

/** The sign of a zero, and how a unit is written, tell nothing here. */
function plain({ columns, rows }: Expected) {
  return {
    columns: columns.map(({ name, unit, description }) => ({
      name,
      unit: unit?.replaceAll(' ', '') ?? null,
      description,
    })),
    rows: rows.map((row) =>
      row.map((cell) => (typeof cell === 'string' ? cell.replace(/(^| )-0(?= |$)/g, '$10') : cell)),
    ),
  }
}

test('tables are read as astropy reads them, whoever wrote them', async (context) => {
  needsAstropy(context)
  expect(Object.keys(expected).length).toBeGreaterThan(15)
  for (const [name, theirs] of Object.entries(expected)) {
    const { columns, rows } = await tableOf(join(folder, name))
    const ours = columns.map(({ name, unit, description }) => ({
      name,
      unit: unit ?? null,
      description: description ?? null,
    }))
    // astropy takes `col.ra.ShortDescription` for any keyword, dashes for a unit, and writes units in its own words.
    const units = (all: Expected['columns']) =>
      all.map(
        ({ unit }) =>
          unit?.replace(/^-+$/, '').replaceAll(/[ ./]/g, '').replace('s-1', 's').replace('beam-1', 'beam') || null,
      )
    expect(plain({ columns: [], rows }), name).toEqual(plain({ columns: [], rows: theirs.rows }))
    expect(ours.map(({ name }) => name)).toEqual(theirs.columns.map(({ name }) => name))
    expect(units(ours), name).toEqual(units(theirs.columns))
    if (name.endsWith('.vot'))
      expect(ours.map((one) => one.description)).toEqual(theirs.columns.map((one) => one.description))
  }
})

test('a VOTable comes to the same in whichever way its data is written', async (context) => {
  needsAstropy(context)
  const [text, ...binary] = await Promise.all(
    ['tabledata-1.3.vot', 'binary-1.3.vot', 'binary2-1.3.vot'].map((name) => tableOf(join(folder, name))),
  )
  for (const one of binary) expect(plain(one as never)).toEqual(plain(text as never))
  expect(text?.format).toBe('votable')
  const types = text?.columns.map(({ type }) => type)
  expect(types?.slice(0, 9)).toEqual(['boolean', 'text', 'boolean', ...Array(6).fill('number')])
  expect(new Set(types?.slice(9))).toEqual(new Set(['text']))
})

test('CSV: names, types that follow from all cells, and nothing where nothing stands', async () => {
  expect(await read('any', 'Amplifier, Data, Pre\r\n"A, 1",1.5, true\r\n"say ""x""",-2e3,False\r\n,,\r\n')).toEqual({
    format: 'csv',
    columns: [
      { name: 'Amplifier', type: 'text' },
      { name: 'Data', type: 'number' },
      { name: 'Pre', type: 'boolean' },
    ],
    rows: [
      ['A, 1', 1.5, true],
      ['say "x"', -2000, false],
      [null, null, null],
    ],
  })
  // Numbers of something are no numbers.
  const ids = await read('any', '# by hand\nid;zip;n;empty\n12345678901234567890;01234;nan;\n1;1;inf;\n')
  expect(ids.columns).toEqual([
    { name: 'id', type: 'text' },
    { name: 'zip', type: 'text' },
    { name: 'n', type: 'number' },
    { name: 'empty' },
  ])
  expect(ids.rows).toEqual([
    ['12345678901234567890', '01234', null, null],
    ['1', '1', 'inf', null],
  ])
  expect(await read('any', '1,2\n3,4\n')).toMatchObject({
    columns: [{ name: 'col1' }, { name: 'col2' }],
    rows: [
      [1, 2],
      [3, 4],
    ],
  })
  expect(await read('one.csv', '\ufeffname\nx\n')).toMatchObject({ columns: [{ name: 'name' }], rows: [['x']] })
  expect(await read('any', 'a,b\n')).toMatchObject({ rows: [] })
  expect(await read('any', 'a\tb\n1\t"x\ny"\n')).toMatchObject({ rows: [[1, 'x\ny']] })
})

test('IPAC: Firefly says what its columns are; types that are not said follow from the cells', async () => {
  const table =
    '\\fixlen = T\n\\col.n.ShortDescription = how many\n|n    |ok     |word |\n|int  |boolean|     |\n|m    |       |     |\n|     |       |none |\n 1     true    a b\n 2     0       none\n'
  expect(await read('any', table)).toEqual({
    format: 'ipac',
    columns: [
      { name: 'n', type: 'number', unit: 'm', description: 'how many' },
      { name: 'ok', type: 'boolean' },
      { name: 'word', type: 'text' },
    ],
    rows: [
      [1, true, 'a b'],
      [2, false, null],
    ],
  })
})

test('pictures are known by what they begin with, and JSON whatever it is called', async () => {
  const image = { width: 5, height: 3, planes: 1, samples: Uint8Array.from({ length: 15 }, (_, i) => i) }
  const fits = join(folder, 'x.dat')
  await writeFits(fits, image)
  const size = { kind: 'image', width: 5, height: 3 }
  expect(await readResult(fits)).toEqual({ ...size, format: 'fits' })
  expect(await readResult(written('gz.csv', gzipSync(readFileSync(fits))))).toEqual({ ...size, format: 'fits' })
  expect(await readResult(written('p', await toPng(image, { stretch: null })))).toEqual({ ...size, format: 'png' })
  expect(await readResult(written('j.csv', await toJpeg(image, { stretch: null })))).toEqual({
    ...size,
    format: 'jpeg',
  })
  for (const value of [
    { a: [1, { b: null }], 'ü"\\\u0001': '\ud83d\ude00' },
    [],
    {},
    3.5,
    'text',
    true,
    null,
    -0.5e-7,
  ]) {
    const text = JSON.stringify(value, null, 1)
    expect(await readResult(written('j.csv', ` ${text}\n`))).toEqual({
      kind: 'json',
      value,
      bytes: Buffer.byteLength(text) + 2,
    })
  }
  const long = JSON.stringify(Array.from({ length: 200_000 }, (_, i) => i))
  expect(await readResult(written('long', long))).toEqual({ kind: 'json', value: undefined, bytes: long.length })
})

const VOT = (fields: string, data: string) =>
  `<?xml version="1.0"?><VOTABLE version="1.4"><RESOURCE><TABLE>${fields}<DATA>${data}</DATA></TABLE></RESOURCE></VOTABLE>`
const INT = '<FIELD name="n" datatype="int"/>'
const FITS_TABLE = [
  ['SIMPLE  =                    T', 'BITPIX  =                    8', 'NAXIS   =                    0', 'END'],
  [
    "XTENSION= 'BINTABLE'",
    'BITPIX  =                    8',
    'NAXIS   =                    2',
    'NAXIS1  =                    2',
    'NAXIS2  =                    0',
    'PCOUNT  =                    0',
    'GCOUNT  =                    1',
    'TFIELDS =                    1',
    "TFORM1  = '1I'",
    'END',
  ],
]
  .map((cards) =>
    cards
      .map((card) => card.padEnd(80))
      .join('')
      .padEnd(2880),
  )
  .join('')
const STREAM = (kind: string, content: string) => `<${kind}><STREAM encoding="base64">${content}</STREAM></${kind}>`

test('what is no result says what it is not, and what is harmed where', async () => {
  const cases: [string | Uint8Array, RegExp][] = [
    ['', /is empty/],
    ['Traceback: no door\n', /no picture \(FITS, PNG, JPEG\), table \(CSV, IPAC, VOTable\) or JSON/],
    [Uint8Array.from([0, 1, 2, 3]), /no picture/],
    ['\x89PNG\r\n\x1a\nxx', /cannot be read/],
    ['SIMPLE  =                    T', /ends within a FITS header/],
    [FITS_TABLE, /holds no image. Tables in FITS are not read: write them as CSV/],
    [Uint8Array.from([0x1f, 0x8b, 8, 0]), /gzip file is damaged/],
    ['{"a":1', /ends early, after 6 bytes/],
    ['{"a":1}x', /wrong at byte 7: nothing is expected/],
    ['{"a":NaN}', /NaN is no JSON/],
    ['[-Infinity]', /-Infinity is no JSON/],
    ['[1e999]', /too large a number/],
    ['[01]', /"01" is no JSON/],
    ['[1,]', /a value is expected/],
    ['{"a" 1}', /a : is expected/],
    ["{'a':1}", /a key or } is expected/],
    ['[1 2]', /comma or the end/],
    ['["\n"]', /control character/],
    ['["\\x"]', /no such escape/],
    ['["\\u12g4"]', /four digits/],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, /more than 200 levels deep/],
    [`[${'9'.repeat(5000)}]`, /more than 1000 digits/],
    [Buffer.from('["\xff"]', 'latin1'), /no UTF-8/],
    ['{"a":1,"b":{"a":1},"\\u0061":2}', /the name "a" stands twice in one object/],
    ['[{"ä":1},{"ä":1,"ä":2}]', /the name "ä" stands twice/],
    [Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), /UTF-16: JSON and tables, but for XML, are to be UTF-8/],
    [Buffer.from('\ufeff{"a":1}', 'utf16le').swap16(), /UTF-16/],
    ['name\nx\ny\n', /a table of one column is read where the name of its file ends in \.csv/i],
    ['a,b\n1,2\n3\n', /line 3 of its CSV has another number of cells/],
    ['a,b\n1,"2\n', /quoted and does not end/],
    [Buffer.from('a,b\n\xff,2\n', 'latin1'), /no UTF-8/],
    [`a,b\n${'x'.repeat(70_000)},2\n`, /more than 65536 characters/],
    [`a,b\n${'x'.repeat(5_000_000)}\n`, /more than 4194304 characters/],
    [`${'a,'.repeat(3000)}b\n`, /more than 2000 columns/],
    ['a,b\n1,\0\n', /no picture/],
    ['|a  |b  \n', /do not stand between bars/],
    ['|a  |\n|what|\n', /no type of an IPAC table/],
    ['|a  |b  |\n|int|\n', /line 2 of the header of its IPAC table has 1 columns/],
    ['|a  |b  |\n|int|int|\n  1  234\n   1223\n', /row 2 of its IPAC table has something below/],
    ['|a  |\n|int|\n x\n', /row 1 has "x" in the column "a"/],
    ['\\only = keywords\n', /do not stand between bars/],
    ['<html><body/></html>', /XML and no VOTable/],
    ['<VOTABLE><RESOURCE/></VOTABLE>', /no TABLE/],
    ['<VOTABLE><INFO name="QUERY_STATUS" value="ERROR">no such star</INFO></VOTABLE>', /an error: "no such star"/],
    [VOT(INT, '<TABLEDATA><TR><TD>x</TD></TR></TABLEDATA>'), /column "n", of ints, holds "x"/],
    [VOT(INT, '<TABLEDATA><TR></TR></TABLEDATA>'), /has 0 cells, and there are 1 columns/],
    [VOT(INT, '<TABLEDATA><TR><TD>1</TD><TD>2</TD></TR></TABLEDATA>'), /more cells than the 1 columns/],
    [VOT(INT, '<TABLEDATA><TR><TD>1</TD></TR></TABLEDATA>').slice(0, -20), /wrong in line 1/],
    [VOT(INT, '<TABLEDATA><TR><TD>&much;</TD></TR></TABLEDATA>'), /Invalid character entity/],
    [VOT('<FIELD name="n" datatype="real"/>', ''), /datatype "real"/],
    [VOT('<FIELD name="n" datatype="int" arraysize="many"/>', ''), /arraysize that is none/],
    [VOT('<FIELD name="n" datatype="int" arraysize="99999999"/>', ''), /too many/],
    [VOT(INT, STREAM('BINARY', 'AAAA')), /ends within row 1/],
    [VOT(INT, STREAM('BINARY', 'A*AA')), /no base64/],
    [VOT(INT, STREAM('BINARY', 'AAA')), /base64 of its VOTable ends early/],
    [VOT('<FIELD name="n" datatype="int" arraysize="*"/>', STREAM('BINARY', 'f////w==')), /more than 4194304 bytes/],
    [VOT('<FIELD name="n" datatype="int" arraysize="*"/>', STREAM('BINARY', '/////w==')), /a cell of -1 values/],
    [VOT('<FIELD name="n" datatype="int" arraysize="2x*"/>', STREAM('BINARY', '')), /write it as TABLEDATA/],
    [VOT(INT, '<BINARY><STREAM href="http://127.0.0.1:1/x" encoding="base64"/></BINARY>'), /stands elsewhere/],
    [VOT(INT, '<FITS><STREAM/></FITS>'), /as FITS, which is not read/],
    [`<VOTABLE>${'<GROUP>'.repeat(5000)}`, /more than 200 elements deep/],
    [`<VOTABLE ${'a'.repeat(1_000_000)}="1"/>`, /cannot be read/],
    [`<VOTABLE a="${'a'.repeat(1_000_000)}"/>`, /cannot be read/],
    [`<VOTABLE><!--${'a'.repeat(1_000_000)}--></VOTABLE>`, /cannot be read/],
    [Buffer.from('\xff\xfe<\0V\0', 'latin1'), /Unexpected end|Unclosed|wrong in line/],
  ]
  for (const [i, [content, why]] of cases.entries()) expect(await refused(content), `case ${i}`).toMatch(why)
})

test('JSON that some programs write otherwise: after a byte order mark, and one long text', async () => {
  expect(await readResult(written('bom', '\ufeff{"a": [1]}'))).toMatchObject({ kind: 'json', value: { a: [1] } })
  expect(await readResult(written('bom', '\ufeff12'))).toMatchObject({ kind: 'json', value: 12 })
  const text = `id,x\n${'1,"é"\n'.repeat(20_000)}`
  expect(await readResult(written('text', JSON.stringify(text)))).toMatchObject({ kind: 'json', value: text })
  const longer = JSON.stringify('1,2\n'.repeat(2_000_000))
  expect(await readResult(written('text', longer))).toEqual({ kind: 'json', value: undefined, bytes: longer.length })
  // Of a table the first cell may be quoted too.
  const rows = Array.from({ length: 20_000 }, (_, i) => `"${i}","x"`).join('\n')
  expect(await read('quoted', `"id","name"\n${rows}\n`)).toMatchObject({ columns: [{ name: 'id' }, { name: 'name' }] })
})

test('an XML bomb and entities from outside are not read', async () => {
  const bomb = `<!DOCTYPE V [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, i) => `<!ENTITY ${'abcdefghij'[i + 1]} "${`&${'abcdefghij'[i]};`.repeat(10)}">`).join('')}]>`
  expect(await refused(`<?xml version="1.0"?>${bomb}<VOTABLE>&j;</VOTABLE>`)).toMatch(/entities of its own/)
  expect(await refused('<!DOCTYPE V [<!ENTITY x SYSTEM "file:///etc/passwd">]><VOTABLE>&x;</VOTABLE>')).toMatch(
    /entities of its own/,
  )
  // As files of VOTable 1.0 had it: named, and not looked at.
  const named = VOT(INT, '<TABLEDATA><TR><TD>1</TD></TR></TABLEDATA>').replace(
    '?>',
    '?><!DOCTYPE VOTABLE SYSTEM "http://127.0.0.1:1/VOTable.dtd">',
  )
  expect(await read('any', named)).toMatchObject({ rows: [[1]] })
})

test('a file that is cut anywhere, or has bytes changed, is refused or read: it never hangs or fails otherwise', async (context) => {
  needsAstropy(context)
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  let readable = 0
  for (const name of ['binary2-1.4.vot', 'tabledata-1.4.vot', 'simple.tbl', 'simple.csv']) {
    const whole = readFileSync(join(folder, name))
    for (let i = 0; i < 60; i++) {
      const harmed = i % 2 ? Buffer.from(whole) : whole.subarray(0, random(whole.length))
      for (let j = 0; j < 5 && i % 2; j++) harmed[random(harmed.length)] = random(256)
      const error = await read('harmed', harmed).then(
        () => null,
        (thrown) => thrown,
      )
      if (error === null || error.code !== 'bad_result') expect(error, `${name} ${i}`).toBeNull()
      if (error === null) readable += 1
    }
  }
  expect(readable).toBeGreaterThan(5)
})
