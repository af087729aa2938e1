import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * `npm run new-operation NAME`, such as `Sharpest Frame`: writes an operation that runs, its line in `operations.ts`, and a
 * test of it.
 */

const HERE = 'server/src/datasessions'

/** In what is written: tests that read imports take what begins a line for one of this file. */
const IMPORT = 'import'

/** Says why an operation cannot be made. */
export class BadNameError extends Error {}

/**
 * @param root of the repository
 * @returns the files that were written or changed, from there
 * @throws BadNameError where the name is none, or taken
 */
export function newOperation(name: string, root: string): string[] {
  const { file, constant } = namesOf(name)
  for (const { name: taken, path } of existing(root))
    if (taken.toLowerCase() === name.toLowerCase()) throw new BadNameError(`There is an operation ${taken}: ${path}.`)
  const operation = `${HERE}/operations/${file}.ts`
  const test = `server/test/operations/${file}.test.ts`
  for (const path of [operation, test])
    if (existsSync(join(root, path))) throw new BadNameError(`${path} is there already.`)
  const list = `${HERE}/operations.ts`
  const listed = withLine(readFileSync(join(root, list), 'utf8'), file, constant)
  writeFileSync(join(root, operation), operationText(name, file, constant))
  writeFileSync(join(root, test), testText(name, file))
  writeFileSync(join(root, list), listed)
  return [operation, list, test]
}

/** `Sharpest Frame` is `sharpestFrame` in `sharpest-frame.ts`. */
function namesOf(name: string): { file: string; constant: string } {
  if (!/^[A-Z][A-Za-z0-9]*( [A-Za-z0-9]+)*$/.test(name) || name.length > 40)
    throw new BadNameError(
      `"${name}" is no name for an operation: words of letters and digits, the first with a capital, 40 characters at ` +
        'most, such as Sharpest Frame.',
    )
  const words = name.toLowerCase().split(' ')
  const constant = words.map((word, i) => (i === 0 ? word : `${word[0]?.toUpperCase()}${word.slice(1)}`)).join('')
  // `operation` is what declares one; a word of the language is no name in it.
  if (constant === 'operation' || !isFree(constant))
    throw new BadNameError(`"${name}" means something in the language or beside it: use a longer name.`)
  return { file: words.join('-'), constant }
}

function isFree(constant: string): boolean {
  try {
    new Function(`'use strict'; const ${constant} = 0; async () => { const ${constant} = 0 }`)
    return !(constant in globalThis)
  } catch {
    return false
  }
}

function existing(root: string): { name: string; path: string }[] {
  const folder = `${HERE}/operations`
  return readdirSync(join(root, folder)).flatMap((file) => {
    const name = /^ {2}name: '([^']+)'/m.exec(readFileSync(join(root, folder, file), 'utf8'))?.[1]
    return name === undefined ? [] : [{ name, path: `${folder}/${file}` }]
  })
}

/** Adds an import and a line of the list, where they belong by name. */
function withLine(text: string, file: string, constant: string): string {
  const lines = text.split('\n')
  insert(lines, /^import \{ \w+ \} from '\.\/operations\/(.+)\.ts'$/, file, [
    `import { ${constant} } from './operations/${file}.ts'`,
  ])
  insert(lines, /^ {2}(\w+),$/, constant, [`  ${constant},`])
  return lines.join('\n')
}

/** Puts lines before the first of those like `pattern` that comes later, or after the last. */
function insert(lines: string[], pattern: RegExp, key: string, added: string[]) {
  const found = lines.flatMap((line, at) => {
    const other = pattern.exec(line)?.[1]
    return other === undefined ? [] : [{ at, other }]
  })
  const last = found.at(-1)
  if (!last) throw new Error(`${HERE}/operations.ts has no lines like ${pattern}`)
  lines.splice(found.find(({ other }) => other > key)?.at ?? last.at + 1, 0, ...added)
}

function operationText(name: string, file: string, constant: string): string {
  return `${IMPORT} { mustBeFew } from '../measures/must-be-few.ts'
${IMPORT} { nameFor } from '../measures/name-for.ts'
${IMPORT} { operation } from '../operation.ts'

/** TODO: what it makes of its pictures, what it does with blank samples (NaN) and with colours, and by which rule. */
export const ${constant} = operation({
  name: '${name}',
  description: 'TODO: in a sentence, what comes of the input files.',
  category: 'image',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'TODO: which files, and what each gives.',
      type: 'fits',
      minimum: 1,
      maximum: 500,
    },
  },
  async perform({ input_files }, work) {
    mustBeFew(input_files)
    for (const [i, file] of input_files.entries()) {
      const image = await work.load(file)
      // What it does comes here; until then each picture comes out as it went in.
      await work.fits(nameFor('${file}', file, i), image)
      await work.report((i + 1) / input_files.length)
    }
  },
})
`
}

function testText(name: string, file: string): string {
  return `${IMPORT} { loadImage } from '@ajar/images'
${IMPORT} { expect, onTestFinished, test } from 'vitest'
${IMPORT} { fileAt, run } from './in-memory.ts'
${IMPORT} { pictureOf, written } from './pictures.ts'

test('TODO: what it makes of a picture', async () => {
  const picture = pictureOf(new Uint8Array(6 * 4), 6, 1, (x, y) => 10 * x + y)
  const [path = ''] = await written(onTestFinished, { door: picture })
  const { fits } = await run('${name}', { input_files: [fileAt(path)] }, onTestFinished)
  expect(fits.get('${file}-1-door')?.image).toEqual(await loadImage(path))
})
`
}

if (import.meta.main) {
  try {
    const root = fileURLToPath(new URL('../../..', import.meta.url))
    const paths = newOperation(process.argv.slice(2).join(' '), root)
    console.log(`${paths.join('\n')}\nFill in what says TODO, and run: npx vitest run ${paths.at(-1)}`)
  } catch (error) {
    if (!(error instanceof BadNameError)) throw error
    console.error(error.message)
    process.exitCode = 2
  }
}
