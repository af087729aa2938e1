import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** A git repository with a checkout, in which a release is made without touching the checkout. */
export class Repository {
  readonly root: string
  readonly #config: string[]

  /** @param key file of the SSH key that signs */
  constructor(root: string, key: string) {
    this.root = root
    const config = { 'gpg.format': 'ssh', 'gpg.ssh.program': 'ssh-keygen', 'user.signingkey': key }
    this.#config = Object.entries(config).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  }

  /** What git prints. It may ask at the terminal, for a passphrase or a touch of the key. @throws Error where git fails */
  git(args: string[], { input = '', index }: { input?: string; index?: string } = {}): string {
    const env = index === undefined ? process.env : { ...process.env, GIT_INDEX_FILE: index }
    return execFileSync('git', [...this.#config, ...args], {
      cwd: this.root,
      encoding: 'utf8',
      input,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
      maxBuffer: 64 * 1024 * 1024,
    }).trimEnd()
  }

  /** Whether git does it; it says itself why not. */
  does(args: string[]): boolean {
    try {
      this.git(args)
      return true
    } catch {
      return false
    }
  }

  /**
   * A signed commit on top of `parent`, on no branch.
   * @param files by path, what stands in them then
   * @returns its id
   */
  commit(parent: string, message: string, files: Record<string, string>, index: string): string {
    this.git(['read-tree', parent], { index })
    for (const [path, text] of Object.entries(files)) {
      const blob = this.git(['hash-object', '-w', '--stdin'], { input: text })
      this.git(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], { index })
    }
    return this.#commitIndex(parent, message, index)
  }

  /** The same with what stands at `paths` in another folder, also where git is told to leave it out. */
  commitFolder(parent: string, message: string, folder: string, paths: string[], index: string): string {
    this.git(['read-tree', parent], { index })
    const where = [`--git-dir=${this.git(['rev-parse', '--absolute-git-dir'])}`, `--work-tree=${folder}`]
    this.git([...where, '-C', folder, 'add', '--force', '--', ...paths], { index })
    return this.#commitIndex(parent, message, index)
  }

  #commitIndex(parent: string, message: string, index: string): string {
    const tree = this.git(['write-tree'], { index })
    return this.git(['commit-tree', '-S', '-p', parent, '-m', message, tree])
  }

  /** Lays the files of a commit out in an empty folder. */
  layOut(commit: string, folder: string) {
    const archive = join(folder, '.archive.tar')
    this.git(['archive', '--format=tar', `--output=${archive}`, commit])
    execFileSync('tar', ['-xf', archive, '-C', folder])
    execFileSync('rm', [archive])
  }
}
