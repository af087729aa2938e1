import { beforeEach, describe, expect, test } from 'vitest'
import { LANGUAGES } from '../src/programs/languages.ts'
import { needsBoxes } from './boxed.ts'
import { needsLanguage, perform } from './performed.ts'

beforeEach(needsBoxes)

/** Builds of Ada and C++ on a machine that does much else. */
const PATIENCE = { timeout: 180_000 }

describe('each language', PATIENCE, () => {
  test('a program in Ada may stand on one line', async (context) => {
    await needsLanguage('ada', context)
    const contents = 'with Ada.Text_IO; procedure Main is begin Ada.Text_IO.Put_Line ("hi"); end Main;'
    expect((await perform({ 'main.adb': contents })).of('stdout')).toEqual(['hi'])
  })

  test.for(LANGUAGES.map(({ name }) => name))(
    '%s runs its example, with arguments and without',
    async (name, context) => {
      await needsLanguage(name, context)
      const language = LANGUAGES.find((one) => one.name === name)
      const { basename = '', contents = '' } = language?.example ?? {}
      const run = await perform({ [basename]: contents, 'cli.txt': '"dear reader" ignored' })
      expect(run.of('stderr')).toEqual([])
      expect(run.of('stdout')).toEqual(['Hello, dear reader!'])
      expect(run.of('console').at(-1)).toMatch(/ 'dear reader' ignored$/)
      expect(run).toMatchObject({ status: 0, isSuccess: true })
    },
  )

  test.for(LANGUAGES.map(({ name }) => name))('%s compiles its example, and runs nothing', async (name, context) => {
    await needsLanguage(name, context)
    const language = LANGUAGES.find((one) => one.name === name)
    const { basename = '', contents = '' } = language?.example ?? {}
    const run = await perform({ [basename]: contents }, { mode: 'compile' })
    expect(run.messages.map(({ type }) => type)).toEqual(['console'])
    expect(run).toMatchObject({ status: 0, isSuccess: true })
  })

  test.for([
    ['python', 'a.py', 'print((', 'was never closed'],
    ['shell', 'a.sh', 'if true; then', 'end of file unexpected'],
    ['typescript', 'a.ts', 'const a: number = "text"\n', 'error TS2322'],
    ['typescript', 'a.js', 'const a = (', 'SyntaxError'],
    ['c', 'a.c', 'int main(void) { nothing(; }', 'error: expected expression'],
    ['cpp', 'a.cpp', 'int main() { return std::nothing; }', 'error:'],
    ['ada', 'main.adb', 'procedure Main is begin X; end Main;', 'main.adb:1:25: error: "X" is undefined'],
  ])('%s says what does not compile in %s', async ([name = '', basename = '', contents = '', said = ''], context) => {
    await needsLanguage(name, context)
    const run = await perform({ [basename]: contents }, { mode: 'compile' })
    expect(run.isSuccess).toBe(false)
    expect(run.status).toBeGreaterThan(0)
    expect(run.of('stderr').join('\n')).toContain(said)
    expect(run.of('stdout')).toEqual([])
    expect(run.of('console').at(-1)).toBe(`The build failed with exit status ${run.status}.`)
  })
})

