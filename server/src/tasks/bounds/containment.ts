/** How what a command started is held together, so that all of it ends. */
export interface Containment {
  /** The program and arguments that make a PID namespace; null: none can be had, and what is left is looked for. */
  unshare: readonly string[] | null
  /** Null: nothing can be mounted for a command alone. Else what starts it afterwards as the user that we are, with no right to undo it. */
  mounted: readonly string[] | null
  /** Processes of the keeper's own, beside those of the command. */
  keepers: number
  /** For people. */
  words: string
}

const PID = ['--pid', '--fork', '--kill-child']
/** Shared memory and semaphores that nobody else sees, and that go with it. */
const IPC = ['--ipc']
const AS_ONESELF = ['--user', '--map-current-user']
/** Only who seems to be root may mount. */
const AS_ROOT = ['--user', '--map-root-user']
/** With a /proc of its own the command sees nothing of other processes, as their environment. A hardened unit or a container may forbid it. */
const PROC = ['--mount-proc']
const MOUNT = ['--mount']
/** For root, who could undo what was mounted, as its /proc, and look into others. */
const WITHOUT_MOUNTS = [
  '/usr/bin/setpriv',
  '--bounding-set=-sys_admin,-sys_ptrace',
  '--inh-caps=-sys_admin,-sys_ptrace',
  '--',
]

/** In the order they are preferred. */
export function containments(isRoot: boolean): Containment[] {
  const [user, seemingRoot] = isRoot ? [[], []] : [AS_ONESELF, AS_ROOT]
  const mounted = isRoot ? WITHOUT_MOUNTS : oneselfAgain()
  return [
    inNamespace([...seemingRoot, ...PID, ...IPC, ...PROC], 'a PID namespace with a /proc of its own', mounted),
    inNamespace([...seemingRoot, ...PID, ...IPC, ...MOUNT], 'a PID namespace', mounted),
    inNamespace([...user, ...PID, ...PROC], 'a PID namespace with a /proc of its own'),
    inNamespace([...user, ...PID, ...IPC], 'a PID namespace'),
    inNamespace([...user, ...PID], 'a PID namespace'),
    ...(isRoot ? [inNamespace([...AS_ONESELF, ...PID], 'a PID namespace')] : []),
  ]
}

export const SEARCHED: Containment = {
  unshare: null,
  mounted: null,
  keepers: 1,
  words: 'a session, and a search of /proc for what left it (no PID namespace may be made here)',
}

function inNamespace(options: string[], words: string, mounted: Containment['mounted'] = null): Containment {
  return { unshare: ['unshare', ...options], mounted, keepers: 2, words }
}

/** A user namespace in the other one, without any capability over that. */
function oneselfAgain(): string[] {
  const [uid, gid] = [process.geteuid?.(), process.getegid?.()]
  return ['/usr/bin/unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--']
}
