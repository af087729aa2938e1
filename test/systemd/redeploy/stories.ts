import { ask, atTerminal, publish, reaches, refusal, status } from './ask.ts'
import { FAULTS, MIGRATION_EXPANDS, MIGRATION_FAILS, NEW_TABLE, NOTHING, UNBUILDABLE } from './faults.ts'
import type { Story } from './play.ts'
import { type Stage, TRIAL_SECONDS } from './stage.ts'
import { standing } from './standing.ts'
import { BUILT, type Edits } from './variants.ts'

/** What is told of one redeploy; `kills.ts` has those of a redeployer that is killed. */

const asked = (name: string, edits: Edits) => async (stage: Stage) => {
  await ask(stage, { ref: await publish(stage, name, edits) })
}

export const GOOD: Story = { name: 'good', play: asked('good', NOTHING), ends: 'kept', word: 'good' }

/** What the rehearsal cannot see: it was switched to, and taken back. */
const takenBack = (name: string, edits: Edits, code?: string): Story => ({
  ...{ name, play: asked(name, edits), ends: 'went_back', word: 'bad' },
  ...(code === undefined ? {} : { code }),
})

export const CRASH = takenBack('crash at start', FAULTS.crash.inEarnest, 'crashed')
export const SICK_AT_ONCE = takenBack('sick at once', FAULTS.sickAtOnce.inEarnest, 'not_ready')
export const NEVER_READY = takenBack('never ready', FAULTS.neverReady.inEarnest, 'not_ready')
/** On a busy machine it may hang, or be sick, before it was seen to be ready: the code is another one then. */
export const HANGS = takenBack('hangs', FAULTS.hangs.inEarnest)

const LONG_TRIAL_SECONDS = 8

export const SICK_LATER: Story = {
  ...takenBack('sick after 5 s', FAULTS.sickLater.inEarnest),
  play: async (stage) => {
    await stage.setTrial(LONG_TRIAL_SECONDS)
    await asked('sick-later', FAULTS.sickLater.inEarnest)(stage)
  },
  afterwards: async (stage) => {
    await stage.setTrial(TRIAL_SECONDS)
    return []
  },
}

/** What is found before anything that runs is touched. */
const foundBefore = (name: string, edits: Edits): Story => ({
  ...{ name, play: asked(name, edits), ends: 'refused', word: 'bad' },
})

export const CRASH_REHEARSED = foundBefore('crash, in the rehearsal', FAULTS.crash.always)
export const MIGRATION_FAILING = foundBefore('migration fails', MIGRATION_FAILS)
/** It is waited for as long as a start may take. */
export const NEVER_READY_REHEARSED = foundBefore('never ready, in the rehearsal', FAULTS.neverReady.always)

export const UNBUILDABLE_HERE: Story = { name: 'build fails', play: asked('unbuildable', UNBUILDABLE), ends: 'refused' }

export const FOREIGN: Story = {
  name: 'foreign signature',
  play: async (stage) => {
    await ask(stage, { ref: await publish(stage, 'foreign', NOTHING, stage.variants.foreign) })
  },
  ends: 'refused',
  code: 'unknown_signer',
}

export const UNSIGNED: Story = {
  name: 'no signature',
  play: async (stage) => {
    await ask(stage, { ref: await publish(stage, 'unsigned', NOTHING, null) })
  },
  ends: 'refused',
  code: 'not_signed',
}

export const REPLAYED: Story = {
  name: 'a signed tag under another name',
  play: async (stage) => {
    stage.variants.replay(await publish(stage, 'signed as this', NOTHING), 'v9.9.9')
    await stage.variants.publish(stage.machine)
    await ask(stage, { ref: 'v9.9.9' })
  },
  ends: 'refused',
}

/** No git, and no shell, ever sees them. */
const NO_REFS = [
  '--upload-pack=touch /tmp/taken',
  '../..',
  '-f',
  'a b',
  'v1;reboot',
  '$(reboot)',
  'x@{1}',
  'refs/../../x',
  '/etc/passwd',
]