describe('programs of several files', PATIENCE, () => {
  test('TypeScript imports TypeScript, has enumerations and reads a file that came along', async () => {
    const run = await perform({
      'main.ts':
        "import { readFileSync } from 'node:fs'\nimport { Colour } from './colour.ts'\nconsole.log(Colour.Red, readFileSync('data.txt', 'utf8'))\n",
      'colour.ts': "export enum Colour { Red = 'red' }\n",
      'data.txt': 'data',
    })
    expect(run.of('stdout')).toEqual(['red data'])
    expect(run.of('stderr')).toEqual([])
  })

  test('TypeScript that Node runs is TypeScript that tsc takes: it waits at the top, and imports types as such', async () => {
    const files = {
      'main.ts':
        "import type { A } from './a.ts'\nimport { b } from './a.ts'\nconst x: A = await Promise.resolve({ n: b })\nconsole.log(x.n, typeof process.pid)\n",
      'a.ts': 'export interface A { n: number }\nexport const b = 1\n',
    }
    const run = await perform(files)
    expect([run.of('stdout'), run.of('stderr')]).toEqual([['1 number'], []])
    const compiled = await perform(files, { mode: 'compile' })
    expect([compiled.of('stdout'), compiled.of('stderr')]).toEqual([[], []])
  })

  test('C in two files, with a header and switches', async (context) => {
    await needsLanguage('c', context)
    const run = await perform(
      {
        'a.c': '#include <stdio.h>\n#include "b.h"\nint main(void) { printf("%d\\n", twice(N)); }',
        'b.c': '#include "b.h"\nint twice(int n) { return 2 * n; }',
        'b.h': 'int twice(int n);',
      },
      { switches: { Compiler: ['-DN=21', '-O2'] } },
    )
    expect(run.of('console')[0]).toBe('gcc -g -Wall -DN=21 -O2 -o main a.c b.c -lm')
    expect(run.of('stdout')).toEqual(['42'])
  })

  test('C++ with a file of C, which stays C', async (context) => {
    await needsLanguage('cpp', context)
    const run = await perform({
      'a.cpp': '#include <iostream>\nextern "C" int answer();\nint main() { std::cout << answer() << std::endl; }',
      'b.c': 'int answer(void) { int class = 42; return class; }',
    })
    expect(run.of('stderr')).toEqual([])
    expect(run.of('stdout')).toEqual(['42'])
  })

  test('Ada with a package, and a file of C', async (context) => {
    await needsLanguage('ada', context)
    const run = await perform({
      'greet.adb':
        "with Sums; with Ada.Text_IO;\nprocedure Greet is\nbegin\n   Ada.Text_IO.Put_Line (Sums.Both'Image);\nend Greet;\n",
      'sums.ads':
        'with Interfaces.C;\npackage Sums is\n   function One return Interfaces.C.int with Import, Convention => C, External_Name => "one";\n   function Both return Integer is (Integer (One) + 41);\nend Sums;\n',
      'one.c': 'int one(void) { return 1; }\n',
    })
    expect(run.of('stderr')).toEqual([])
    expect(run.of('stdout')).toEqual([' 42'])
    expect(run.of('console')).toEqual(['gprbuild -q -p -P main.gpr', './greet'])
  })

  test('an assertion of Ada and a wrong index are told as such', async (context) => {
    await needsLanguage('ada', context)
    const run = await perform({
      'main.adb': 'procedure Main is\n   X : Integer := 3;\nbegin\n   pragma Assert (X = 4);\n   X := 5;\nend Main;\n',
    })
    expect(run.status).toBe(1)
    expect(run.of('stderr').join('\n')).toContain('assertion')
  })
})

