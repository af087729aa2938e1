import { readFileSync } from 'node:fs'
import type { Lack } from '../machine.ts'

/** A file of the machine, or null where it is not there. */
export type ReadFile = (path: string) => string | null

/** What should not be possible, and is nothing that an operator forgot. */
export const UNEXPLAINED =
  'leave programs off (AJAR_PROGRAMS=0) and report this with what "uname -r" and "bwrap --version" say: no machine should allow it'

const APPARMOR = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns'
const CLONE = '/proc/sys/kernel/unprivileged_userns_clone'
const MOST = '/proc/sys/user/max_user_namespaces'

/**
 * Why bubblewrap makes no box here, by the settings of the machine that are known to forbid it.
 * @param said what went wrong, in bubblewrap's words
 */
export function noBox(said: string, read: ReadFile = readFile): Lack {
  if (valueIn(APPARMOR, read) === '1' && /userns|namespace|uid map|permitted|denied/i.test(said))
    return {
      what: `AppArmor lets no ordinary user make namespaces, as Ubuntu has it from 23.10 on (${said})`,
      mend:
        'write the profile "abi <abi/4.0>, include <tunables/global> profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }" ' +
        'to /etc/apparmor.d/bwrap and run "systemctl reload apparmor", or "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"',
    }
  if (valueIn(CLONE, read) === '0')
    return {
      what: `ordinary users may not make namespaces (${said})`,
      mend: 'sysctl -w kernel.unprivileged_userns_clone=1, and the same line without "sysctl -w" in /etc/sysctl.d/ajar.conf',
    }
  if (valueIn(MOST, read) === '0')
    return {
      what: `no user namespace may be made (${said})`,
      mend: 'sysctl -w user.max_user_namespaces=10000, and the same line without "sysctl -w" in /etc/sysctl.d/ajar.conf',
    }
  if (isContainer(read))
    return {
      what: `this container may not make namespaces (${said})`,
      mend:
        'run the programs worker outside of it, or start the container with --security-opt seccomp=unconfined, ' +
        '--security-opt apparmor=unconfined, --security-opt systempaths=unconfined and --cgroupns=private with writable cgroups',
    }
  if (/^Seccomp:\s*[12]$/m.test(read('/proc/self/status') ?? ''))
    return {
      what: `what started this process restricts its system calls (${said})`,
      mend: 'in its unit of systemd leave out RestrictNamespaces=, SystemCallFilter= and PrivateUsers=',
    }
  return {
    what: said,
    mend: 'see that "bwrap --unshare-all --ro-bind / / true" works for an ordinary user of this machine',
  }
}

/** Why the kernel does not bound what programs take of memory or processes, though a cgroup was made. */
export function noBound(bound: 'memory' | 'processes', read: ReadFile = readFile): string {
  if (bound === 'memory' && /raspberry pi/i.test(read('/proc/device-tree/model') ?? ''))
    return (
      'add "cgroup_enable=memory cgroup_memory=1" to the one line of /boot/firmware/cmdline.txt (/boot/cmdline.txt on older ' +
      'systems), and start the Raspberry Pi again'
    )
  return (
    'run the programs worker as a unit of systemd with Delegate=memory pids cpu, as deploy/install.sh does, or by ' +
    '"systemd-run --user --scope -p Delegate=yes"'
  )
}

function valueIn(path: string, read: ReadFile): string | undefined {
  return read(path)?.trim()
}

function isContainer(read: ReadFile): boolean {
  return read('/.dockerenv') !== null || read('/run/.containerenv') !== null || /^container=/m.test(environOfInit(read))
}

function environOfInit(read: ReadFile): string {
  return (read('/proc/1/environ') ?? '').replaceAll('\0', '\n')
}

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** Nothing is known of boxes then. */
export const TOO_BUSY: Lack = {
  what: 'this machine was too busy to try whether boxes hold: an attempt came to no end in its time',
  mend: 'restart the process that runs programs (systemctl restart ajar-programs) when less is going on',
}
