import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const PRINCIPAL = 'releases@ajar.test'

/** A key of ssh-keygen's that signs tags and commits. */
export class SigningKey {
  /** Its private half. */
  readonly file: string

  private constructor(file: string) {
    this.file = file
  }

  static make(folder: string, name: string): SigningKey {
    const file = join(folder, name)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file])
    return new SigningKey(file)
  }

  /** Its line in an `allowed_signers` file. */
  get allowed(): string {
    return `${PRINCIPAL} namespaces="git" ${readFileSync(`${this.file}.pub`, 'utf8')}`
  }
}