describe('what a program says', PATIENCE, () => {
  test('is in the order that it said it, of C too, where output to a pipe waits for a full buffer', async (context) => {
    await needsLanguage('c', context)
    const run = await perform({
      'a.c':
        '#include <stdio.h>\n#include <unistd.h>\nint main(void) { for (int i = 0; i < 3; i++) { printf("out %d\\n", i); usleep(300000); fprintf(stderr, "err %d\\n", i); usleep(300000); } return 7; }',
    })
    const said = run.messages.filter(({ type }) => type !== 'console').map(({ data }) => data)
    expect(said).toEqual(['out 0', 'err 0', 'out 1', 'err 1', 'out 2', 'err 2'])
    expect(run).toMatchObject({ status: 7, isSuccess: false })
  })

  test('ends with what the system says of a crash', async (context) => {
    await needsLanguage('c', context)
    const run = await perform({ 'a.c': '#include <stdlib.h>\nint main(void) { abort(); }' })
    expect(run.status).toBe(134)
    expect(run.of('stderr').at(-1)).toMatch(/^Aborted/)
  })

  test('is told in time: a line is there before the program has ended', async () => {
    const stop = new AbortController()
    const seen: string[] = []
    const { performProgram } = await import('../src/programs/perform/perform-program.ts')
    const files = [{ basename: 'a.py', contents: 'import time\nprint("first")\ntime.sleep(1000)\n' }]
    const request = { files, main: '', mode: 'run', switches: {}, name: '', lab: false } as const
    const run = performProgram(
      { ...request, files, switches: {} },
      { ms: 100_000, memoryBytes: 268_435_456, processes: 50 },
      (messages) => {
        seen.push(...messages.map(({ data }) => data))
        if (seen.includes('first')) stop.abort(new Error('seen'))
      },
      stop.signal,
    )
    await expect(run).rejects.toThrow('seen')
    expect(seen).toEqual(['python3 a.py', 'first'])
  })
})

