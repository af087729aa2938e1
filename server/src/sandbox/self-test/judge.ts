import { constants } from 'node:os'
import type { Lack } from '../machine.ts'
import { UNEXPLAINED } from './mend.ts'

/** What it may write to: bounded, and gone with it. */
const WRITABLE = ['/box', '/tmp', '/dev/shm']
const STATUS: Record<string, { value: RegExp; lack: Lack }> = {
  'Seccomp:': {
    value: /^2$/,
    lack: {
      what: 'programs may make every system call',
      mend: 'install libseccomp2, on a kernel with CONFIG_SECCOMP_FILTER',
    },
  },
  'NoNewPrivs:': { value: /^1$/, lack: breach('a program can become another user by a setuid program') },
  'CapEff:': { value: /^0+$/, lack: breach('a program has rights over the machine') },
}
const MADE: Record<string, string> = {
  namespace: 'a program can make a user namespace',
  network: 'a program can make a network namespace',
  mount: 'a program can mount',
  connection: 'a program reaches what listens on this machine',
}

/**
 * What of the attempts came to something that it must not.
 * @param printed by `attempts`
 * @param ours namespaces of this process, by kind, as `/proc/self/ns` has them
 * @param secret what stands in a file of this machine and in the environment of this process
 */
export function judge(printed: string, ours: Readonly<Record<string, string>>, secret: string): Lack[] {
  const lines = printed.split('\n').map((line) => line.split(' '))
  const of = (word: string) => lines.filter(([first]) => first === word).map(([, ...rest]) => rest)
  const found: Lack[] = []
  if (lines.at(-2)?.[0] !== 'end') found.push(breach('what the attempts came to could not be told'))
  if (printed.includes(secret)) found.push(breach('a program reads files or the environment of this server'))
  for (const [kind = '', namespace] of of('namespace'))
    if (namespace === undefined || namespace === '' || namespace === ours[kind])
      found.push(breach(`a program is in the ${kind} namespace of this machine`))
  const status = new Map(of('status') as [string, string][])
  for (const [name, { value, lack }] of Object.entries(STATUS))
    if (!value.test(status.get(name) ?? '')) found.push(lack)
  for (const [place = ''] of of('write'))
    if (!WRITABLE.includes(place)) found.push(breach(`a program writes to ${place}`))
  for (const [place = ''] of of('fill')) found.push(breach(`a program fills ${place} with more than it may`))
  for (const [what = ''] of of('made')) found.push(breach(MADE[what] ?? what))
  for (const [name = '', answer] of of('call'))
    if (Number(answer) !== constants.errno.EPERM) found.push(breach(`a program may call ${name} of the kernel`))
  return found
}

function breach(what: string): Lack {
  return { what, mend: UNEXPLAINED }
}
