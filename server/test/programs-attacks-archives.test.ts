import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { attack, leftBy } from './attacks/attack.ts'
import { type Caller, callerFor, KINDS } from './attacks/caller.ts'
import { type Entry, evilArchive } from './attacks/evil-archive.ts'

const MOST_KEPT = 20e6
const EVERYTHING = { keeps: { paths: ['.'], mostBytes: MOST_KEPT, when: 'always' } as const }
/** Tells all that came, without going through links. */
const TELL = `find . -mindepth 1 -printf '%y %M %P -> %l\\0' | tr '\\n\\0' '?\\n' | sort | head -100; cat shadow passwd up environment root/etc/shadow 2>&1 | grep -c : ; exit 0`

describe.each(KINDS)('In a box that is made by: %s', (kind) => {
  let caller: Caller
  beforeEach(async (context) => {
    caller = await callerFor(kind, context)
  })

  test.each(['symlinks', 'hard-links', 'special', 'names', 'many', 'deep', 'sparse', 'big'])(
    'what a build leaves does no harm to whoever takes it out, nor to the box that gets it: %s',
    async (left) => {
      const built = await attack(caller, 'links', [left], {
        ...EVERYTHING,
        user: 'build',
        limits: { ms: 20_000, folderBytes: 60e6, memoryBytes: 400e6 },
      })
      expect(built.through).toEqual([])
      expect(built.error).toBeNull()
      expect(built.stdout).toMatch(/done\n$/)
      const kept = built.end?.kept ? Buffer.from(built.end.kept, 'base64') : null
      if (left === 'big' || left === 'sparse') expect(kept).toBeNull()
      if (kept === null) return
      expect(kept.length).toBeLessThanOrEqual(MOST_KEPT)
      const ran = await caller.run({ command: ['/bin/sh', '-c', TELL], files: kept, limits: { ms: 10_000 } })
      expect(ran.error).toBeNull()
      // Nothing of this machine is found behind a link: /etc/shadow is not there.
      expect(ran.stdout).not.toMatch(/root:[*!$]/)
      // Neither devices nor programs that would be run as somebody else come along.
      expect(ran.stdout).not.toMatch(/^[bc] /m)
      expect(await leftBy(caller)).toBe('')
    },
  )

  test('an archive that somebody else made is unpacked nowhere but in its box', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ajar-target-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    writeFileSync(join(folder, 'file'), 'as it was')
    const text = 'written by an attack\n'
    const archives: Record<string, Entry[]> = {
      'names that go up': [{ name: `../../../../..${folder}/up`, text }],
      'names from the root': [{ name: `${folder}/root`, text }],
      'files through a link': [
        { name: 'l', type: '2', link: folder },
        { name: 'l/through', text },
      ],
      'files through a link that goes up': [
        { name: 'l', type: '2', link: '../../../..' },
        { name: `l${folder}/through`, text },
      ],
      'hard links': [
        { name: 'h', type: '1', link: join(folder, 'file') },
        { name: 'h', text },
      ],
      'hard links to what all know': [
        { name: 'h', type: '1', link: '/etc/passwd' },
        { name: 'h', text },
      ],
      devices: [
        { name: 'b', type: '4' },
        { name: 'c', type: '3' },
        { name: 'f', type: '6' },
      ],
      'set-user-id': [{ name: 's', text, mode: 0o6755 }],
      'lengths that lie': [{ name: 'x', text, says: 8 ** 11 - 1 }],
      'a folder in the place of another one': [
        { name: '.', type: '2', link: folder },
        { name: 'x', text },
      ],
      'much of one': Array.from({ length: 12_000 }, (_, i) => ({ name: `many-${i}` })),
    }
    for (const [what, entries] of Object.entries(archives)) {
      const { error, end, stdout } = await caller.run({
        command: ['/bin/sh', '-c', "find . -mindepth 1 -printf '%y %m %p\\n' | head -20; echo begun"],
        files: evilArchive(entries),
        limits: { ms: 10_000 },
      })
      // It fails, or goes without what may not be; a box is no box's fault.
      expect(`${what}: ${error}`).toBe(`${what}: null`)
      expect(end?.exceeded ?? null).toBeNull()
      expect(`${what}: ${stdout}`).not.toMatch(/\n[bc] /)
      expect(readdirSync(folder)).toEqual(['file'])
    }
    expect(existsSync(`${folder}/through`)).toBe(false)
    expect(await leftBy(caller)).toBe('')
  })
})
