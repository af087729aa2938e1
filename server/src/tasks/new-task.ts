import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formsIn, isTaskName } from './catalog/forms.ts'
import { lookOnce } from './catalog/identity.ts'
import { Sniffed } from './catalog/sniffed.ts'
import { type Lang, templates } from './new-task-templates.ts'

/**
 * `npm run new-task NAME [ts|py|sh]`: writes a task that can be called at once into the folder that AJAR_TASKS_DIR names,
 * else into `server/tasks`.
 */

const OPERATIONS = 'server/src/datasessions/operations'
const OURS = 'server/tasks'
const USAGE = 'npm run new-task NAME [ts|py|sh]'

/** Says why a task cannot be made. */
class NewTaskError extends Error {}

/**
 * @param folder where it is written
 * @param root of the repository
 * @returns the paths of the files that were written
 * @throws NewTaskError where the name is none, or taken
 */
export async function newTask(name: string, lang: Lang, folder: string, root: string): Promise<string[]> {
  if (!isTaskName(name))
    throw new NewTaskError(
      `${JSON.stringify(name)} is no name for a task: a letter first, then letters, digits, _ and -, 60 at most, such as hot_pixel.`,
    )
  const operation = operations(root).find((one) => sameName(one, name))
  if (operation)
    throw new NewTaskError(`There is an operation ${operation}: a task of that name could not be told from it.`)
  for (const one of new Set([folder, join(root, OURS)])) {
    const taken = (await formsIn(one, { look: lookOnce(), isRunnable: new Sniffed().isRunnable })).find((form) =>
      sameName(form.name, name),
    )
    if (!taken) continue
    const path = join(one, taken.source.split(', ')[0] ?? '')
    const own =
      one === folder
        ? ''
        : ` It came with ajar: to have another in its place, begin ${folder}/${basename(path)} with a copy.`
    throw new NewTaskError(`There is a task ${taken.name}: ${path}.${own}`)
  }
  const files = templates(name, lang).map(({ ending, text }) => ({ path: join(folder, `${name}${ending}`), text }))
  for (const { path } of files) if (existsSync(path)) throw new NewTaskError(`${path} is there already.`)
  mkdirSync(folder, { recursive: true })
  for (const { path, text } of files) {
    writeFileSync(path, text, { flag: 'wx' })
    if (text.startsWith('#!')) chmodSync(path, 0o755)
  }
  return files.map(({ path }) => path)
}

/** Not told apart by capitals alone: some file systems do not, and people do not. */
function sameName(one: string, other: string) {
  return one.toLowerCase() === other.toLowerCase()
}

/** By their files, as `npm run new-operation` does: loading them takes seconds. */
function operations(root: string): string[] {
  const folder = join(root, OPERATIONS)
  return readdirSync(folder).flatMap(
    (file) => /^ {2}name: '([^']+)'/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? [],
  )
}

/** npm takes `--lang` for its own where no `--` stands before it, and hands on its value alone: so that is enough. */
function parse(argv: string[]): { name: string; lang: Lang } {
  const rest = [...argv]
  const at = rest.findIndex((one) => /^--lang(=|$)/.test(one))
  const [option] = at === -1 ? [] : rest.splice(at, 1)
  if (option !== undefined)
    rest.push(option.includes('=') ? option.slice('--lang='.length) : (rest.splice(at, 1)[0] ?? ''))
  const [name, lang = 'ts', ...more] = rest
  if (name === undefined || more.length > 0) throw new NewTaskError(`One name is expected: ${USAGE}`)
  if (lang !== 'ts' && lang !== 'py' && lang !== 'sh')
    throw new NewTaskError(`${JSON.stringify(lang)} is no language of a new task: ts, py and sh are. ${USAGE}`)
  return { name, lang }
}

const IN_CHECKOUT =
  'AJAR_TASKS_DIR is not set, so it lies among the tasks that come with ajar, in the checkout: git does not know it, and a\n' +
  'release or another checkout is without it. Set AJAR_TASKS_DIR, for the server too, to keep tasks of your own elsewhere.'

if (import.meta.main) {
  try {
    const root = fileURLToPath(new URL('../../..', import.meta.url))
    const argv = process.argv.slice(2)
    if (argv.some((one) => one === '--help' || one === '-h')) {
      console.log(USAGE)
      process.exit()
    }
    const { name, lang } = parse(argv)
    const folder = resolve(process.env.AJAR_TASKS_DIR || join(root, OURS))
    const isThere = existsSync(folder)
    const paths = await newTask(name, lang, folder, root)
    console.log(paths.map((path) => relative('', path)).join('\n'))
    if (!isThere) console.log(`The folder ${folder} was not there, and was made.`)
    console.log(`Fill in what says TODO. It can be called already: POST /api/tasks/${name} {"params": {...}}`)
    if (!process.env.AJAR_TASKS_DIR) console.log(IN_CHECKOUT)
  } catch (error) {
    if (!(error instanceof NewTaskError)) throw error
    console.error(error.message)
    process.exitCode = 2
  }
}
