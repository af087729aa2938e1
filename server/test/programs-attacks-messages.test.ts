import { beforeEach, describe, expect, test } from 'vitest'
import { leftBy } from './attacks/attack.ts'
import { type Caller, callerFor, IN_FULL, KINDS } from './attacks/caller.ts'
import { needsLanguage } from './performed.ts'

/** What the user of a program is told that takes too much, by whomever the worker is run; each ends by itself, too. */

const LIMITS = { memoryBytes: 160e6, processes: 40 }
const SOON = { ms: 1500 }
/** All of its children have the same end. */
const BEGIN = 'import os, sys, time\nend = time.time() + 15\n'
const OVER = '<interrupted> : Maximum 1.5s process limit reached.'
const FULL = 'No space left on device'

interface Taker {
  does: string
  file: 'main.py' | 'main.sh'
  text: string
  limits?: { ms: number }
  /** The kernel ends it in its own way for each of those that make boxes. */
  byAll?: true
  /** The last line of all, and its kind. */
  told: ['stderr' | 'internal_error' | 'stdout', string | RegExp]
  status: number
  stdout?: string[]
}

const TAKERS: Taker[] = [
  {
    does: 'is a fork bomb',
    byAll: true,
    file: 'main.py',
    text: `${BEGIN}while time.time() < end:\n  try: os.fork()\n  except OSError: pass\n`,
    limits: { ms: 3000 },
    told: ['stderr', /^<interrupted> : Maximum (40 processes|3s process) limit reached\.$/],
    status: 0,
  },
  {
    does: 'has too many processes, which wait',
    file: 'main.py',
    text: `${BEGIN}try:\n  for i in range(100):\n    if os.fork() == 0: time.sleep(10); os._exit(0)\nexcept OSError: pass\n`,
    told: ['stderr', '<interrupted> : Maximum 40 processes limit reached.'],
    status: 137,
  },
  {
    does: 'takes memory in one process',
    file: 'main.py',
    text: `${BEGIN}x = []\nwhile len(x) < 800: x.append(bytearray(1000000))\n`,
    told: ['stderr', '<interrupted> : Maximum 160MB memory limit reached.'],
    status: 137,
  },
  {
    does: 'takes memory in many processes, little in each',
    byAll: true,
    file: 'main.py',
    text: `${BEGIN}for i in range(20):\n  if os.fork() == 0:\n    x = bytearray(30000000)\n    time.sleep(10)\n    os._exit(0)\nfor i in range(20): os.wait()\n`,
    told: ['stderr', '<interrupted> : Maximum 160MB memory limit reached.'],
    status: 137,
  },
  ...['/box', '/tmp', '/dev/shm'].map(
    (place): Taker => ({
      does: `fills ${place}`,
      ...(place === '/box' && { byAll: true }),
      file: 'main.py',
      text: `f = open("${place}/fill", "wb", buffering=0)\nfor i in range(800): f.write(bytes(1000000)) == 1000000 or f.write(b"x")\n`,
      told: ['stderr', `OSError: [Errno 28] ${FULL}`],
      status: 1,
    }),
  ),
  ...['/', '/usr', '/etc', '/dev', '/proc'].map(
    (place): Taker => ({
      does: `writes to ${place}`,
      file: 'main.py',
      text: `open("${place}/fill", "w")\n`,
      told: ['stderr', /^(OSError|PermissionError|FileNotFoundError): \[Errno (30|13|2)\] /],
      status: 1,
    }),
  ),
  {
    does: 'floods its output',
    file: 'main.py',
    text: 'for i in range(100000): print("x" * 5000)\n',
    told: ['internal_error', /^The program printed more than 1 MB, which is the limit of a run/],
    status: 137,
  },
  {
    does: 'floods standard error',
    file: 'main.sh',
    text: 'head -c 200000000 /dev/zero | tr "\\0" x >&2\n',
    told: ['internal_error', /^The program printed more than 1 MB/],
    status: 137,
  },
  {
    does: 'never ends',
    byAll: true,
    file: 'main.sh',
    text: 'while :; do :; done',
    limits: SOON,
    told: ['stderr', OVER],
    status: 124,
  },
  { does: 'sleeps', file: 'main.sh', text: 'sleep 15', limits: SOON, told: ['stderr', OVER], status: 124 },
  {
    does: 'ignores all signals',
    file: 'main.py',
    text: `${BEGIN}import signal\nfor n in range(1, 65):\n  try: signal.signal(n, signal.SIG_IGN)\n  except (OSError, ValueError): pass\nwhile time.time() < end: pass\n`,
    limits: SOON,
    told: ['stderr', OVER],
    status: 124,
  },
  { does: 'stops itself', file: 'main.sh', text: 'kill -STOP $$', limits: SOON, told: ['stderr', OVER], status: 124 },
  {
    does: 'closes its output and goes on',
    file: 'main.sh',
    text: 'exec >&- 2>&-; sleep 15',
    limits: SOON,
    told: ['stderr', OVER],
    status: 124,
  },
  {
    does: 'leaves a daemon, which is ended with it',
    byAll: true,
    file: 'main.sh',
    text: 'setsid sh -c "trap : HUP TERM; sleep 20" & echo done',
    told: ['stdout', 'done'],
    status: 0,
  },
]

describe.each(KINDS)('Where the worker is: %s', (kind) => {
  let caller: Caller
  beforeEach(async (context) => {
    caller = await callerFor(kind, context)
    for (const language of ['python', 'shell']) await needsLanguage(language, context)
  })

  const tried = kind === 'root' || IN_FULL ? TAKERS : TAKERS.filter(({ byAll }) => byAll)
  test.each(tried)('whoever runs a program that $does is told so', async ({ file, text, limits, told, status }) => {
    const run = await caller.perform({ [file]: text }, { limits: { ...LIMITS, ...limits } })
    const [type, data] = told
    expect(run.messages.at(-1)).toEqual({ type, data: typeof data === 'string' ? data : expect.stringMatching(data) })
    // A fork bomb ends by one of two limits.
    if (status > 0 || type === 'stdout') expect(run.status).toBe(status)
    expect(run.isSuccess).toBe(type === 'stdout')
    expect(run.of('stdout').join('').length).toBeLessThanOrEqual(1e6)
    expect(await leftBy(caller)).toBe('')
  })
})
