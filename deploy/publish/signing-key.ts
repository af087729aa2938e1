import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** What ssh-keygen signs a list of digests for, and checks that it was signed for. */
const NAMESPACE = 'file'
const LITERAL = /^(key::)?(?=(sk-)?(ssh|ecdsa)-)/

/**
 * The file of the key that signs: `asked`, else git's `user.signingkey`.
 * @param folder takes the public key where git has it by itself and an agent has the private one
 * @throws Error that says what to do where there is none
 */
export function signingKey(asked: string | null, root: string, folder: string): string {
  const key = asked ?? configured(root)
  if (key === null)
    throw new Error('no key: --key FILE, or git config user.signingkey FILE; see deploy/KEYS.md on how one is made')
  if (LITERAL.test(key)) {
    const file = join(folder, 'signing-key.pub')
    writeFileSync(file, `${key.replace(LITERAL, '')}\n`)
    return file
  }
  const file = resolve(asked === null ? root : process.cwd(), key)
  if (!existsSync(file)) throw new Error(`${file} is not there: an SSH key is expected`)
  return file
}

function configured(root: string): string | null {
  try {
    const how = { cwd: root, encoding: 'utf8' as const }
    return execFileSync('git', ['config', '--type=path', '--get', 'user.signingkey'], how).trim() || null
  } catch {
    return null
  }
}

/** Writes `FILE.sig`; it may ask at the terminal. @throws Error where it cannot be signed */
export function signFile(file: string, key: string) {
  execFileSync('ssh-keygen', ['-Y', 'sign', '-q', '-n', NAMESPACE, '-f', key, file], { stdio: 'inherit' })
}
