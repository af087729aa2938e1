import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHECKOUT, type Machine } from '../machine.ts'
import { SigningKey } from './signing-keys.ts'

/** What a variant has that this checkout has not: the new text of files, made of the old one; null takes a file or a folder away. */
export type Edits = Record<string, ((text: string) => string) | null>

export interface Variant {
  edits: Edits
  /** Nobody signs where it is null. */
  signedBy: SigningKey | null
}

/** What is built, and ignored by git: a release that was published carries it. */
export const BUILT = ['server/web/dist', 'deploy/bundle/dist', 'docs/code/dist']
/** Takes a minute to build, and no story asks for it: a page stands for it. */
const CODE_DOCS = 'docs/code/dist/index.html'
/** Where variants differ: no bundle holds it, so that the processes start from the bundle, as those of a published release do. */
export const MAIN = 'server/src/main.ts'
const AUTHOR = { name: 'A test', email: 'test@ajar.test' }
const REPOSITORY = 'releases.git'
const FOLDER_INSIDE = '/srv'
/** Where the machine has it. */
export const REMOTE = `${FOLDER_INSIDE}/${REPOSITORY}`

/**
 * A bare git repository of releases: this checkout as it lies here, committed or not, and variants of it. Nothing of the
 * checkout's own repository is touched: objects and index are others.
 */
export class Variants {
  readonly #folder: string
  readonly #base: string
  #count = 0
  readonly ours: SigningKey
  /** Nobody allows it. */
  readonly foreign: SigningKey

  private constructor(folder: string) {
    this.#folder = folder
    this.ours = SigningKey.make(folder, 'ours')
    this.foreign = SigningKey.make(folder, 'foreign')
    this.#git(['init', '--quiet', '--bare', '--initial-branch=main', this.#repository])
    this.#inCheckout(['add', '--all', '.'])
    this.#inCheckout(['add', '--force', 'server/web/dist', 'deploy/bundle/dist'])
    this.#write(this.#index, CODE_DOCS, '<!doctype html><title>ajar</title>\n')
    this.#base = this.#commit(this.#git(['write-tree'], this.#index), [])
    this.#git(['update-ref', 'refs/heads/main', this.#base])
  }

  static make(): Variants {
    return new Variants(mkdtempSync(join(tmpdir(), 'ajar-variants-')))
  }

  /** A commit on top of the checkout, unlike any other, and an annotated tag that leads to it. @returns the tag */
  tag(name: string, { edits, signedBy }: Variant): string {
    this.#count += 1
    const tag = `${name.replaceAll(/\W+/g, '-')}-${this.#count}`
    const commit = this.#commit(this.#edited(marked(edits, tag)), ['-p', this.#base])
    const signing = signedBy ? ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${signedBy.file}`] : []
    this.#git([...signing, 'tag', signedBy ? '--sign' : '--annotate', `--message=${tag}`, tag, commit])
    return tag
  }

  /** The signed tag `name` under another name, as whoever can write to the remote but cannot sign would put it there. */
  replay(name: string, as: string): void {
    this.#git(['update-ref', `refs/tags/${as}`, this.#git(['rev-parse', `refs/tags/${name}`])])
  }

  /** Puts the repository into a machine as it is now. */
  async publish(machine: Machine): Promise<void> {
    const packed = execFileSync('tar', ['-cf', '-', REPOSITORY], { cwd: this.#folder, maxBuffer: 1e9 })
    await machine.shell(`rm -rf ${REMOTE}; tar -xf - --no-same-owner -C ${FOLDER_INSIDE}`, { input: packed })
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #repository(): string {
    return join(this.#folder, REPOSITORY)
  }

  get #index(): string {
    return join(this.#folder, 'index')
  }

  /** The tree of the checkout with some files changed. */
  #edited(edits: Edits): string {
    const index = join(this.#folder, 'index-of-variant')
    copyFileSync(this.#index, index)
    for (const [path, edit] of Object.entries(edits)) {
      if (edit) this.#put(index, path, edit)
      else {
        const files = this.#git(['ls-files', '-z', path], index)
        this.#inCheckout(['update-index', '--force-remove', '-z', '--stdin'], index, files)
      }
    }
    return this.#git(['write-tree'], index)
  }

  #put(index: string, path: string, edit: (text: string) => string): void {
    const old = readFileSync(join(CHECKOUT, path), 'utf8')
    const text = edit(old)
    // An edit that finds nothing to change would make a fault that is none.
    if (text === old) throw new Error(`${path} is not changed`)
    this.#write(index, path, text)
  }

  #write(index: string, path: string, text: string): void {
    const blob = this.#git(['hash-object', '-w', '--stdin'], index, text)
    this.#git(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], index)
  }

  #commit(tree: string, options: string[]): string {
    return this.#git(['commit-tree', ...options, '-m', 'A variant', tree])
  }

  #inCheckout(args: string[], index = this.#index, input = ''): void {
    this.#git(['--work-tree', CHECKOUT, '-C', CHECKOUT, ...args], index, input)
  }

  #git(args: string[], index = this.#index, input = ''): string {
    const { name, email } = AUTHOR
    const env = {
      PATH: process.env.PATH,
      // Nobody's settings but these.
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_DIR: this.#repository,
      GIT_INDEX_FILE: index,
      ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email },
    }
    return execFileSync('git', args, { env, input, encoding: 'utf8', maxBuffer: 1e8 }).trim()
  }
}

function marked(edits: Edits, mark: string): Edits {
  return { ...edits, [MAIN]: (text) => `${edits[MAIN]?.(text) ?? text}\n// ${mark}\n` }
}
