import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { homeAt } from '../../src/home/home.ts'
import type { Run } from '../../src/home/run.ts'
import type { RedeploySettings } from '../../src/settings.ts'
import type { StepContext } from '../../src/step.ts'

/** A real bare repository, a checkout that pushes to it, real SSH keys, and a home that fetches from there. */
export class Remote {
  readonly folder = mkdtempSync(join(tmpdir(), 'ajar-remote-'))
  readonly url = join(this.folder, 'remote.git')
  readonly home = homeAt(join(this.folder, 'home'))
  readonly signersFile = join(this.folder, 'allowed_signers')
  readonly revokedFile = join(this.folder, 'revoked_keys')
  readonly #checkout = join(this.folder, 'checkout')

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }))
    this.#run('git', ['init', '--quiet', '--bare', '--initial-branch=main', this.url], this.folder)
    this.#run('git', ['init', '--quiet', '--initial-branch=main', this.#checkout], this.folder)
    this.git('remote', 'add', 'origin', this.url)
    this.commit('first')
  }

  /** git in the checkout, as somebody whose own settings do not matter. @returns what it prints */
  git(...args: string[]): string {
    const who = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com', '-c', 'gpg.format=ssh']
    return this.#run('git', [...who, ...args], this.#checkout)
  }

  /** Makes a key. @returns its file; the public one ends in `.pub` */
  key(name: string): string {
    const file = join(this.folder, name)
    if (!existsSync(file))
      this.#run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file], this.folder)
    return file
  }

  /** A key that may sign. @param options as in allowed_signers */
  signer(name: string, options = ''): string {
    const file = this.key(name)
    const [type, key] = this.#run('ssh-keygen', ['-y', '-f', file], this.folder).split(' ')
    appendFileSync(this.signersFile, `${name}@example.com ${options} ${type} ${key}\n`)
    return file
  }

  /** Commits and pushes. @param files beside one that says `message` @returns the commit's id */
  commit(message: string, key: string | null = null, files: Record<string, string> = {}): string {
    for (const [path, text] of Object.entries({ 'message.txt': message, ...files })) {
      mkdirSync(dirname(join(this.#checkout, path)), { recursive: true })
      writeFileSync(join(this.#checkout, path), text)
    }
    this.git('add', '--all')
    const signed = key === null ? ['--no-gpg-sign'] : [`--gpg-sign=${key}`]
    this.git('commit', '--quiet', '--allow-empty', ...signed, '--message', message)
    this.push('HEAD:main')
    return this.git('rev-parse', 'HEAD').trim()
  }

  /** Makes an annotated tag and pushes it. @param key null: nobody signs it */
  tag(name: string, key: string | null) {
    const signed = key === null ? ['--annotate'] : ['--sign', `--local-user=${key}`]
    this.git('tag', ...signed, '--message', `ajar ${name}`, name)
    this.push(`refs/tags/${name}`)
  }

  push(...refspecs: string[]) {
    this.git('push', '--quiet', '--force', 'origin', ...refspecs)
  }

  /** What a step is given, and what it says. */
  context(ref: string | null, settings: Partial<RedeploySettings> = {}): StepContext & { lines: string[] } {
    const lines: string[] = []
    const context: StepContext & { lines: string[] } = {
      home: this.home,
      host: null as never, // no step of these asks it
      settings: {
        remote: this.url,
        unsigned: false,
        signersFile: this.signersFile,
        kept: 5,
        trialMs: 1000,
        ...settings,
      },
      request: { v: 1, job: 'job-1', ref, release: null, force: false, by: 'test' },
      run: { job: 'job-1', ref, release: null, commit: null, version: null, signer: null } as Run,
      change: (change) => {
        context.run = { ...context.run, ...change }
      },
      log: (level, text) => lines.push(`${level} ${text}`),
      signal: new AbortController().signal,
      lines,
    }
    return context
  }

  #run(program: string, args: string[], cwd: string): string {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
    return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }
}
