import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { leftBy } from './attacks/attack.ts'
import { type Caller, callerFor, IN_FULL, KINDS } from './attacks/caller.ts'
import { needsLanguage } from './performed.ts'

interface Abuse {
  does: string
  files: Record<string, string>
  /** It looks for what somebody else may read: tried as whoever makes boxes. */
  looks?: true
  /** Of all that is said; a secret is never in it. */
  says: RegExp
  switches?: Record<string, string[]>
  limits?: { ms?: number; memoryBytes?: number }
}

const MAIN = 'int main(void) { return 0; }\n'
const LEVELS = Array.from({ length: 12 }, (_, i) => `#define M${i + 1} M${i} M${i} M${i} M${i} M${i} M${i} M${i} M${i}`)

/** `PATH` is that of a file of this machine that all may read. */
const C: Abuse[] = [
  { does: 'includes a secret', looks: true, files: { 'main.c': `#include "PATH"\n${MAIN}` }, says: /No such file/ },
  {
    does: 'includes /etc/shadow',
    looks: true,
    files: { 'main.c': `#include "/etc/shadow"\n${MAIN}` },
    says: /No such file|denied/,
  },
  {
    does: 'includes a secret from above',
    files: { 'main.c': `#include "../../../../..PATH"\n${MAIN}` },
    says: /No such file/,
  },
  {
    does: 'has the assembler take a secret in',
    looks: true,
    files: { 'main.c': `__asm__(".incbin \\"PATH\\"");\n${MAIN}` },
    says: /file not found|cannot|No such file/i,
  },
  {
    does: 'includes itself',
    files: { 'main.c': `#include "main.c"\n#include "main.c"\n${MAIN}` },
    says: /nested/,
  },
  {
    does: 'includes zeros without an end',
    files: { 'main.c': `#include "/dev/zero"\n${MAIN}` },
    limits: { ms: 3000 },
    says: /interrupted|device|limit|memory/i,
  },
  {
    does: 'is a bomb of macros',
    files: { 'main.c': `#define M0 1,\n${LEVELS.join('\n')}\nint a[] = { M12 };\n${MAIN}` },
    limits: { ms: 700 },
    says: /interrupted|limit|memory/i,
  },
  {
    does: 'becomes a program of sixteen gigabytes',
    files: { 'main.c': `char a[16ull << 30] = { 1 };\n${MAIN}` },
    limits: { ms: 3000 },
    says: /interrupted|limit|memory|space|too large|File|relocation/i,
  },
  {
    does: 'has other programs for the compiler beside it',
    files: { 'main.c': MAIN, 'specs.c': 'int specs;\n' },
    switches: { Compiler: ['-B.', '-fplugin=./evil.so', '@main.c', '-specs=specs.c', '-wrapper', 'sh,-c,id'] },
    says: /switch|-B/i,
  },
  {
    does: 'has the linker read a script',
    files: { 'main.c': MAIN },
    switches: { Compiler: ['-Wl,-T,/etc/passwd'] },
    says: /switch|-Wl/i,
  },
]

const TEMPLATES = `template<int N> struct F { static constexpr long long v = F<N - 1>::v + F<N - 2>::v * (N % 3); };
template<> struct F<0> { static constexpr long long v = 1; }; template<> struct F<1> { static constexpr long long v = 1; };
template<int A, int B> struct G { using L = G<A - 1, 2 * B>; using R = G<A - 1, 2 * B + 1>; static constexpr int v = L::v + R::v; };
template<int B> struct G<0, B> { static constexpr int v = B; };
int main() { return G<25, 0>::v + F<800>::v; }\n`

