import { execFileSync } from 'node:child_process'
import { lchownSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { BackupError } from './backup-error.ts'

/** Whose files are. */
export interface Owner {
  uid: number
  gid: number
}

/** @param user a name or a number @throws BackupError `no_such_user` */
export function ownerNamed(user: string): Owner {
  try {
    const idOf = (what: string) => Number(execFileSync('id', [what, '--', user], { stdio: 'pipe', encoding: 'utf8' }))
    return { uid: idOf('-u'), gid: idOf('-g') }
  } catch {
    throw new BackupError('no_such_user', `there is no user ${user} on this machine`)
  }
}

/** Gives a folder and all in it to somebody; for root alone. Links are given away, never what they lead to. */
export function giveTo({ uid, gid }: Owner, folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) giveTo({ uid, gid }, path)
    else lchownSync(path, uid, gid)
  }
  lchownSync(folder, uid, gid)
}

/** From here on this process is that user's, for good: files that it makes are theirs, and it reaches no others. */
export function become({ uid, gid }: Owner): void {
  process.setgroups?.([gid])
  process.setgid?.(gid)
  process.setuid?.(uid)
}
