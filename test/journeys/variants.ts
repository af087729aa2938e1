import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PNPM = 'pnpm@12.21.0'
/** Not part of the bundle: a change of it makes no bundle stale. */
const CHANGED = 'server/src/main.ts'

/** A clone of this checkout, installed; and the bare repository of its commit, with signed variants of it on top. */
export class Variants {
  readonly url: string
  readonly signersFile: string
  readonly checkout: string
  readonly #work: string
  readonly #key: string

  constructor(folder: string) {
    this.url = join(folder, 'remote.git')
    this.signersFile = join(folder, 'allowed_signers')
    this.checkout = join(folder, 'checkout')
    this.#work = join(folder, 'work')
    this.#key = join(folder, 'key')
    run('git', ['clone', '--quiet', '--bare', '--shared', ROOT, this.url])
    for (const clone of [this.checkout, this.#work]) run('git', ['clone', '--quiet', '--shared', this.url, clone])
    run('npx', ['--prefer-offline', '--yes', PNPM, '--dir', this.checkout, 'install', '--frozen-lockfile'])
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'somebody', '-f', this.#key])
    const [type, key] = readFileSync(`${this.#key}.pub`, 'utf8').split(' ')
    writeFileSync(this.signersFile, `somebody@example.com ${type} ${key}\n`)
  }

  /** Pushes a signed commit as the branch `name`. @param code goes before the server's own */
  push(name: string, code: string) {
    const path = join(this.#work, CHANGED)
    this.#git('checkout', '--quiet', '-B', name, 'origin/HEAD')
    writeFileSync(path, `// ${name}\n${code}\n${readFileSync(path, 'utf8')}`)
    this.#git('commit', '--quiet', '--all', `--gpg-sign=${this.#key}`, '--message', name)
    this.#git('push', '--quiet', '--force', 'origin', name)
  }

  #git(...args: string[]) {
    const who = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com', '-c', 'gpg.format=ssh']
    run('git', ['-C', this.#work, ...who, ...args])
  }
}

function run(program: string, args: string[]) {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}