const CPP = [
  { does: 'is a bomb of templates', text: TEMPLATES, says: /interrupted|limit|memory|depth/i },
  {
    does: 'calculates without an end while it is compiled',
    text: 'constexpr int f() { int n = 0; for (;;) n ^= 1; return n; }\nstatic_assert(f());\nint main() {}\n',
    says: /constexpr|interrupted|limit/,
  },
  {
    does: 'has ten thousand errors',
    text: `${Array.from({ length: 2000 }, (_, i) => `auto x${i} = y${i} + z${i};`).join('\n')}\nint main() {}\n`,
    says: /not declared/,
  },
]

const ADA = [
  {
    does: 'reads a secret when it is built',
    text: 'with Ada.Text_IO; use Ada.Text_IO;\nprocedure Main is\n   F : File_Type;\nbegin\n   Open (F, In_File, "PATH");\n   Put_Line (Get_Line (F));\nend Main;\n',
    says: /NAME_ERROR/i,
  },
  {
    does: 'tells the linker what to take',
    text: 'procedure Main is\n   pragma Linker_Options ("PATH");\nbegin\n   null;\nend Main;\n',
    says: /PATH|No such file|cannot find/,
  },
]

const PATIENCE = { timeout: 120_000 }

describe.each(KINDS)('Where the worker is: %s', PATIENCE, (kind) => {
  let caller: Caller
  beforeEach(async (context) => {
    caller = await callerFor(kind, context)
  })
  const isAll = kind === 'root' || IN_FULL

  test.for(isAll ? C : C.filter(({ looks }) => looks))(
    'C that $does comes to nothing',
    async ({ files, says, switches = {}, limits = {} }, context) => {
      await needsLanguage('c', context)
      await expectNothing(caller, files, says, switches, limits)
    },
  )

  test.for(isAll ? CPP : [])('C++ that $does comes to nothing', async ({ text, says }, context) => {
    await needsLanguage('cpp', context)
    await expectNothing(caller, { 'main.cpp': text }, says, {}, { ms: 3000 })
  })

  test.for(isAll ? ADA : ADA.slice(0, 1))('Ada that $does comes to nothing', async ({ text, says }, context) => {
    await needsLanguage('ada', context)
    await expectNothing(caller, { 'main.adb': text }, says)
  })

  test('Python, Node and a shell that look for a secret find nothing', async (context) => {
    for (const language of ['python', 'typescript', 'shell']) await needsLanguage(language, context)
    await expectNothing(
      caller,
      {
        'main.py':
          'import os\nfor p in ["PATH", "/proc/1/environ", "/etc/shadow"]:\n  try: print(open(p).read())\n  except OSError as e: print(e)\nprint(os.environ)\n',
      },
      /No such file/,
    )
    await expectNothing(
      caller,
      {
        'main.ts':
          'import { readFileSync } from "node:fs"\ntry { console.log(readFileSync("PATH", "utf8")) } catch (e) { console.log(String(e)) }\nconsole.log(process.env)\n',
      },
      /ENOENT/,
    )
    await expectNothing(
      caller,
      { 'main.sh': 'cat PATH /etc/shadow; env; ls -la / /home /root /var\nfalse\n' },
      /No such file/,
    )
  })
})

async function expectNothing(
  caller: Caller,
  files: Record<string, string>,
  says: RegExp,
  switches: Record<string, string[]> = {},
  limits: { ms?: number; memoryBytes?: number } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-secret-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  const [path, secret] = [join(folder, 'secret'), 'the-secret-of-this-machine']
  writeFileSync(path, `${secret}\n`)
  const written = Object.entries(files).map(([name, text]) => [name, text.replaceAll('PATH', path)])
  const { messages } = await caller.perform(Object.fromEntries(written), { switches, limits })
  const said = messages.map(({ data }) => data).join('\n')
  expect(said.replaceAll(path, 'PATH')).toMatch(says)
  expect(said).not.toContain(secret)
  // That one stands in the environment of whoever makes boxes.
  expect(said).not.toContain(caller.secret)
  expect(said.length).toBeLessThan(1_100_000)
  expect(await leftBy(caller)).toBe('')
}