describe('arguments', PATIENCE, () => {
  test('as long as they may be are given to the program, and shown in one line that is cut', async () => {
    const word = '\u20ac'.repeat(33_000)
    const run = await perform({ 'a.py': 'import sys\nprint(len(sys.argv[1]))\n', 'cli.txt': word })
    expect(run.messages.map(({ data }) => data)).toEqual([
      expect.stringMatching(/^python3 a\.py '\u20ac+\.\.\. \(\d+ characters in all\)$/),
      '33000',
    ])
    expect(run.of('console')[0]?.length).toBeLessThan(10_100)
  })
})

describe('a program that takes too much', PATIENCE, () => {
  test('time: it is ended with 124, and what it had said is there', async () => {
    const run = await perform({ 'a.py': 'print("begun")\nwhile True: pass' }, { limits: { ms: 2_000 } })
    expect(run.messages.slice(1)).toEqual([
      { type: 'stdout', data: 'begun' },
      { type: 'stderr', data: '<interrupted> : Maximum 2s process limit reached.' },
    ])
    expect(run).toMatchObject({ status: 124, isSuccess: false })
  })

  test('memory', async () => {
    const run = await perform(
      { 'a.py': 'x = []\nwhile True: x.append(bytearray(1000000))' },
      { limits: { memoryBytes: 64e6 } },
    )
    // The shell in the box may have said "Killed" of it before its box was ended.
    expect(run.of('stderr').at(-1)).toBe('<interrupted> : Maximum 64MB memory limit reached.')
    expect(run.status).toBe(137)
  })

  test('memory of JavaScript: Node says so itself, in time', async () => {
    const run = await perform({ 'a.js': 'const x = []; for (;;) x.push(new Array(1e5).fill(1.5))' })
    expect(run.status).toBe(134)
    expect(run.of('stderr').join('\n')).toContain('heap out of memory')
  })

  test('processes', async () => {
    const program = 'import os, time\nfor n in range(40):\n  if os.fork() == 0:\n    time.sleep(2)\n    os._exit(0)\n'
    const run = await perform({ 'a.py': program }, { limits: { processes: 20 } })
    expect(run.of('stderr').at(-1)).toBe('<interrupted> : Maximum 20 processes limit reached.')
    expect(run.isSuccess).toBe(false)
  })

  test.each([
    ['long lines', 'while True: print("x" * 5000)', '1 MB'],
    ['empty lines', 'while True: print()', '20000 lines'],
    ['no line at all', 'while True: print("x" * 500, end="")', '1 MB'],
  ])('output: a flood of %s ends it, and is told of once', async (_, program, limit) => {
    const run = await perform({ 'a.py': program })
    const bytes = run.of('stdout').reduce((sum, line) => sum + line.length, 0)
    expect(bytes).toBeLessThanOrEqual(1_000_000)
    expect(run.messages.length).toBeLessThanOrEqual(20_002)
    expect(run.of('internal_error')).toEqual([expect.stringContaining(`The program printed more than ${limit}, `)])
    expect(run.messages.at(-1)?.type).toBe('internal_error')
    expect(run.isSuccess).toBe(false)
  })
})

test('as much is told as a run may print: so many lines, and so much text', PATIENCE, async () => {
  const lines = await perform({ 'a.py': 'for i in range(20000): print(i)' })
  expect(lines.of('stdout')).toHaveLength(20_000)
  expect(lines.isSuccess).toBe(true)
  const text = await perform({ 'a.py': 'for i in range(99): print("x" * 9999)' })
  expect(text.of('stdout').join('')).toHaveLength(99 * 9_999)
  expect(text.isSuccess).toBe(true)
})

describe('a lab', PATIENCE, () => {
  const SUM = 'import sys\nprint("sum")\nprint(sum(map(int, sys.argv[1:])))\n'

  test('runs each case by itself, tells what it says by the number of the case, and then how they came out', async () => {
    const run = await perform(
      { 'main.py': SUM, 'lab_io.txt': 'in 1:2 2\nout 1:sum\nout 1:5\nin 0: 1 2\nout 0: sum 3\n' },
      { mode: 'submit', lab: true },
    )
    expect(run.messages.slice(0, -1)).toEqual([
      { type: 'console', data: 'python3 main.py 1 2', ref: '0' },
      { type: 'stdout', data: 'sum', ref: '0' },
      { type: 'stdout', data: '3', ref: '0' },
      { type: 'console', data: 'python3 main.py 2 2', ref: '1' },
      { type: 'stdout', data: 'sum', ref: '1' },
      { type: 'stdout', data: '4', ref: '1' },
      { type: 'console', data: 'Wrong: it printed "sum\\n4", and "sum\\n5" was expected.', ref: '1' },
    ])
    const last = run.messages.at(-1)
    expect(last).toEqual({ type: 'lab', data: expect.any(String) })
    expect(JSON.parse(last?.data ?? '')).toEqual({
      success: false,
      cases: {
        0: { in: ['1', '2'], out: 'sum 3', actual: 'sum\n3', status: 'Success' },
        1: { in: ['2', '2'], out: 'sum\n5', actual: 'sum\n4', status: 'Failed' },
      },
    })
    expect(run).toMatchObject({ status: 1, isSuccess: false })
  })

  test('succeeds where all cases do', async () => {
    const run = await perform({ 'main.py': SUM, 'lab_io.txt': 'in 0:1 2\nout 0:sum 3\n' }, { mode: 'submit' })
    expect(run).toMatchObject({ status: 0, isSuccess: true })
    expect(JSON.parse(run.of('lab')[0] ?? '')).toMatchObject({ success: true })
  })

  test('fails a case that ends with an exit code, whatever it printed', async () => {
    const run = await perform(
      { 'main.sh': 'echo right; exit 3', 'lab_io.txt': 'in 0:\nout 0:right\n' },
      { mode: 'submit', lab: true },
    )
    expect(run.of('stderr')).toEqual([])
    expect(run.of('console').at(-1)).toBe('Failed: it ended with exit status 3.')
    expect(JSON.parse(run.of('lab')[0] ?? '').cases[0]).toMatchObject({ actual: 'right', status: 'Failed' })
  })

  test('hides from the program what it should print, and the arguments', async () => {
    const run = await perform(
      { 'main.sh': 'ls', 'cli.txt': 'a', 'lab_io.txt': 'in 0:\nout 0:main.sh\n' },
      { mode: 'submit' },
    )
    expect(run.of('stdout')).toEqual(['main.sh'])
    expect(run.isSuccess).toBe(true)
  })

  test('is run once, with the arguments of cli.txt, where its cases are not asked for', async () => {
    const run = await perform(
      { 'main.py': SUM, 'cli.txt': '20 22', 'lab_io.txt': 'in 0:1\nout 0:x' },
      { mode: 'run', lab: true },
    )
    expect(run.of('stdout')).toEqual(['sum', '42'])
    expect(run.of('lab')).toEqual([])
  })

  test('that prints much is told in messages of a bounded size, with how it came out', async () => {
    const run = await perform(
      { 'main.py': "print('\\x01' * 900000)", 'lab_io.txt': `in 0:\nout 0:${'\u20ac'.repeat(40_000)}\n` },
      { mode: 'submit' },
    )
    expect(JSON.parse(run.of('lab')[0] ?? '').cases[0]).toMatchObject({
      status: 'Failed',
      out: '\u20ac'.repeat(40_000),
    })
    expect(Math.max(...run.of('console').map(({ length }) => length))).toBeLessThan(5_000)
    expect(run.of('lab')[0]?.length).toBeLessThan(110_000)
  })

  test('that never ends takes no longer than four runs: the cases after that are not run', async () => {
    const cases = Array.from({ length: 7 }, (_, number) => `in ${number}:\nout ${number}:x\n`).join('')
    const run = await perform(
      { 'main.sh': 'while :; do :; done', 'lab_io.txt': cases },
      { mode: 'submit', limits: { ms: 1_000 } },
    )
    expect(run.of('console').filter((line) => line.startsWith('sh ')).length).toBeLessThanOrEqual(5)
    expect(run.of('internal_error').length).toBeGreaterThanOrEqual(2)
    const { success, cases: results } = JSON.parse(run.of('lab')[0] ?? '')
    expect(success).toBe(false)
    expect(Object.keys(results)).toHaveLength(7)
  })
})

describe('what cannot be run is told in one message', PATIENCE, () => {
  test.each<[string, Record<string, string>, Parameters<typeof perform>[1], string]>([
    ['no cases', { 'a.py': '' }, { mode: 'submit' }, 'lab_io.txt is missing'],
    ['proof of C', { 'a.c': '' }, { mode: 'prove' }, 'prove is done by gnatprove'],
    ['a switch', { 'a.c': '' }, { switches: { Compiler: ['-fplugin=x.so'] } }, '"-fplugin=x.so" of Compiler'],
    ['two beginnings', { 'a.py': '', 'b.py': '' }, {}, 'could begin with several files: a.py, b.py'],
    ['a quote', { 'a.py': '', 'cli.txt': '"' }, {}, 'cli.txt has a quote " without an end'],
    ['a NUL in an argument', { 'a.py': '', 'cli.txt': 'a\0b' }, {}, 'cli.txt holds a NUL character'],
    ['too long arguments', { 'a.py': '', 'cli.txt': '\u20ac'.repeat(49_000) }, {}, 'a program may be given 100000'],
    ['no program', { 'a.txt': '' }, {}, 'No file ends as a program does'],
    ['a project file', { 'main.adb': 'procedure Main is', 'main.gpr': '' }, {}, 'main.gpr is written by the server'],
    ['a long name', { [`${'a'.repeat(120)}.py`]: '' }, {}, 'A file cannot be called so'],
  ])('%s', async (_, files, wanted, said) => {
    const run = await perform(files, wanted)
    expect(run.messages).toEqual([{ type: 'internal_error', data: expect.stringContaining(said) }])
    expect(run).toMatchObject({ status: 1, isSuccess: false })
  })

  test('a proof where there is no prover names the tool', async (context) => {
    await needsLanguage('ada', context)
    for (const mode of ['prove', 'prove_flow', 'prove_flow_report_all', 'prove_report_all'] as const) {
      const run = await perform({ 'main.adb': 'procedure Main is null;' }, { mode })
      expect(run.messages[0]).toMatchObject({ type: 'internal_error', data: expect.stringContaining('gnatprove') })
    }
  })
})
