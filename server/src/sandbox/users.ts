import { randomInt } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'

/** Users that boxes may be run as: the numbers are those of the namespace that they are given in. */
export interface BoxUsers {
  /** `root`: any number may be had; `sub-uids`: those of /etc/subuid; `own`: only the user that we are. */
  kind: 'root' | 'sub-uids' | 'own'
  first: number
  count: number
}

/** Whom one box is run as on this machine; `own`: we. */
export interface BoxUser {
  uid: number | 'own'
  /** To be called when nothing of the box is left. */
  release(): void
}

/** Numbers that no user has (systemd's table of UIDs and GIDs); 0x70000000 to 0x7FFFFFFF. */
const UNUSED = { first: 0x70000000, count: 0x0fffffff }
/** Those that the same table lists as unused where there are but 65,536: in a container with users of its own. */
const UNUSED_OF_A_CONTAINER = { first: 60_706, count: 478 }
/** Below are users of that namespace. */
const FIRST_OF_SUB_UIDS = 1000

export function findUsers(): BoxUsers {
  if (process.geteuid?.() === 0) return ofRoot()
  const counts = ['/etc/subuid', '/etc/subgid'].map(countIn)
  const count = Math.min(...counts) - FIRST_OF_SUB_UIDS
  const hasTools = ['newuidmap', 'newgidmap'].every((tool) => existsSync(`/usr/bin/${tool}`))
  if (!hasTools || count < 2 || ownName() === null) return { kind: 'own', first: 0, count: 0 }
  return { kind: 'sub-uids', first: FIRST_OF_SUB_UIDS, count }
}

const taken = new Set<number>()

/** Another pair for each box: who builds in it, and who runs. Drawn, for other processes of ours draw as well. */
export function takeUser(users: BoxUsers, role: 'build' | 'run'): BoxUser {
  const pairs = Math.floor(users.count / 2)
  if (users.kind === 'own' || pairs === 0) return { uid: 'own', release: () => {} }
  let pair = randomInt(pairs)
  // Where there are more boxes than pairs two of them share one: namespaces keep them apart all the same.
  for (let tries = 0; taken.has(pair) && tries < pairs; tries++) pair = (pair + 1) % pairs
  taken.add(pair)
  const uid = users.first + 2 * pair + (role === 'build' ? 0 : 1)
  return { uid, release: () => void taken.delete(pair) }
}

interface Range {
  /** As we say it. */
  first: number
  count: number
  /** As whoever made our namespace says it. */
  outer: number
}

/**
 * Root of a namespace may have fewer users than there are numbers: a unit of systemd may give it those that nobody else
 * has, under other numbers; a container has its own.
 */
function ofRoot(): BoxUsers {
  const [uids = [], gids = []] = ['/proc/self/uid_map', '/proc/self/gid_map'].map(rangesIn)
  const given = uids.find(({ outer, count }) => holds(UNUSED, { first: outer, count }) && count > 1)
  const ranges = [UNUSED, ...(given ? [given] : []), UNUSED_OF_A_CONTAINER]
  for (const { first, count } of ranges)
    if ([uids, gids].every((list) => list.some((each) => holds(each, { first, count }))))
      return { kind: 'root', first, count }
  return { kind: 'own', first: 0, count: 0 }
}

function holds(whole: Omit<Range, 'outer'>, part: Omit<Range, 'outer'>): boolean {
  return whole.first <= part.first && part.first + part.count <= whole.first + whole.count
}

/** Lines as `0 100000 65536`: the first number is that of our namespace (user_namespaces(7)). */
function rangesIn(file: string): Range[] {
  return lines(file).map((line) => {
    const [first = 0, outer = 0, count = 0] = line.trim().split(/\s+/).map(Number)
    return { first, outer, count }
  })
}

/** Of the first entry of our user, by name or number (subuid(5)); that is the one that `unshare --map-auto` takes. */
function countIn(file: string): number {
  const names = [ownName(), String(process.geteuid?.())]
  const entry = lines(file)
    .map((line) => line.split(':'))
    .find(([whose = '']) => names.includes(whose))
  return Number(entry?.[2] ?? 0)
}

/** Null: the number that we run as belongs to nobody, as in a container; newuidmap(1) then has nothing for it. */
function ownName(): string | null {
  try {
    return userInfo().username
  } catch {
    return null
  }
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}