export const NO_REF: Story = {
  name: 'refs that are options or paths',
  play: async (stage) => {
    for (const ref of NO_REFS) {
      const code = await refusal(ask(stage, { ref }))
      if (code !== 'bad_ref') throw new Error(`${ref} is refused with ${code}`)
      // Its errors have the shape that its clients know.
      const legacy = await status(stage.server.api.send('POST', '/debug/post/redeploy', { REF: ref }))
      if (legacy !== 400) throw new Error(`${ref} is answered with ${legacy} by the older path`)
    }
    await stage.machine.shell('test ! -e /tmp/taken')
  },
  ends: 'nothing',
}

export const NO_REF_AT_TERMINAL: Story = {
  name: 'such refs at a terminal',
  play: async (stage) => {
    for (const ref of NO_REFS.slice(0, 3)) {
      const { code, stdout } = await atTerminal(stage, 'to', ref)
      if (code === 0) throw new Error(`${ref} was taken at a terminal: ${stdout}`)
    }
    await stage.machine.shell('test ! -e /tmp/taken')
  },
  ends: 'refused',
  code: 'bad_ref',
}

export const TWO_AT_ONCE: Story = {
  name: 'two at once',
  play: async (stage) => {
    const [first, second] = [await publish(stage, 'first', NOTHING), await publish(stage, 'second', NOTHING)]
    const job = await ask(stage, { ref: first })
    await reaches(stage, job, 'install')
    const code = await refusal(ask(stage, { ref: second }))
    if (code !== 'redeploy_running') throw new Error(`the second is refused with ${code}`)
    const { code: exit, stdout, stderr } = await atTerminal(stage, 'to', second)
    if (exit === 0) throw new Error(`the second was taken at a terminal: ${stdout}${stderr}`)
  },
  ends: 'kept',
  word: 'good',
}

const hasNewTable = async ({ machine }: Stage) => {
  const script = `const { DatabaseSync } = require('node:sqlite'); console.log(new DatabaseSync('/var/lib/ajar/state.db', { readOnly: true }).prepare("select count(*) as n from sqlite_schema where name = '${NEW_TABLE}'").get().n)`
  return (await machine.run(['/opt/ajar/current/bin/node', '-e', script])).stdout.trim() === '1'
}

/** The way there, and the way back: the release before runs on the newer schema. */
export const EXPANDS_AT_TERMINAL: Story = {
  name: 'expanding migration, asked for at a terminal',
  play: async (stage) => {
    const { code, stdout, stderr } = await atTerminal(stage, 'to', await publish(stage, 'expands', MIGRATION_EXPANDS))
    if (code !== 0) throw new Error(`exit code ${code}: ${stdout}${stderr}`)
  },
  ends: 'kept',
  word: 'good',
}

export const BACK: Story = {
  name: 'back, on the newer schema',
  play: async (stage) => {
    if (!(await hasNewTable(stage))) throw new Error('the migration was not done')
    const { current } = await standing(stage.server)
    const { items } = await stage.server.api.get<{ items: { id: string; state: string }[] }>('/api/releases')
    const before = items.find(({ id, state }) => id !== current && state !== 'bad')
    if (!before) throw new Error('there is no release to go back to')
    await ask(stage, { release: before.id })
  },
  ends: 'kept',
  word: 'good',
}

/** Nothing runs for a while, then everything does at once. */
export const POWER_CUT: Story = {
  name: 'power cut on trial',
  play: async (stage) => {
    const { machine, server, traffic } = stage
    const job = await ask(stage, { ref: await publish(stage, 'power', NOTHING) })
    await reaches(stage, job, 'trial')
    await machine.cutPower()
    await machine.boot()
    await server.reach()
    traffic.reach()
  },
  afterwards: async ({ machine }) => {
    const { Result } = await machine.show('ajar-recover.service', 'Result')
    return Result === 'success' ? [] : [`what goes on with it at the boot ended with ${Result}`]
  },
  ends: 'kept',
  word: 'good',
  powerFails: true,
}

/** A release that was not published: what is built of it is built on this machine. */
export const BUILT_HERE: Story = {
  name: 'built on the machine',
  play: asked('source', Object.fromEntries(BUILT.map((folder) => [folder, null]))),
  ends: 'kept',
  word: 'good',
}
